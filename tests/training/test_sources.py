"""What the reader learns from."""

import json
from pathlib import Path

import pytest
from sources import WRITTEN, load

from rdhy_qa_evals.splits import part_of

SQUAD = {
    "data": [
        {
            "title": "Lighthouses",
            "paragraphs": [
                {
                    "context": "The lamp was lit in 1812. Its keeper was Ann Moor.",
                    "qas": [
                        {
                            "id": "a",
                            "question": "When was the lamp lit?",
                            "answers": [
                                {"text": "in 1812", "answer_start": 17},
                                {"text": "1812", "answer_start": 20},
                                {"text": "1812", "answer_start": 20},
                            ],
                        },
                        {
                            "id": "b",
                            "question": "Who built the lamp?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": "Ann Moor", "answer_start": 41}],
                        },
                    ],
                }
            ],
        }
    ]
}


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    (tmp_path / "squad2-a.json").write_text(json.dumps(SQUAD), encoding="utf-8")
    return tmp_path


def test_the_span_that_most_annotators_marked_is_learnt_and_the_others_are_accepted(squad: Path):
    asked = load("squad2", squad, "all").asked[0]
    assert [(place.start, place.end) for place in asked.places] == [(20, 24)]
    assert asked.answers == ("in 1812", "1812")


def test_a_question_without_an_answer_keeps_what_could_be_taken_for_one(squad: Path):
    source = load("squad2", squad, "all")
    asked = source.asked[1]
    assert asked.plausible is not None
    assert not asked.places
    text = source.passages[asked.passage].text
    assert text[asked.plausible.start : asked.plausible.end] == "Ann Moor"


def test_missing_data_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        load("wiki", tmp_path)


def test_written_answers_stand_where_their_quotation_says():
    source = load("written", Path(), "all")
    assert len(source.passages) == len(list(WRITTEN.glob("*.json"))) > 50
    for asked in source.asked:
        for place in asked.places:
            assert source.passages[asked.passage].text[place.start : place.end] == asked.answers[0]


def test_written_questions_are_asked_once_and_a_third_has_no_answer():
    source = load("written", Path(), "all")
    assert len({(asked.passage, asked.question) for asked in source.asked}) == len(source.asked)
    assert 0.3 < sum(not asked.places for asked in source.asked) / len(source.asked) < 0.5


def test_no_document_is_both_trained_on_and_held_out():
    trained, held = load("written", Path()), load("written", Path(), "held-out")
    assert not {p.document for p in trained.passages} & {p.document for p in held.passages}
    assert {part_of(p.document) for p in trained.passages} == {"train"}
    assert {part_of(p.document) for p in held.passages} <= {"fit", "measure"}
    assert len(trained.asked) + len(held.asked) == len(load("written", Path(), "all").asked)
