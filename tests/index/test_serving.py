"""What serves behaves the same wherever it lies: in a folder of this machine, or in Milvus."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.contracts import Filters
from rdhy_qa.errors import NotFoundError, StaleIndexError
from rdhy_qa.index import activation, builder, places
from rdhy_qa.index.milvus.publishing import publish
from rdhy_qa.index.serving import Serving
from rdhy_qa.settings import Settings

TEXTS = {
    "one": "Var Group leads. Raízen (Brazil) makes fuel 😀 from cane.",
    "three": "Morning Star packs tomatoes. Benchmark Innovators is a category.",
    "two": "Buurtzorg cares for patients. Ingersoll Rand makes pumps.",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, toy_embedder, post: Callable[..., None]) -> Path:
    """An index of two generations; the second, without one of the documents, does not serve."""
    home = tmp_path_factory.mktemp("serving")
    (home / "corpus").mkdir()
    settings = Settings(index=home / "index", threads=1)
    for document_id, text in TEXTS.items():
        post(home / "corpus" / f"{document_id}.md", document_id, text)
    served = builder.ingest([home / "corpus"], settings=settings, embedder=toy_embedder()).generation_id
    builder.ingest([home / "corpus" / "one.md"], settings=settings, embedder=toy_embedder())
    activation.activate(settings.index, served)
    return settings.index


@pytest.fixture(scope="module", params=["folder", "milvus"])
def index(request: pytest.FixtureRequest, folder: Path) -> Path:
    """The index, in one place after the other."""
    if request.param == "folder":
        return folder
    lite = request.getfixturevalue("lite")
    for one in activation.list_generations(folder):
        publish(activation.open_generation(folder, one.id), lite.address("serving"))
    places.activate(lite.index("serving"), activation.active_id(folder))
    return lite.index("serving")


@pytest.fixture(scope="module")
def serving(index: Path) -> Iterator[Serving]:
    """The generation that serves."""
    opened = places.open_active(index).load()
    yield opened
    opened.close()


@pytest.fixture
def find(serving: Serving, toy) -> Callable[..., tuple[list[str], list[str]]]:
    """Looks for passages; the documents found by the vector and by the words, best first."""

    def look(question: str, depth: int = 10, **filters: tuple[object, ...]) -> tuple[list[str], list[str]]:
        found = serving.candidates(question, toy.encode_query(question), Filters(**filters), depth)
        for scores, rows in found:
            assert scores.dtype == np.float32
            assert rows.dtype == np.int64
            assert scores.tolist() == sorted(scores.tolist(), reverse=True)
        dense, lexical = ([one.document.id for one in serving.passages(rows.tolist())] for _, rows in found)
        return dense, lexical

    return look


def test_the_active_generation_serves(index: Path, folder: Path, serving: Serving) -> None:
    assert places.active_id(index) == serving.id == serving.manifest.id == activation.active_id(folder)
    assert serving.manifest.counts.documents == 3


def test_documents_come_whole_and_in_reading_order(serving: Serving) -> None:
    assert [known.id for known in serving.documents()] == sorted(TEXTS)
    for known in serving.documents():
        document = serving.document(known.id)
        assert document.metadata == known
        assert document.text.endswith(TEXTS[known.id])
        said = [document.text[sentence.start : sentence.end] for sentence in document.sentences]
        assert said[-1] in TEXTS[known.id]


def test_an_unknown_document_is_refused_with_a_next_step(serving: Serving) -> None:
    for unknown in ("four", "", "one'"):
        with pytest.raises(NotFoundError, match="GET /v1/documents"):
            serving.document(unknown)


def test_passages_come_in_the_order_asked_for(serving: Serving) -> None:
    found = serving.passages([2, 0, 1])
    assert [passage.row for passage in found] == [2, 0, 1]
    assert [passage.document.id for passage in found] == ["two", "one", "three"]
    for passage in found:
        text = serving.document(passage.document.id).text
        assert passage.text == text[passage.start : passage.end]
        assert passage.section == (f"Section of {passage.document.id}",)
    assert serving.passages([]) == []


def test_the_nearest_passages_are_found_by_vector_and_by_words(find) -> None:
    dense, lexical = find("Who packs tomatoes?")
    assert (dense[0], lexical) == ("three", ["three"])
    assert sorted(dense) == sorted(TEXTS)
    assert find("Who packs tomatoes?", depth=1) == (["three"], ["three"])


def test_words_that_no_passage_has_find_nothing_by_words(find) -> None:
    assert find("Zimbabwe xylophone")[1] == []
    assert find("?!")[1] == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"document_id": ("two",)}, ["two"]),
        ({"document_id": ("one", "two", "unknown")}, ["one", "two"]),
        ({"kind": ("post",), "document_id": ("three",)}, ["three"]),
        ({"document_id": ("unknown' or 1 == 1",)}, []),
        ({"kind": ("case-study",)}, []),
        ({"series": (7,)}, []),
    ],
)
def test_filters_let_through_what_matches_all_of_them(
    find, filters: dict[str, tuple[object]], found: list[str]
) -> None:
    dense, lexical = find("makes fuel, pumps or packs tomatoes", **filters)
    assert sorted(dense) == sorted(lexical) == found


def test_vectors_of_sentences_are_those_of_the_embedder_in_the_order_asked_for(serving: Serving, toy) -> None:
    document = serving.document("three")
    last = len(document.sentences) - 1
    vectors = serving.sentence_vectors("three", [last, last - 1])
    assert vectors.dtype == np.float32
    for vector, number in zip(vectors, (last, last - 1), strict=True):
        sentence = document.sentences[number]
        expected = toy.encode_query(document.text[sentence.start : sentence.end])
        np.testing.assert_allclose(vector, expected, atol=2e-3)
    assert serving.sentence_vectors("three", []).shape == (0, serving.manifest.model.dimension)


def test_the_encoder_of_a_generation_before_is_taken_over(index: Path, serving: Serving) -> None:
    other = next(one.id for one in places.list_generations(index) if not one.active)
    loaded = places.open_generation(index, other).load(before=serving)
    assert loaded.id != serving.id
    assert loaded.encoder is serving.encoder
    loaded.close()


def test_many_threads_may_ask(serving: Serving, find) -> None:
    expected = find("Who packs tomatoes?")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(find, ["Who packs tomatoes?"] * 24)) == [expected] * 24


def test_another_embedder_is_refused(index: Path) -> None:
    places.open_active(index, embedder="toy").close()
    with pytest.raises(StaleIndexError, match=r"the embedder toy; the settings name other.*rdhy-qa ingest --index"):
        places.open_active(index, embedder="other")


def test_generations_are_listed_newest_first(index: Path, serving: Serving) -> None:
    newest, oldest = places.list_generations(index)
    assert (oldest.id, oldest.active, newest.active) == (serving.id, True, False)
    assert newest.manifest is not None
    assert oldest.manifest == serving.manifest


def test_a_whole_generation_is_verified(index: Path, serving: Serving) -> None:
    assert places.verify(index, serving.id) == serving.manifest


@pytest.mark.parametrize("unknown", ["000000000000", "../..", "", "nonsense"])
def test_an_unknown_generation_is_neither_opened_nor_activated(index: Path, serving: Serving, unknown: str) -> None:
    for use in (places.open_generation, places.activate, places.verify):
        with pytest.raises(NotFoundError, match="rdhy-qa index list"):
            use(index, unknown)
    assert places.active_id(index) == serving.id
