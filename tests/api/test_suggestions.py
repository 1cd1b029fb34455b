"""Suggested questions are answered surely, and change with the index."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rdhy_qa.contracts import Answer, AskRequest, Citation
from rdhy_qa.documents.document import Metadata
from rdhy_qa.engine import Engine
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app
from rdhy_qa_api.candidates import Candidate
from rdhy_qa_api.suggestions import SHOWN, chosen, in_words


def candidate(question: str, shape: str = "list", start: int = 0, end: int = 10) -> Candidate:
    return Candidate(question, shape, "a", start, end)


def answer(confidence: float, *, answered: bool = True, document: str = "a", start: int = 0, end: int = 10) -> Answer:
    citation = Citation(
        n=1, document_id=document, title="A", section=(), url=None, view_url="/documents/a", page=None, published=None,
        start=start, end=end, quote="x",
    )  # fmt: skip
    return Answer(
        question="?", answered=answered, short_answer=None, answer="x [1]", confidence=confidence,
        citations=(citation,), generation="1",
    )  # fmt: skip


def test_the_surest_come_first_and_of_one_shape_only_two():
    asked = [(candidate(f"q{n}"), answer(0.9 + n / 100)) for n in range(4)]
    asked.append((candidate("when", "time"), answer(0.86)))
    assert list(chosen(asked)) == ["q3", "q2", "when"]


def test_equals_are_in_the_order_of_their_words_and_no_more_than_fit_are_shown():
    asked = [(candidate(question, shape=question), answer(0.9)) for question in "fedcba"]
    assert list(chosen(asked)) == list("abcdef")[:SHOWN]


@pytest.mark.parametrize(
    "unfit",
    [
        answer(0.99, answered=False),
        answer(0.5),
        answer(0.99, document="b"),
        answer(0.99, start=5, end=11),
    ],
)
def test_what_is_declined_unsure_or_answered_from_elsewhere_is_not_suggested(unfit):
    assert list(chosen([(candidate("q"), unfit)])) == []


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ([], "no documents"),
        (["post"], "1 post"),
        (["post", "case-study", "case-study"], "2 case studies and 1 post"),
        (["post", "background", "report", "letter", "background"], "2 background pages, 2 documents and 1 post"),
    ],
)
def test_what_is_covered_is_counted_in_words(kinds, words):
    assert in_words([Metadata(id=str(n), title="T", kind=kind) for n, kind in enumerate(kinds)]) == words


@pytest.fixture(scope="module")
def real(serve, index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a service that answers from a small index."""
    database = tmp_path_factory.mktemp("suggestions") / "journal.sqlite"
    with serve(create_app(load_settings(index=index, database=f"sqlite:///{database}"))) as client:
        yield client


def test_what_the_service_suggests_it_answers(real: httpx.Client, index: Path):
    reply = real.get("/v1/suggestions")
    assert reply.status_code == 200
    found = reply.json()
    assert found["questions"] == ["Which two organisations won the benchmark prize in 2024?"]
    assert found["covers"] == "1 post"
    [document] = found["documents"]
    assert document == {
        "id": "prizes",
        "title": "The prizes of 2024",
        "kind": "post",
        "view_url": "/documents/prizes",
    }
    engine = Engine.open(load_settings(index=index))
    assert found["generation"] == engine.generation.id
    answered = engine.ask(AskRequest(question=found["questions"][0]))
    assert [item.text for item in answered.items] == ["Raízen (Brazil)", "SINA (Uganda)"]
    assert real.get("/v1/suggestions").json() == found


def test_they_are_found_anew_for_another_generation_and_not_before(client: httpx.Client, engine):
    first = client.get("/v1/suggestions").json()
    assert first["questions"] == []
    assert [document["id"] for document in first["documents"]] == ["post-1"]
    engine.next_generation = "000000000002"
    found = first
    while found["generation"] == first["generation"]:
        time.sleep(0.05)  # without a pause, the service would hardly get to look for the other generation
        found = client.get("/v1/suggestions").json()
    assert found["generation"] == "000000000002"


def test_without_an_index_there_are_none(serve, tmp_path: Path):
    with serve(create_app(load_settings(index=tmp_path, database=f"sqlite:///{tmp_path}/j.sqlite"))) as client:
        assert client.get("/v1/suggestions").status_code == 503
