"""Documents as parts in Milvus, and what filters are made of there."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple

import numpy as np

from rdhy_qa.contracts import Filters
from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.errors import NotFoundError
from rdhy_qa.index.store import restored
from rdhy_qa.models.embedder import FloatArray

DOCUMENTS = "documents.json"


class Catalogue:
    """The documents of a generation by number. Filters compare numbers, so that no text needs quoting."""

    def __init__(self, documents: Sequence[Metadata]) -> None:
        """Take the metadata of all documents in reading order."""
        self.documents = tuple(documents)
        self._ordinals = {known.id: ordinal for ordinal, known in enumerate(self.documents)}
        self.kinds = {kind: number for number, kind in enumerate(sorted({known.kind for known in documents}))}
        numbers = sorted({known.series for known in documents if known.series is not None})
        self.series: dict[int | None, int] = {series: number for number, series in enumerate(numbers)}

    def ordinal(self, document_id: str) -> int:
        """Return the number of a document.

        Raises:
            NotFoundError: if there is no such document.

        """
        if document_id not in self._ordinals:
            raise NotFoundError(f"There is no document {document_id!r}.", "List the documents: GET /v1/documents")
        return self._ordinals[document_id]

    def condition(self, filters: Filters) -> str | None:
        """Return the filter in the language of Milvus, empty where all passages may be found; None where none may."""
        wanted = (
            ("kind", filters.kind, self.kinds),
            ("document", filters.document_id, self._ordinals),
            ("series", filters.series, self.series),
        )
        terms = []
        for field, values, known in wanted:
            numbers = sorted(known[value] for value in values if value in known)  # type: ignore[index]
            if values and not numbers:
                return None
            if values:
                terms.append(f"{field} in {numbers}")
        return " and ".join(terms)


def packed(document: Document) -> bytes:
    """Return a document as a part; ``unpacked`` reads it."""
    parts = [[astuple(part) for part in parts] for parts in (document.blocks, document.sentences, document.records)]
    return json.dumps([asdict(document.metadata), document.text, *parts], ensure_ascii=False).encode()


def unpacked(content: bytes) -> Document:
    """Read what ``packed`` wrote."""
    metadata, text, blocks, sentences, records = json.loads(content)
    return restored(Metadata(**metadata), text, blocks, sentences, records)


def packed_vectors(vectors: FloatArray) -> bytes:
    """Return vectors of sentences as a part; ``unpacked_vectors`` reads it."""
    stream = io.BytesIO()
    np.save(stream, vectors.astype(np.float16))
    return stream.getvalue()


def unpacked_vectors(content: bytes) -> FloatArray:
    """Read what ``packed_vectors`` wrote."""
    vectors: FloatArray = np.load(io.BytesIO(content)).astype(np.float32)
    return vectors
