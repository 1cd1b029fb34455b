"""What is read, and how it joins what was known before."""

from collections.abc import Sequence

import numpy as np
import pytest

from rdhy_qa.answering import ranking, reading
from rdhy_qa.answering.evidence import FEATURES, Evidence
from rdhy_qa.engine import Engine
from rdhy_qa.models.reader import Reading, Window

QUESTION = "How many people travelled on the ferry?"


@pytest.fixture(scope="module")
def evidence(harbour: Engine) -> list[Evidence]:
    return ranking.rank_all(harbour.material(QUESTION))


class Recording:
    """Says that the answer is some words, wherever a window holds them."""

    def __init__(self, words: str, yes: float | None = None) -> None:
        self.words = words
        self.yes = yes
        self.windows: list[Window] = []

    def __call__(self, windows: Sequence[Window]) -> list[Reading]:
        self.windows += windows
        return [self._read(window) for window in windows]

    def _read(self, window: Window) -> Reading:
        offsets = np.array([(at, at + 1) for at in range(len(window.text))])
        logits = np.full(len(offsets), -5.0, dtype=np.float32)
        at = window.text.find(self.words)
        starts, ends = logits.copy(), logits.copy()
        if at >= 0:
            starts[at] = ends[at + len(self.words) - 1] = 9.0
        return Reading(offsets, starts, ends, 4.0 if at >= 0 else -4.0, self.yes)


def test_windows_are_slices_of_the_document_around_the_best_evidence(harbour: Engine, evidence: list[Evidence]):
    reader = Recording("nothing")
    reading.read(evidence, reader)
    text = harbour.document("harbour").text
    assert 1 < len(reader.windows) <= reading.WINDOWS
    assert all(window.text in text for window in reader.windows)
    assert evidence[0].quote in reader.windows[0].text


def test_a_window_stays_in_its_section_and_has_its_heading(evidence: list[Evidence]):
    reader = Recording("nothing")
    reading.read(evidence, reader)
    assert {window.heading for window in reader.windows} <= {"The evening", "Open Water", "Quiet Harbours"}
    inner = [window.text.partition("\n")[2] for window in reader.windows]  # a heading may be the evidence itself
    assert not any(f"{name}\n" in text for text in inner for name in ("Open Water", "Quiet Harbours"))


@pytest.mark.parametrize(("yes", "said"), [(2.0, True), (-2.0, False), (None, None)])
def test_yes_or_no_is_read_from_the_sentence_alone(evidence: list[Evidence], yes: float | None, said: bool | None):
    reader = Recording("nothing", yes)
    assert reading.says_yes(evidence[0], reader) is said
    assert [window.text for window in reader.windows] == [evidence[0].quote]


def test_no_sentence_is_read_in_two_windows_of_its_own(evidence: list[Evidence]):
    reader = Recording("nothing")
    reading.read(evidence, reader)
    assert len({window.text for window in reader.windows}) == len(reader.windows)


def test_the_sentence_in_which_the_reader_sees_the_answer_comes_first(evidence: list[Evidence]):
    best = reading.read(evidence, Recording("240 guests"))[0]
    assert "carried 240 guests" in best.quote
    assert best.span is not None
    assert best.span.of(best.document.text) == "240 guests"
    assert best.answerable == 4.0


def test_every_sentence_is_kept_and_those_that_were_not_read_are_marked(evidence: list[Evidence]):
    found = reading.read(evidence, Recording("nothing"))
    assert {e.index for e in found} == {e.index for e in evidence}
    unread = len(FEATURES) + reading.READ_FEATURES.index("unread")
    assert {float(e.features[unread]) for e in found} == {0.0, 1.0}
    assert all((e.span is None) == bool(e.features[unread]) for e in found)
    assert all(len(e.features) == len(reading.reading_weights()) for e in found)


def test_nothing_found_is_nothing_read():
    assert reading.read([], Recording("nothing")) == []


def test_the_best_sentence_is_read_by_itself_too(evidence: list[Evidence]):
    best = evidence[0]
    reader = Recording(best.quote[3:9])
    found = reading.alone(best, reader)
    assert [window.text for window in reader.windows] == [best.quote]
    assert found["alone_answerable"] == pytest.approx(4 / 5)
    nothing = reading.alone(best, Recording("nothing that it has"))
    assert found["alone_answerable"] > nothing["alone_answerable"]
    assert found["alone_share"] > nothing["alone_share"]
