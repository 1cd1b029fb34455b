"""Public question sets in both shapes."""

import json
from pathlib import Path
from typing import Any

import pytest

from rdhy_qa.errors import UsageError
from rdhy_qa_evals.datasets import DataPassage, DataQuestion, load_dataset


def squad(folder: Path, *qas: dict[str, Any]) -> Path:
    path = folder / "tiny.json"
    article = {"title": "Harbour", "paragraphs": [{"context": "Norby has 12 boats.", "qas": list(qas)}]}
    path.write_text(json.dumps({"data": [article]}), encoding="utf-8")
    return path


def lines(folder: Path, passages: list[dict[str, Any]], questions: list[dict[str, Any]]) -> Path:
    for name, entries in (("passages", passages), ("questions", questions)):
        text = "\n\n".join(json.dumps(entry) for entry in entries)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_squad_has_answers_once_and_the_passage_they_stand_in(tmp_path: Path) -> None:
    answers = [{"text": "12", "answer_start": 10}, {"text": "12", "answer_start": 10}, {"text": "12 boats"}]
    found = load_dataset(squad(tmp_path, {"id": 7, "question": "How many?", "answers": answers}))
    assert found.name == "tiny"
    (passage,) = found.passages
    assert passage == DataPassage(passage.id, "Harbour", "Norby has 12 boats.")
    assert found.questions == [DataQuestion("7", "How many?", ("12", "12 boats"), (passage.id,), True, (passage.id,))]


def test_squad_2_marks_what_cannot_be_answered(tmp_path: Path) -> None:
    impossible = {"id": "1", "question": "Who?", "answers": [], "is_impossible": True}
    marked = {"id": "2", "question": "Who?", "answers": [{"text": "Norby"}], "is_impossible": True}
    found = load_dataset(squad(tmp_path, impossible, marked))
    assert [question.answerable for question in found.questions] == [False, False]


def test_json_lines_are_read_with_all_spellings(tmp_path: Path) -> None:
    passages = [{"id": 1, "title": None, "text": "Norby has 12 boats."}]
    questions = [
        {"id": 1, "question": "How many?", "answerable": True, "answers": [["12", "twelve"], ["boats"]], "gold": [1]},
        {"id": 2, "question": "Who?", "answerable": False},
    ]
    found = load_dataset(lines(tmp_path, passages, questions))
    assert found.passages == [DataPassage("1", "", "Norby has 12 boats.")]
    assert found.questions == [
        DataQuestion("1", "How many?", ("12", "twelve", "boats"), ("1",), True, ("1",)),
        DataQuestion("2", "Who?", (), (), False),
    ]


def test_questions_that_need_a_history_or_a_verdict_are_left_out(tmp_path: Path) -> None:
    questions = [
        {"id": 1, "question": "And then?", "answerable": True, "history": ["Who?"]},
        {"id": 2, "question": "Who?"},
    ]
    assert load_dataset(lines(tmp_path, [], questions)).questions == []


def test_a_long_answer_gives_its_long_lines(tmp_path: Path) -> None:
    long = "This line is long enough to tell its sentence."
    questions = [{"id": 1, "question": "Why?", "answerable": True, "long_answer": [f"{long}\nshort"]}]
    assert load_dataset(lines(tmp_path, [], questions)).questions[0].answers == (long,)


@pytest.mark.parametrize(
    "content", ["", "no json", "[]", '{"data": [{}]}', '{"data": [{"paragraphs": [{"qas": []}]}]}']
)
def test_another_file_is_refused_with_a_next_step(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="is no data set") as caught:
        load_dataset(path)
    assert "passages.jsonl" in caught.value.next_step


def test_a_missing_path_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UsageError, match="is no data set"):
            load_dataset(path)


def test_a_line_may_hold_its_own_passages(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    shared = {"title": "Harbour", "text": "Norby has 12 boats."}
    entries = [
        {"id": "a", "question": "How many?", "answers": ["12"], "passages": [shared, "Rope is cheap."]},
        {"question": "Who?", "answers": [], "passages": [shared]},
    ]
    path.write_text("\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")
    found = load_dataset(path)
    first, second = found.passages
    assert (first.title, first.text, second.text) == ("Harbour", "Norby has 12 boats.", "Rope is cheap.")
    assert found.questions == [
        DataQuestion("a", "How many?", ("12",), (first.id,), True, (first.id,)),
        DataQuestion("1", "Who?", (), (), False, ()),
    ]


def test_articles_of_our_own_are_read_with_their_questions(tmp_path: Path) -> None:
    questions = [
        {"question": "How many?", "answer": "12", "quote": "12 boats"},
        {"question": "Who?", "answer": None, "quote": None},
    ]
    article = {"title": "Harbour", "text": "Norby has 12 boats.", "questions": questions}
    (tmp_path / "harbour.json").write_text(json.dumps(article), encoding="utf-8")
    found = load_dataset(tmp_path)
    assert found.passages == [DataPassage("harbour", "Harbour", "Norby has 12 boats.")]
    assert [(q.answers, q.gold, q.answerable) for q in found.questions] == [
        (("12",), ("harbour",), True),
        ((), ("harbour",), False),
    ]
