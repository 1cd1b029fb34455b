"""A generation that lies in Milvus, as a replica answers from it."""

import json
import shutil
import uuid
from collections.abc import Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from rdhy_qa.contracts import Filters
from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.errors import DamagedIndexError, ModelError, StaleIndexError
from rdhy_qa.index.generation import LEXICAL
from rdhy_qa.index.manifest import DIGEST, EMBEDDER, MANIFEST, read_manifest, sum_file
from rdhy_qa.index.milvus import collections
from rdhy_qa.index.milvus.documents import DOCUMENTS, Catalogue, unpacked, unpacked_vectors
from rdhy_qa.index.milvus.parts import Parts
from rdhy_qa.index.milvus.server import Server
from rdhy_qa.index.serving import Scored, Serving
from rdhy_qa.index.store import StoredPassage
from rdhy_qa.index.vocabulary import Vocabulary
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa.models.query_encoder import QueryEncoder
from rdhy_qa.terms import terms

_VOCABULARY = f"{LEXICAL}/vocabulary.json"
_DOCUMENTS = 256
_BREADTH = 200
"""How many neighbours a search by graph keeps in view."""


class RemoteGeneration:
    """Passages and documents are fetched when they are needed; the small files are kept on this machine."""

    def __init__(self, server: Server, generation_id: str, *, embedder: str | None = None) -> None:
        """Fetch and check the small files.

        Raises:
            DamagedIndexError: if it is not whole.
            StaleIndexError: if it was built with an embedder of another name than ``embedder``.
            UnavailableIndexError: if Milvus does not answer.

        """
        self._server = server
        self._passages = collections.passages_of(server.address, generation_id)
        self._parts = Parts(server, collections.parts_of(server.address, generation_id))
        server.use(self._passages, collections.parts_of(server.address, generation_id))
        if not self._parts.holds(collections.MARKER):
            raise DamagedIndexError(f"Generation {generation_id} in {server.address} is not whole.", self._mend())
        self._folder = _fetched(self._parts, server.address.folder / "files" / generation_id, self._mend())
        self.manifest = read_manifest(self._folder)
        if embedder not in (None, self.manifest.model.name):
            raise StaleIndexError(
                f"{server.address} was built with the embedder {self.manifest.model.name}; the settings name"
                f" {embedder}.",
                self._mend(),
            )
        # Of the parts, not of this: a cache that refers to its owner keeps both until the collector comes by.
        self._both = lru_cache(maxsize=_DOCUMENTS)(partial(_fetched_document, self._parts))

    @property
    def id(self) -> str:
        """The generation's id."""
        return self.manifest.id

    @cached_property
    def encoder(self) -> QueryEncoder:
        """What makes vectors of questions."""
        return QueryEncoder.load(self._folder / EMBEDDER)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the passages."""
        return Vocabulary.load(self._folder / _VOCABULARY)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue([Metadata(**known) for known in json.loads((self._folder / DOCUMENTS).read_bytes())])

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {stemmed: column for column, stemmed in enumerate(self.vocabulary.stems())}

    def load(self, before: Serving | None = None) -> Self:
        """Open the small files now; the query encoder of a generation before is taken over where it is the same.

        Raises:
            DamagedIndexError: if one can't be opened.

        """
        if before is not None and before.manifest.encoder_files == self.manifest.encoder_files:
            self.encoder = before.encoder
        try:
            _ = self.encoder, self._columns, self._catalogue
        except (OSError, ValueError, TypeError, ModelError) as error:
            raise DamagedIndexError(f"{self._folder} can't be opened: {error}", self._mend()) from error
        return self

    def close(self) -> None:
        """Close the connection."""
        self._server.close()

    def documents(self) -> tuple[Metadata, ...]:
        """Return the metadata of every document, in reading order."""
        return self._catalogue.documents

    def document(self, document_id: str) -> Document:
        """Return the whole document.

        Raises:
            NotFoundError: if there is no such document.

        """
        return self._both(self._catalogue.ordinal(document_id))[0]

    def sentence_vectors(self, document_id: str, sentences: Sequence[int]) -> FloatArray:
        """Return unit vectors of some of a document's sentences, float32 of shape (sentences, dimension)."""
        vectors = self._both(self._catalogue.ordinal(document_id))[1]
        chosen: FloatArray = vectors[np.asarray(sentences, dtype=np.int64)]
        return chosen

    def passages(self, rows: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these rows, in the order asked for."""
        if not rows:
            return []
        found = self._server.read(
            "query", self._passages, filter=f"row in {list(rows)}", output_fields=["row", "passage"]
        )
        by_row = {entity["row"]: self._passage(json.loads(entity["passage"])) for entity in found}
        if len(by_row) < len(rows):
            raise DamagedIndexError(f"{self._passages} in {self._server.address} lacks passages.", self._mend())
        return [by_row[row] for row in rows]

    def candidates(self, question: str, vector: FloatArray, filters: Filters, depth: int) -> tuple[Scored, Scored]:
        """Find the passages nearest to a question by its vector and by its words, `depth` of each, best first."""
        condition = self._catalogue.condition(filters)
        weights = self.vocabulary.resolve_all(terms(question))
        words = {self._columns[stemmed]: weight for stemmed, weight in weights.items()}
        none: Scored = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
        if condition is None:
            return none, none
        dense = self._search("dense", vector, condition, depth)
        return dense, self._search("lexical", words, condition, depth) if words else none

    def verify(self) -> None:
        """Count the passages and documents, and fetch and compare the small files anew.

        Raises:
            DamagedIndexError: if something is missing or altered.

        """
        shutil.rmtree(self._folder)
        _fetched(self._parts, self._folder, self._mend())
        counts = self.manifest.counts
        found = self._count(self._passages, "row >= 0")
        if found != counts.passages:
            raise DamagedIndexError(f"{self._passages} has {found} of {counts.passages} passages.", self._mend())
        names = [f"document/{ordinal}" for ordinal in range(counts.documents)]
        for start in range(0, len(names), 1000):
            for lacking in self._parts.lacking(names[start : start + 1000]):
                raise DamagedIndexError(f"{self._passages} lacks {lacking}.", self._mend())

    def _count(self, collection: str, condition: str) -> int:
        found = self._server.write(
            "query", collection, filter=condition, output_fields=["count(*)"], consistency_level="Strong"
        )
        return int(found[0]["count(*)"])

    def _search(self, field: str, query: FloatArray | dict[int, float], condition: str, depth: int) -> Scored:
        data = [query if isinstance(query, dict) else query.tolist()]
        graph = field == "dense" and self.manifest.counts.passages > collections.EXACT_UP_TO
        hits = self._server.read(
            "search",
            self._passages,
            data=data,
            anns_field=field,
            filter=condition,
            limit=depth,
            output_fields=["row"],
            search_params={"metric_type": "IP", "params": {"ef": max(_BREADTH, depth)} if graph else {}},
        )[0]
        ordered = sorted((-float(hit["distance"]), int(hit["row"])) for hit in hits)
        scores = np.array([-score for score, _ in ordered], dtype=np.float32)
        return scores, np.array([row for _, row in ordered], dtype=np.int64)

    def _passage(self, values: dict[str, Any]) -> StoredPassage:
        document = self._catalogue.documents[self._catalogue.ordinal(values["document"])]
        if values["text"] is None:
            values["text"] = self.document(document.id).text[values["start"] : values["end"]]
        return StoredPassage(**values | {"document": document, "section": tuple(values["section"])})

    def _mend(self) -> str:
        return f"Publish it again: rdhy-qa ingest --index {self._server.address}"


def _fetched_document(parts: Parts, ordinal: int) -> tuple[Document, FloatArray]:
    return unpacked(parts.read(f"document/{ordinal}")), unpacked_vectors(parts.read(f"vectors/{ordinal}"))


def _fetched(parts: Parts, folder: Path, mend: str) -> Path:
    """Bring the small files to this machine, and compare them with the manifest's checksums."""
    for name in (MANIFEST, DIGEST):
        _keep(folder / name, parts.read(f"file/{name}"))
    files = read_manifest(folder).files
    names = [name for name in files if name.startswith(f"{EMBEDDER}/")] + [_VOCABULARY]
    for name in names:
        path = folder / name
        if not path.is_file() or sum_file(path) != files[name]:
            _keep(path, parts.read(f"file/{name}"))
        if sum_file(path) != files[name]:
            raise DamagedIndexError(f"{name} in Milvus is not what was written.", mend)
    _keep(folder / DOCUMENTS, parts.read(f"file/{DOCUMENTS}"))
    return folder


def _keep(path: Path, content: bytes) -> None:
    """Write a file that another process may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    new.write_bytes(content)
    new.replace(path)
