"""A sentence is proven by one line in its frame, or not at all; a changed fact is noticed wherever it is."""

import random
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from rdhy_qa.answering.spans import names, numbers
from rdhy_qa.answering.views import DocumentView
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.llm.lines import Line, line_at
from rdhy_qa.llm.support import proof
from rdhy_qa.settings import Settings
from rdhy_qa.terms import STOP_WORDS, terms

LineOf = Callable[[str], Line]


def alike(_: str) -> np.ndarray:
    """An embedder that finds everything alike, so that the words alone decide."""
    return np.ones(1, dtype=np.float32)


def different(text: str) -> np.ndarray:
    """An embedder that finds nothing alike but what is the same."""
    vector = np.zeros(2**16, dtype=np.float32)
    vector[hash(text) % 2**16] = 1.0
    return vector


@pytest.mark.parametrize(
    ("opening", "claim"),
    [
        ("The Lantern Prizes were", "The Lantern Prizes were handed out in Lisbon on 4 May 2021."),
        ("The Lantern Prizes were", "On 4 May 2021 the Lantern Prizes were handed out in Lisbon."),
        ("The Lantern Prizes were", "The Lantern Prizes were handed out in Lisbon."),
        ("The ferry", "The ferry carried more than 240 guests."),
        ("The mill", "The mill belongs to Tom Reed."),
        ("It was never", "The mill was never sold."),
        ("The council", "The council may build a second pier in 2026."),
        ("Tidewell cut", "Tidewell cut delays by 12 percent."),
        ("RL Marten (Estonia)", "RL Marten makes ropes."),
        ("Tidewell (Norway)", "Tidewell won in the Open Water category."),
    ],
)
def test_what_a_line_says_is_proven(line_of: LineOf, opening: str, claim: str):
    assert proof(claim, line_of(opening), alike) is not None


@pytest.mark.parametrize(
    ("opening", "claim"),
    [
        ("The keeper", "The keeper Greta Wind lit the lantern."),  # another name
        ("The keeper", "Mallory lit the lantern."),
        ("The Lantern Prizes were", "The Lantern Prizes were handed out in Porto on 4 May 2021."),
        ("The Lantern Prizes were", "The Lantern Prizes were handed out in Lisbon on 5 May 2021."),  # another date
        ("The Lantern Prizes were", "The Lantern Prizes were handed out in Lisbon on 4 June 2021."),
        ("The Lantern Prizes were", "The Lantern Prizes were not handed out in Lisbon."),  # denied
        ("The ferry", "The ferry carried more than 250 guests."),  # another number
        ("The ferry", "The ferry carried 240 guests."),  # "more than" left out
        ("The ferry", "The ferry carried less than 240 guests."),
        ("The ferry", "The ferry carried more than 240 percent guests."),  # another unit
        ("The ferry", "The ferry carried more than 240 million guests."),
        ("The ferry", "The broken ferry carried more than 240 guests."),  # a word that nobody said
        ("It was never", "The mill was sold."),  # no longer denied
        ("The council", "The council will build a second pier in 2026."),  # no longer in doubt
        ("The council", "The council might build a second pier in 2026."),
        ("The council", "The council builds a second pier in 2026."),
        ("The mill", "The mill grinds 300 sacks a year."),  # the subject of another clause
        ("Ada Finch", "Kofi Mensah praised Ada Finch for his speech."),  # who did it to whom
        ("Ada Finch", "Ada Finch was praised by Kofi Mensah for his speech."),
        ("Ada Finch", "She praised Kofi Mensah for his speech."),  # whom it means is not said
        ("RL Marten (Estonia)", "Tidewell employs 75 sailors."),  # of two lines a third
        ("RL Marten (Estonia)", "RL Marten employs 900 sailors."),
        ("Tidewell (Norway)", "Tidewell is a floating school."),
        ("Tidewell (Norway)", "Open Water."),  # only what it hangs on
        ("Ada Finch", "Ada Finch is Kofi Mensah."),  # a verb that nobody used
        ("The council", "The council was a second pier."),
        ("The keeper", "."),
        ("The keeper", "The."),
    ],
)
def test_what_a_line_does_not_say_is_not_proven(line_of: LineOf, opening: str, claim: str):
    assert proof(claim, line_of(opening), alike) is None


def test_what_the_embedder_finds_far_away_is_not_proven(line_of: LineOf):
    claim = "The mill belongs to Tom Reed."
    assert proof(claim, line_of("The mill"), alike) is not None
    assert proof(claim, line_of("The mill"), different) is None


def test_of_the_frame_only_what_is_needed_is_cited(line_of: LineOf):
    line = line_of("Tidewell cut")
    text = line.document.text
    spans = proof("Tidewell cut delays by 12 percent.", line, alike)
    assert [span.of(text) for span in spans] == ["Tidewell cut delays by 12 percent."]
    spans = proof("Tidewell won in the Open Water category.", line_of("Tidewell (Norway)"), alike)
    assert any("won in the Open Water category" in span.of(text) for span in spans)


# The whole corpus, with facts changed at random: not one may pass.


@pytest.fixture(scope="module")
def corpus_lines(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    settings = Settings(index=tmp_path_factory.mktemp("corpus"), threads=1)
    ingest([pytestconfig.rootpath / "corpus" / "posts"], settings=settings)
    engine = Engine.open(settings)
    lines = []
    for metadata in engine.documents():
        view = DocumentView(engine.document(metadata.id))
        lines += [
            line_at(view, index)
            for index, sentence in enumerate(view.document.sentences)
            if view.document.blocks[sentence.block].kind not in {BlockKind.HEADING, BlockKind.CAPTION, BlockKind.NOTE}
        ]
    return lines


def falsified(line: Line, foreign: Callable[[str], str], rng: random.Random) -> Iterator[str]:
    """The line with one fact changed, in each way that its words allow."""
    text = line.text
    held = " ".join((text, *line.around)).lower()
    found, counted = names(text), numbers(text)
    if found:
        name = rng.choice(found)
        yield text[: name.start] + foreign(held) + text[name.end :]
    if counted:
        number = rng.choice(counted)
        yield f"{text[: number.start]}{rng.randint(20_000, 90_000)}{text[number.end :]}"
    if verb := re.search(r"\b(?:is|are|was|were|has|have|had|did|does)\b", text):
        yield f"{text[: verb.end()]} never{text[verb.end() :]}"
    without = re.sub(r"\b(?:not|never|no|may|might|could|would|should|more than|at least|almost) ", "", text, count=1)
    if without != text:
        yield without
    plain = [term for term in terms(text) if term.folded not in STOP_WORDS]
    if plain:
        yield f"{text[: plain[-1].start]}allegedly {text[plain[-1].start :]}"
    if len({term.stem for term in plain}) == len(plain) > 2:
        first, second = sorted(rng.sample(plain, 2), key=lambda term: term.start)
        swapped = text[second.start : second.end] + text[first.end : second.start] + text[first.start : first.end]
        yield text[: first.start] + swapped + text[second.end :]


def test_no_sentence_of_the_corpus_proves_one_in_which_a_fact_was_changed(corpus_lines: list[Line]):
    rng = random.Random(11)
    every = sorted({name.of(line.text) for line in corpus_lines for name in names(line.text)})

    def foreign(held: str) -> str:
        return next(
            name
            for name in rng.sample(every, len(every))
            if not any(term.folded in held and term.folded not in STOP_WORDS for term in terms(name))
        )

    tried, passed = 0, []
    for line in corpus_lines:
        for claim in falsified(line, foreign, rng):
            tried += 1
            if proof(claim, line, alike) is not None and claim != line.text:
                passed.append(claim)
    assert tried > 500
    assert not passed


def test_the_sentences_of_the_corpus_prove_themselves(corpus_lines: list[Line]):
    alone = [line for line in corpus_lines if re.match(r"[A-Z]", line.text) and len(terms(line.text)) > 5]
    proven = sum(proof(line.text, line, alike) is not None for line in alone)
    assert proven >= 0.95 * len(alone)
