"""Splitting: nothing lost, nothing twice, and what belongs together stays together."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.document import BlockKind, Document
from rdhy_qa.index.splitting import Passage, split

MAX_TOKENS = 60
Assemble = Callable[..., Document]
H, P, L, Q, C, N = (
    BlockKind.HEADING,
    BlockKind.PARAGRAPH,
    BlockKind.LIST_ITEM,
    BlockKind.QUOTATION,
    BlockKind.CAPTION,
    BlockKind.NOTE,
)


def count(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def divide(document: Document) -> list[Passage]:
    return split(document, count, MAX_TOKENS)


def words(number: int, of: str = "word") -> str:
    return " ".join([of] * (number - 1) + [of + "."])


def texts_of(document: Document) -> list[str]:
    return [document.text[passage.start : passage.end] for passage in divide(document)]


@st.composite
def parts(draw):
    blocks = []
    for list_id in range(draw(st.integers(1, 6))):
        for kind in draw(st.lists(st.sampled_from([H, P, P, C, N, Q]), min_size=1, max_size=4)):
            lengths = draw(st.lists(st.integers(1, 90 if kind is P else 30), min_size=1, max_size=4))
            texts = [words(length) for length in lengths]
            if kind is C and draw(st.booleans()):
                texts[0] = f"Image source: {texts[0]}"
            blocks.append((kind, texts[:1] if kind is H else texts, None))
        for length in draw(st.lists(st.integers(1, 40), max_size=6)):
            blocks.append((L, [words(length, "item")], list_id))
            if draw(st.booleans()):
                blocks.append((Q, [words(5, "quote")], list_id))
    return blocks


@given(parts())
def test_every_sentence_lies_in_exactly_one_passage(assemble: Assemble, blocks) -> None:
    document = assemble("d", blocks)
    passages = divide(document)
    for sentence in document.sentences:
        holders = [p for p in passages if p.start <= sentence.start and sentence.end <= p.end]
        assert len(holders) == 1
    assert all(first.end <= second.start for first, second in pairwise(passages))


@given(parts())
def test_the_embedder_finds_each_sentence_where_its_range_says(assemble: Assemble, blocks) -> None:
    document = assemble("d", blocks)
    passages = divide(document)
    ranges = [(passage.embed_text, *place) for passage in passages for place in passage.sentences]
    for sentence, (text, start, end) in zip(document.sentences, ranges, strict=True):
        kind = document.blocks[sentence.block].kind
        assert (start < end) or kind in (H, C)
        assert (start == end) or text[start:end] == document.text[sentence.start : sentence.end]
        assert (start, end) == (0, 0) or kind is not H


@given(parts())
def test_a_passage_keeps_to_one_section_and_never_blends_notes_with_the_text(assemble: Assemble, blocks) -> None:
    document = assemble("d", blocks)
    for passage in divide(document):
        inside = [b for b in document.blocks if b.start < passage.end and passage.start < b.end and b.kind is not H]
        assert len({block.section for block in inside}) <= 1
        assert all((block.kind is N) == passage.note for block in inside)
        assert not passage.note or len(inside) == 1


@given(parts())
def test_the_embedder_can_read_all_of_a_passage_but_for_one_over_long_sentence(assemble: Assemble, blocks) -> None:
    document = assemble("d", blocks)
    for passage in divide(document):
        inside = [s for s in document.sentences if passage.start <= s.start and s.end <= passage.end]
        read = [s for s in inside if document.blocks[s.block].kind not in (H, C)]
        assert count([passage.embed_text])[0] <= MAX_TOKENS or len(read) <= 1


@given(parts())
def test_a_list_that_fits_with_its_lead_in_is_not_parted_from_it(assemble: Assemble, blocks) -> None:
    document = assemble("d", blocks)
    passages = divide(document)
    for record in document.records:
        if record.lead_in is None:
            continue
        block = next(b for b in document.blocks if b.start <= record.lead_in.start < b.end)
        last = max(b.end for b in document.blocks if b.list_id == record.list_id)
        if count([document.text[block.start : last]])[0] <= 30:
            assert any(p.start <= block.start and last <= p.end for p in passages)


def test_a_short_section_is_one_passage_with_title_and_section_before_it(assemble: Assemble) -> None:
    document = assemble("d", [(H, ["Winners"], None), (P, ["Haier won."], None), (P, ["All cheered."], None)])
    (passage,) = divide(document)
    assert passage.embed_text == "A title > Winners\nHaier won.\nAll cheered."
    assert document.text[passage.start : passage.end] == "Winners\n\nHaier won.\n\nAll cheered."
    assert passage.section == ("A title", "Winners")
    assert passage.page == 1


def test_a_long_list_continues_with_its_lead_in(assemble: Assemble) -> None:
    items = [(L, [words(12, f"item{number}")], 0) for number in range(8)]
    document = assemble("d", [(H, ["Winners"], None), (P, ["These won:"], None), *items])
    first, *later = divide(document)
    assert document.text[first.start : first.end].startswith("Winners\n\nThese won:\n\nitem0")
    assert first.lead_in is None
    assert later
    assert all(passage.lead_in == "These won:" for passage in later)
    assert all(passage.embed_text.startswith("A title > Winners\nThese won:\nitem") for passage in later)


def test_a_lead_in_behind_a_note_is_told_the_embedder(assemble: Assemble) -> None:
    document = assemble("d", [(P, ["These won:"], None), (L, ["One."], 0), (N, ["A note."], None), (L, ["Two."], 0)])
    assert [(p.note, p.lead_in) for p in divide(document)] == [(False, None), (True, None), (False, "These won:")]


def test_quotations_stay_with_their_item(assemble: Assemble) -> None:
    blocks = [(P, ["These won:"], None)]
    for number in range(6):
        blocks += [(L, [words(10, f"item{number}")], 0), (Q, [words(5, f"quote{number}")], 0)]
    for text in texts_of(assemble("d", blocks)):
        assert [f"item{n}" in text for n in range(6)] == [f"quote{n}" in text for n in range(6)]


def test_a_long_paragraph_is_divided_between_sentences_in_even_shares(assemble: Assemble) -> None:
    document = assemble("d", [(P, [words(10) for _ in range(11)], None)])
    sizes = [len(text.split()) for text in texts_of(document)]
    assert sum(sizes) == 110
    assert min(sizes) >= 30


def test_one_over_long_sentence_is_kept_whole(assemble: Assemble) -> None:
    document = assemble("d", [(P, ["Short.", words(200), "Short too."], None)])
    assert [len(text.split()) for text in texts_of(document)] == [1, 200, 2]


@pytest.mark.parametrize("credit", ["Image source: HMI", "image credits: Haier", "Photo by Jane Doe", "© 2024 Haier"])
def test_a_picture_credit_is_covered_but_not_embedded(assemble: Assemble, credit: str) -> None:
    document = assemble("d", [(P, ["Haier won."], None), (C, [credit], None), (P, ["All cheered."], None)])
    (passage,) = divide(document)
    assert credit in document.text[passage.start : passage.end]
    assert credit not in passage.embed_text


def test_a_caption_that_tells_something_is_embedded(assemble: Assemble) -> None:
    document = assemble("d", [(P, ["Haier won."], None), (C, ["Zhang Ruimin hands over the prize."], None)])
    assert "hands over" in divide(document)[0].embed_text


def test_a_heading_without_text_is_still_covered(assemble: Assemble) -> None:
    document = assemble("d", [(P, ["Haier won."], None), (H, ["The end"], None)])
    assert texts_of(document) == ["Haier won.", "The end"]


def test_a_document_without_blocks_has_no_passages(assemble: Assemble) -> None:
    assert divide(assemble("d", [])) == []
