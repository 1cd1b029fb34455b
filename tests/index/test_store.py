"""Documents and passages come back as they went in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from rdhy_qa.contracts import Filters
from rdhy_qa.documents.document import BlockKind, Document
from rdhy_qa.errors import NotFoundError
from rdhy_qa.index.manifest import Counts
from rdhy_qa.index.splitting import Passage, split
from rdhy_qa.index.store import Store, StoreWriter

H, P, L, N = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.NOTE


@pytest.fixture
def documents(assemble: Callable[..., Document]) -> list[Document]:
    winners = [(H, ["Winners"], None), (P, ["These won:"], None), (L, ["Raízen 😀."], 0), (L, ["Haier."], 0)]
    return [assemble("first", winners), assemble("second", [(P, ["Text."], None), (N, ["Nota bene."], None)], "Other")]


@pytest.fixture
def passages(documents: list[Document]) -> list[Passage]:
    def count(texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    return [passage for document in documents for passage in split(document, count, 60)]


@pytest.fixture
def store(tmp_path: Path, documents: list[Document], passages: list[Passage]) -> Store:
    path = tmp_path / "a folder #1?" / "store.sqlite"
    path.parent.mkdir()
    write(path, documents, passages)
    return Store(path)


def write(path: Path, documents: list[Document], passages: list[Passage]) -> None:
    with closing(StoreWriter(path)) as writer:
        for document in documents:
            own = [passage for passage in passages if passage.document_id == document.id]
            digests = [f"hash-{passages.index(passage)}" for passage in own]
            writer.add(document, f"sum {document.id}" if document.id == "first" else None, own, digests)


def test_documents_come_back_whole(store: Store, documents: list[Document]) -> None:
    assert store.documents() == tuple(document.metadata for document in documents)
    assert [store.document(document.id) for document in documents] == documents


def test_passages_come_back_in_the_order_asked_for(
    store: Store, documents: list[Document], passages: list[Passage]
) -> None:
    assert len(store) == 3
    found = store.passages([2, 0])
    assert [passage.row for passage in found] == [2, 0]
    assert found[1].text == documents[0].text[passages[0].start : passages[0].end]
    assert (found[0].note, found[0].document.id, found[0].section) == (True, "second", ("Other",))


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(), None),
        (Filters(document_id=("first",)), [0]),
        (Filters(document_id=("first", "second"), kind=("post",)), [0, 1, 2]),
        (Filters(series=(1,), document_id=("second",)), [1, 2]),
        (Filters(kind=("case-study",)), []),
    ],
)
def test_filters_choose_rows(store: Store, filters: Filters, rows: list[int] | None) -> None:
    found = store.rows_for(filters)
    assert (None if found is None else found.tolist()) == rows


def test_an_unknown_document_is_refused_with_a_next_step(store: Store) -> None:
    with pytest.raises(NotFoundError, match="'third'"):
        store.document("third")


def test_records_and_headings_come_with_their_document(store: Store) -> None:
    assert [document.text[record.start : record.end] for document, record in store.records()] == [
        "Raízen 😀.",
        "Haier.",
    ]
    assert [document.text[block.start : block.end] for document, block in store.section_headings()] == ["Winners"]


def test_rows_are_found_by_digests(store: Store) -> None:
    assert store.rows_with({"hash-0", "hash-2", "hash-3"}) == {"hash-0": 0, "hash-2": 2}


def test_documents_are_known_by_files_that_alone_decide_what_they_hold(store: Store) -> None:
    assert store.sources() == {"sum first": "first"}


def test_a_document_has_a_place(store: Store) -> None:
    assert store.place("first") == (0, range(1))
    assert store.place("second") == (1, range(1, 3))


def test_what_is_copied_makes_the_same_file_as_what_is_written(
    store: Store, tmp_path: Path, documents: list[Document], passages: list[Passage]
) -> None:
    turned = [*reversed(documents)]
    write(tmp_path / "written", turned, passages)
    (before,) = tmp_path.glob("*/store.sqlite")
    with closing(StoreWriter(tmp_path / "copied", before)) as writer:
        for document in turned:
            writer.copy(*store.place(document.id))
        assert writer.counts() == Counts(documents=2, passages=3, sentences=6, records=2)
    assert (tmp_path / "copied").read_bytes() == (tmp_path / "written").read_bytes()


def test_many_threads_may_read(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda row: store.passages([row % 3])[0].row, range(200)))
    assert texts == [row % 3 for row in range(200)]
    store.close()
