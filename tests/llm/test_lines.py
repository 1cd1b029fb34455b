"""What is sent to a model: the evidence and what is near, never orders to a machine, captions or editors' notes."""

from collections.abc import Callable

import pytest

from rdhy_qa.answering import answerer
from rdhy_qa.engine import Engine
from rdhy_qa.llm.lines import Line, lines_of


def lines_for(engine: Engine, question: str) -> list[Line]:
    material = engine.material(question)
    return lines_of(material, answerer.answer(material, 0.0))


@pytest.fixture(scope="module")
def lines(plain_engine: Engine) -> list[Line]:
    return lines_for(plain_engine, "Who lit the lantern?")


def test_the_evidence_is_among_them(lines: list[Line]):
    assert "The keeper Bruno Salt lit the lantern." in [line.text for line in lines]


def test_they_are_bounded(lines: list[Line]):
    assert 0 < len(lines) <= 24
    assert sum(len(line.text) for line in lines) <= 4_000


def test_each_stands_in_its_document(lines: list[Line]):
    for line in lines:
        for span in (line.span, *line.frame):
            assert 0 <= span.start < span.end <= len(line.document.text)
    assert len({line.span for line in lines}) == len(lines)


def test_orders_to_a_machine_and_notes_are_not_among_them(plain_engine: Engine):
    for question in ("Who lit the lantern?", "How many guests did the ferry carry?", "Who won Open Water?"):
        sent = " ".join(line.text for line in lines_for(plain_engine, question))
        assert "Mallory" not in sent
        assert "310" not in sent


def test_what_is_complete_or_declined_is_not_sent(plain_engine: Engine):
    material = plain_engine.material("Which organisations won Open Water?")
    listed = answerer.answer(material, 0.0)
    assert listed.complete is not None
    assert lines_of(material, listed) == []
    declined = answerer.answer(material, 1.1)
    assert not declined.answered
    assert lines_of(material, declined) == []


@pytest.mark.parametrize(
    ("opening", "frame"),
    [
        ("It was never", ["The mill belongs to the baker Tom Reed"]),
        ("Tidewell cut", ["Tidewell (Norway)", "Three organisations won", "Open Water"]),
        ("The keeper", ["The evening"]),
    ],
)
def test_a_line_hangs_on_what_makes_it_understood(line_of: Callable[[str], Line], opening: str, frame: list[str]):
    around = line_of(opening).around
    for part in frame:
        assert any(text.startswith(part) for text in around), around
