"""Documents that several tests read, and short ways to look at what became of them."""

import re
from collections.abc import Callable

import pytest

from rdhy_qa.documents.assemble import assemble
from rdhy_qa.documents.document import BlockKind, Document, Span
from rdhy_qa.documents.parts import Parsed

# The layout of a blog post copied from the browser: no markup, bullets set in by two spaces, image credits between
# a lead-in and its list, low-high quotes with the speaker on a line of their own, no-break spaces, a lost dash.
POST = """\
Harbour Notes - Walks, Talks and Tides (Part 3 - The Lantern Prizes 2021)

Ola Brandt - As a harbour guide and a certified tide reader, I seat crews\u2014old and young\u2014together.

One town that sets itself apart is\u00a0 Norby. It counts more than 2,100\u00a0 boats (BT) in the\u00a0inner bay.

Summary of the walk

During the Lantern Prizes 2021 we were shown around for three days. Nobody slept much.

image source: NHM

Day 1 - Meeting & Greeting at the Lighthouse

It began on May 4, 2021, with a visit to the lighthouse. The keeper's rich stories took hours.

Image source: Ola Brandt, contents by Norby

The jury opened the evening and read out the winners in the Open Water category:

Image source: Ola Brandt, contents by Norby

  \u2022 tidewell from Norway - Is a ferry line with more than 900 sailors. Last winter Tydwell cut delays.

  \u2022 RL Marten from Estonia - Is one of the oldest rope makers. Its ropes are sold in 40 ports.

  \u2022 SolMarino from Portugal\u00a0 They call themselves a floating school. Founded in a storm to carry books.

Image source: Ola Brandt, contents by Norby

The next category looked at the Quiet Harbours. They were, as a song has it, "calm from birth." And the winners are:

Image source: Ola Brandt, contents by Norby

  \u2022 saltby from UK- saltby is a club of net menders. saltbys members work when the tide is low.

    \u201eWe founded saltby so that each mender is free to choose the hour that suits the weather.\u201c

    Ada Finch, co-founder saltby

  \u2022 Dune Academy (DUAC) from Ghana - 12 schools on the beach, and we have 3 boats for 40 pupils.

    \u201eWe wake the talents of those who never saw the sea up close \u201c

    Kofi Mensah, Founder DUAC

Image source: Ola Brandt, contents by Norby

I am proud of them. There is more in the essay \u201eLamps for Ships: A New Light\u201d by Bo Lind.

The winners were asked what helped them on their way.

  \u2022 We chose to share every chart with every crew. So people could see where the rocks are.

  \u2022 Storms are hard, you have to start early.

Our Crews

We thank each of our crews. They row ahead of us:

We will tell more about them in a later part of this series, so stay close!

Book references

On the pier the following books were passed around:

  \u2022 Knots for the 19th Century by Peter F. Holm

  \u2022 Undertow by Ruth C. Lowe & Jon Vik

All Parts of this Series

Part 1 - A First Visit to Norby

Part 2 - The Long Pier

Part 3 - The Lantern Prizes 2021

Harbour Notes - Walks, Talks and Tides (Part 2 - The Long Pier)"""


@pytest.fixture
def post() -> str:
    return POST


@pytest.fixture
def place() -> Callable[[Parsed], Document]:
    return lambda parsed: assemble(parsed, document_id="sample", fallback_title="sample")


@pytest.fixture
def texts() -> Callable[..., list[str]]:
    """Texts of a document's blocks, of one kind or all."""

    def blocks(document: Document, kind: BlockKind | None = None) -> list[str]:
        return [document.text[b.start : b.end] for b in document.blocks if kind is None or b.kind is kind]

    return blocks


@pytest.fixture
def lists() -> Callable[[Document], list[list[tuple[str | None, str | None]]]]:
    """Head and qualifier of each record, by list."""

    def by_list(document: Document) -> list[list[tuple[str | None, str | None]]]:
        found: dict[int, list[tuple[str | None, str | None]]] = {}
        for record in document.records:
            names = tuple(span and span.of(document.text) for span in (record.head, record.qualifier))
            found.setdefault(record.list_id, []).append(names)
        return list(found.values())

    return by_list


@pytest.fixture
def lead_ins() -> Callable[[Document], list[str | None]]:
    """Lead-in of each list."""

    def by_list(document: Document) -> list[str | None]:
        found: dict[int, Span | None] = {record.list_id: record.lead_in for record in document.records}
        return [span and span.of(document.text) for span in found.values()]

    return by_list


@pytest.fixture
def words_of() -> Callable[[str], list[str]]:
    return lambda text: re.findall(r"[^\W_]+", text)


@pytest.fixture
def check_spans() -> Callable[[Document], None]:
    """Blocks are ordered and disjoint, sentences nest in them and cover them, records point at them."""

    def check(document: Document) -> None:
        last = 0
        for block in document.blocks:
            assert last <= block.start < block.end <= len(document.text)
            last = block.end
        covered = dict.fromkeys(range(len(document.blocks)), "")
        before = 0
        for sentence in document.sentences:
            block = document.blocks[sentence.block]
            assert max(before, block.start) <= sentence.start < sentence.end <= block.end
            text = document.text[sentence.start : sentence.end]
            assert text == text.strip()
            covered[sentence.block] += text
            before = sentence.end
        for number, block in enumerate(document.blocks):
            assert covered[number].replace(" ", "") == document.text[block.start : block.end].replace(" ", "")
        for record in document.records:
            block = document.blocks[record.block]
            assert record.start == block.start
            assert record.end >= block.end
            for span in (record.head, record.qualifier):
                assert span is None or block.start <= span.start < span.end <= block.end

    return check
