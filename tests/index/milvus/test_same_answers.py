"""The corpus in a folder and in Milvus gives the same passages and the same answers."""

from pathlib import Path

import pytest
import yaml

from rdhy_qa.contracts import AskRequest, Filters, SearchRequest
from rdhy_qa.engine import Engine
from rdhy_qa.index import places
from rdhy_qa.index.milvus import collections
from rdhy_qa.index.milvus.activation import activate
from rdhy_qa.index.milvus.publishing import publish
from rdhy_qa.settings import Settings


@pytest.fixture(scope="module")
def both(pytestconfig, tmp_path_factory, lite) -> tuple[Engine, Engine]:
    """The engine on the folder that other tests build as well, and on Milvus."""
    folder = Settings(index=Path(tmp_path_factory.getbasetemp()) / "corpus-index", threads=1)
    result = places.ingest([pytestconfig.rootpath / "corpus"], settings=folder)
    publish(places.open_generation(folder.index, result.generation_id), lite.address("corpus"))
    activate(lite.address("corpus"), result.generation_id)
    return Engine.open(folder), Engine.open(Settings(index=lite.index("corpus"), threads=1))


@pytest.fixture(scope="module")
def questions(pytestconfig) -> list[str]:
    """Sixty questions of the evaluation, from all its files."""
    files = sorted((pytestconfig.rootpath / "evals" / "questions").rglob("*.yaml"))
    texts = [case["question"] for file in files for case in yaml.safe_load(file.read_text(encoding="utf-8"))]
    return texts[:: max(1, len(texts) // 60)][:60]


def test_passages_and_scores_are_the_same(both, questions) -> None:
    assert len(questions) == 60
    for question in questions:
        found = [engine.search(SearchRequest(question=question)).results for engine in both]
        for one, other in zip(*found, strict=True):
            assert (one.document_id, one.start, one.text, one.section) == (
                other.document_id,
                other.start,
                other.text,
                other.section,
            )
            assert (one.score, one.dense or 0, one.lexical or 0) == pytest.approx(
                (other.score, other.dense or 0, other.lexical or 0), abs=1e-4
            )


def test_answers_are_the_same(both, questions) -> None:
    for question in questions[::2]:
        one, other = (engine.ask(AskRequest(question=question)) for engine in both)
        assert (one.answer, one.short_answer, one.reason, one.citations, one.items) == (
            other.answer,
            other.short_answer,
            other.reason,
            other.citations,
            other.items,
        )
        assert one.confidence == pytest.approx(other.confidence, abs=1e-3)


def test_documents_are_the_same(both) -> None:
    one, other = both
    assert one.documents() == other.documents()
    assert all(one.document(known.id) == other.document(known.id) for known in one.documents())


def test_filters_let_the_same_passages_through(both) -> None:
    known = both[0].documents()
    series = next(document.series for document in known if document.series is not None)
    for filters in (
        Filters(kind=(known[0].kind,)),
        Filters(document_id=(known[1].id, "unknown")),
        Filters(series=(series,)),
        Filters(kind=("no such kind",)),
        Filters(kind=(known[0].kind,), document_id=(known[0].id,)),
    ):
        one, other = (
            engine.search(SearchRequest(question="What is a microenterprise?", filters=filters)).results
            for engine in both
        )
        assert [(hit.document_id, hit.start) for hit in one] == [(hit.document_id, hit.start) for hit in other]


def test_large_index_is_searched_by_a_graph_that_misses_little(both, lite, questions, monkeypatch) -> None:
    monkeypatch.setattr(collections, "EXACT_UP_TO", 0)
    exact = both[0].generation
    publish(places.open_generation(both[0]._settings.index, exact.id), lite.address("graph"))
    activate(lite.address("graph"), exact.id)
    graph = places.open_active(lite.index("graph")).load()
    found = wanted = 0
    for question in questions:
        vector = exact.encoder.encode_query(question)
        rows = [one.candidates(question, vector, Filters(), 10)[0][1] for one in (exact, graph)]
        found += len(set(rows[0].tolist()) & set(rows[1].tolist()))
        wanted += len(rows[0])
    assert found >= 0.97 * wanted
