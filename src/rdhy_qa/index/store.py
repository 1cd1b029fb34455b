"""Documents and passages of a generation, in one SQLite file that is written once and then only read."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, astuple, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from rdhy_qa.contracts import Filters
from rdhy_qa.documents.document import Block, BlockKind, Document, Metadata, Record, Sentence, Span
from rdhy_qa.errors import NotFoundError
from rdhy_qa.index.manifest import Counts
from rdhy_qa.index.rows import RowArray
from rdhy_qa.index.splitting import Passage

_SCHEMA = """
CREATE TABLE documents (
    ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, metadata TEXT NOT NULL, text TEXT NOT NULL,
    blocks TEXT NOT NULL, sentences TEXT NOT NULL, records TEXT NOT NULL, source TEXT
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents (ordinal), start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, section TEXT NOT NULL, page INTEGER, note INTEGER NOT NULL, lead_in TEXT,
    text TEXT NOT NULL, embed_hash TEXT NOT NULL
);
"""
_CACHED_DOCUMENTS = 256


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of the index."""

    row: int
    """Its number in the dense and the lexical index."""
    document: Metadata
    start: int
    end: int
    section: tuple[str, ...]
    page: int | None
    note: bool
    """True for an editor's note."""
    lead_in: str | None
    """What introduces the list, where the passage continues one that began in an earlier passage."""
    text: str
    """The document's text between ``start`` and ``end``."""


class StoreWriter:
    """Writes the file: documents get ordinals and passages rows from 0 on, in the order in which they come.

    Whatever is copied and whatever is new, the same documents in the same order make the same file.
    """

    def __init__(self, path: Path, before: Path | None = None) -> None:
        """Begin a new file; documents may be copied from another one, `before`."""
        self._documents = self._passages = 0
        self._connection = sqlite3.connect(path, uri=True)
        # The generation is synced as a whole before it is activated, and thrown away if that is not reached.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_SCHEMA)
        if before is not None:
            self._connection.execute("ATTACH ? AS before", [_uri(before)])

    def add(self, document: Document, source: str | None, passages: Sequence[Passage], digests: Sequence[str]) -> None:
        """Write a document.

        Args:
            document: The document.
            source: What ``Store.sources`` has for it.
            passages: All passages that it is divided into.
            digests: For each passage, the digest of all that decides its vectors.

        """
        values = (self._documents, *_document_row(document), source)
        self._connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        self._connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (row, self._documents, *_passage_row(passage, document.text), digest)
                for row, (passage, digest) in enumerate(zip(passages, digests, strict=True), self._passages)
            ),
        )
        self._documents += 1
        self._passages += len(passages)

    def copy(self, ordinal: int, rows: range) -> None:
        """Write a document of the other file, which has this ordinal and these rows there."""
        self._connection.execute(
            "INSERT INTO documents SELECT ?, id, metadata, text, blocks, sentences, records, source"
            " FROM before.documents WHERE ordinal = ?",
            (self._documents, ordinal),
        )
        self._connection.execute(
            'INSERT INTO passages SELECT row + ?, ?, start, "end", section, page, note, lead_in, text, embed_hash'
            " FROM before.passages WHERE row >= ? AND row < ? ORDER BY row",
            (self._passages - rows.start, self._documents, rows.start, rows.stop),
        )
        self._documents += 1
        self._passages += len(rows)

    def counts(self) -> Counts:
        """How much was written."""
        found = self._connection.execute(
            "SELECT sum(json_array_length(sentences)), sum(json_array_length(records)) FROM main.documents"
        ).fetchone()
        return Counts(documents=self._documents, passages=self._passages, sentences=found[0], records=found[1])

    def close(self) -> None:
        """End the file."""
        try:
            self._connection.commit()
        finally:
            self._connection.close()


class Store:
    """Reads a store; safe to use from many threads.

    They share one connection, which keeps the file open: it may be deleted meanwhile.
    """

    def __init__(self, path: Path) -> None:
        """Open the file. It must be whole: a generation checks that first."""
        self._file = _File(_uri(path))
        rows = self._file.query("SELECT metadata FROM documents ORDER BY ordinal")
        self._metadata = tuple(Metadata(**json.loads(row[0])) for row in rows)
        self._ordinals = {known.id: ordinal for ordinal, known in enumerate(self._metadata)}
        owners = self._file.query("SELECT document FROM passages ORDER BY row")
        self._owners: RowArray = np.fromiter((row[0] for row in owners), dtype=np.int64)
        # Of the file, not of the store: a cache that refers to its owner keeps both until the collector comes by.
        self._load = lru_cache(maxsize=_CACHED_DOCUMENTS)(partial(_load_document, self._file, self._metadata))

    def __len__(self) -> int:
        """Return the number of passages."""
        return len(self._owners)

    def close(self) -> None:
        """Close the connection."""
        self._file.close()

    def documents(self) -> tuple[Metadata, ...]:
        """Return the metadata of every document, in reading order."""
        return self._metadata

    def document(self, document_id: str) -> Document:
        """Return the whole document.

        Raises:
            NotFoundError: if there is no such document.

        """
        return self._load(self._ordinal(document_id))

    def first_passage(self, document_id: str) -> int:
        """Return the row of a document's first passage; a document's rows follow one another.

        Raises:
            NotFoundError: if there is no such document.

        """
        return self.place(document_id)[1].start

    def place(self, document_id: str) -> tuple[int, range]:
        """Return a document's ordinal, and the rows of its passages.

        Raises:
            NotFoundError: if there is no such document.

        """
        ordinal = self._ordinal(document_id)
        first, end = np.searchsorted(self._owners, (ordinal, ordinal + 1)).tolist()
        return ordinal, range(first, end)

    def sources(self) -> dict[str, str]:
        """Return the ids of documents by the file that each is of, where nothing but that file decides what it holds.

        A file is its SHA-256 and its path below the folder that was ingested.
        """
        return dict(self._file.query("SELECT source, id FROM documents WHERE source IS NOT NULL"))

    def passages(self, rows: Sequence[int] | RowArray) -> list[StoredPassage]:
        """Return the passages with these rows, in the order asked for."""
        wanted = [int(row) for row in rows]
        marks = ",".join("?" * len(wanted))
        found = self._file.query(
            f'SELECT row, document, start, "end", section, page, note, lead_in, text FROM passages'
            f" WHERE row IN ({marks})",
            wanted,
        )
        by_row = {
            row: StoredPassage(
                row, self._metadata[document], start, end, tuple(json.loads(section)), page, bool(note), lead_in, text
            )
            for row, document, start, end, section, page, note, lead_in, text in found
        }
        return [by_row[row] for row in wanted]

    def rows_for(self, filters: Filters) -> RowArray | None:
        """Return the rows that the filters let through, ascending; None where they restrict nothing."""
        if not (filters.kind or filters.document_id or filters.series):
            return None
        admitted = np.array([_admits(filters, known) for known in self._metadata], dtype=bool)
        return np.flatnonzero(admitted[self._owners]).astype(np.int64)

    def records(self) -> Iterator[tuple[Document, Record]]:
        """Give every record with its document, in reading order."""
        for known in self._metadata:
            document = self.document(known.id)
            for record in document.records:
                yield document, record

    def section_headings(self) -> Iterator[tuple[Document, Block]]:
        """Give every heading with its document, in reading order."""
        for known in self._metadata:
            document = self.document(known.id)
            for block in document.blocks:
                if block.kind is BlockKind.HEADING:
                    yield document, block

    def rows_with(self, digests: Set[str]) -> dict[str, int]:
        """Return rows of passages by the digest of all that decides their vectors, for those of some that are there."""
        found = self._file.each("SELECT embed_hash, row FROM passages ORDER BY row")
        return {digest: row for digest, row in found if digest in digests}

    def _ordinal(self, document_id: str) -> int:
        if document_id not in self._ordinals:
            raise NotFoundError(f"There is no document {document_id!r}.", "List the documents: GET /v1/documents")
        return self._ordinals[document_id]


class _File:
    """The open file; its one connection is used by one thread at a time."""

    def __init__(self, uri: str) -> None:
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = threading.Lock()

    def query(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def each(self, statement: str) -> Iterator[Any]:
        """Give the rows one after the other; nothing else may be done with the file meanwhile."""
        with self._lock:
            yield from self._connection.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _uri(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro&immutable=1"


def _load_document(file: _File, metadata: Sequence[Metadata], ordinal: int) -> Document:
    row = file.query("SELECT text, blocks, sentences, records FROM documents WHERE ordinal = ?", [ordinal])[0]
    blocks, sentences, records = (json.loads(column) for column in row[1:])
    return restored(metadata[ordinal], row[0], blocks, sentences, records)


def restored(metadata: Metadata, text: str, blocks: list[Any], sentences: list[Any], records: list[Any]) -> Document:
    """Make a document of its parts, each the values of its fields as JSON gives them back."""
    return Document(
        metadata=metadata,
        text=text,
        blocks=tuple(_block(values) for values in blocks),
        sentences=tuple(Sentence(*values) for values in sentences),
        records=tuple(_record(values) for values in records),
    )


def _admits(filters: Filters, known: Metadata) -> bool:
    return (
        (not filters.kind or known.kind in filters.kind)
        and (not filters.document_id or known.id in filters.document_id)
        and (not filters.series or known.series in filters.series)
    )


def _document_row(document: Document) -> tuple[str, ...]:
    return (
        document.id,
        _compact(asdict(document.metadata)),
        document.text,
        *(
            _compact([astuple(part) for part in parts])
            for parts in (document.blocks, document.sentences, document.records)
        ),
    )


def _passage_row(passage: Passage, text: str) -> tuple[object, ...]:
    return (
        passage.start,
        passage.end,
        _compact(passage.section),
        passage.page,
        passage.note,
        passage.lead_in,
        text[passage.start : passage.end],
    )


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _block(values: list[Any]) -> Block:
    kind, start, end, section, *rest = values
    return Block(BlockKind(kind), start, end, tuple(section), *rest)


def _record(values: list[Any]) -> Record:
    list_id, position, start, end, block, *spans, section = values
    head, qualifier, lead_in = (Span(*span) if span else None for span in spans)
    return Record(list_id, position, start, end, block, head, qualifier, lead_in, tuple(section))
