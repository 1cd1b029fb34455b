"""Questions are made from what documents say, whatever they are about."""

from pathlib import Path

import pytest

from rdhy_qa.documents.document import Document
from rdhy_qa.documents.reading import read_file
from rdhy_qa_api.candidates import MAX_CHARACTERS, Candidate, candidates


def read(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "notes.md"
    path.write_text(f"---\nid: notes\ntitle: Notes\nkind: post\n---\n\n## Section\n\n{text}\n", encoding="utf-8")
    return read_file(path, root=tmp_path, max_bytes=10_000)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Three boats sail for Norby:\n\n- Gull\n- Heron\n- Tern", "Which three boats sail for Norby?"),
        ("It is windy. 12 boats sail for Norby:\n\n- Gull\n- Heron", "Which 12 boats sail for Norby?"),
        ("NHA stands for Norby Harbour Authority.", "What does NHA stand for?"),
        ("The Norby Regatta took place on 4 May 2021.", "When did the Norby Regatta take place?"),
        ("The lighthouse of Norby was founded by Bruno Salt.", "Who founded the lighthouse of Norby?"),
        ("Letters from Norby was written by Greta Wind.", "Who wrote Letters from Norby?"),
    ],
)
def test_a_statement_suggests_the_question_that_it_answers(tmp_path, text, question):
    document = read(tmp_path, text)
    [found] = candidates(document)
    assert found.question == question
    assert document.text[found.start : found.end].replace("\n\n- ", "\n- ") in text.replace("\n\n- ", "\n- ")


@pytest.mark.parametrize(
    "text",
    [
        "Three boats sail for Norby.",
        "Norby has three boats:\n\n- Gull\n- Heron",
        "Three boats came back again:\n\n- Gull\n- Heron",
        "It was founded by Bruno Salt.",
        "This took place on 4 May 2021 in Norby.",
        "The regatta took place on a Sunday.",
        "The lighthouse of Norby was founded by the harbour.",
        f"The {'very ' * 30}old lighthouse of Norby was founded by Bruno Salt.",
    ],
)
def test_what_names_nothing_or_says_it_otherwise_suggests_none(tmp_path, text):
    assert list(candidates(read(tmp_path, text))) == []


def test_the_place_of_a_list_holds_its_items(tmp_path):
    document = read(tmp_path, "Two boats sail for Norby:\n\n- Gull: a sloop.\n- Heron: a ketch.\n\nThe sea is calm.")
    [found] = candidates(document)
    assert document.text[found.start : found.end].startswith("Two boats")
    assert document.text[found.start : found.end].endswith("a ketch.")


def test_each_question_comes_once_in_the_order_of_the_document_and_short(tmp_path):
    text = "NHA stands for Norby Harbour Authority.\n\n" * 2 + "The Norby Fair took place on 1 May 2020."
    found = list(candidates(read(tmp_path, text)))
    assert [one.question for one in found] == ["What does NHA stand for?", "When did the Norby Fair take place?"]
    assert all(isinstance(one, Candidate) and len(one.question) <= MAX_CHARACTERS for one in found)
