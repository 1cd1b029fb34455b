"""Sending a generation to Milvus. Whoever is killed meanwhile leaves one without its marker; the next run goes on."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise

from rdhy_qa.index.builder import Progress, ProgressCallback
from rdhy_qa.index.generation import LEXICAL, Generation
from rdhy_qa.index.manifest import DIGEST, EMBEDDER, MANIFEST
from rdhy_qa.index.milvus import collections
from rdhy_qa.index.milvus.address import Address
from rdhy_qa.index.milvus.documents import DOCUMENTS, Catalogue, packed, packed_vectors
from rdhy_qa.index.milvus.parts import Parts
from rdhy_qa.index.milvus.server import Server
from rdhy_qa.index.store import StoredPassage
from rdhy_qa.models.embedder import FloatArray

_BATCH = 500
_TEXT = 65_535
_DOCUMENTS_AT_ONCE = 100


def publish(generation: Generation, address: Address, progress: ProgressCallback | None = None) -> None:
    """Send a generation, except for what is there already.

    Raises:
        UnavailableIndexError: if Milvus does not answer.

    """
    server = Server(address)
    try:
        _Publication(generation, server, progress or (lambda _: None)).run()
    finally:
        server.close()
        generation.close()


class _Publication:
    """One run."""

    def __init__(self, generation: Generation, server: Server, progress: ProgressCallback) -> None:
        self._generation = generation
        self._server = server
        self._progress = progress
        self._passages = collections.passages_of(server.address, generation.id)
        self._parts = Parts(server, collections.parts_of(server.address, generation.id))
        self._catalogue = Catalogue(generation.documents())

    def run(self) -> None:
        manifest = self._generation.manifest
        collections.create(
            self._server,
            manifest.id,
            dimension=manifest.model.dimension,
            passages=manifest.counts.passages,
        )
        if self._parts.holds(collections.MARKER):
            return
        self._send_passages(manifest.counts.passages)
        self._send_documents()
        self._send_files()
        for name in (self._passages, collections.parts_of(self._server.address, manifest.id)):
            self._server.write("flush", name)
        self._parts.write([(collections.MARKER, b"")])

    def _send_passages(self, total: int) -> None:
        words = self._generation.words()
        for start in range(0, total, _BATCH):
            self._progress(Progress("publish", start, total))
            rows = range(start, min(start + _BATCH, total))
            there = self._server.read(
                "query",
                self._passages,
                filter=f"row >= {rows.start} and row < {rows.stop}",
                output_fields=["row"],
                consistency_level="Strong",
            )
            if len(there) < len(rows):
                firsts, stems, scores = self._generation.lexical.of_passages(words, rows.start, rows.stop)
                sparse = (
                    dict(zip(stems[begin:end].tolist(), scores[begin:end].tolist(), strict=True))
                    for begin, end in pairwise(firsts.tolist())
                )
                stored = self._generation.passages(rows)
                vectors = self._generation.dense.vectors(rows.start, rows.stop)
                entities = [self._entity(*parts) for parts in zip(stored, vectors, sparse, strict=True)]
                self._server.write("upsert", self._passages, entities)
        self._progress(Progress("publish", total, total))

    def _entity(self, passage: StoredPassage, vector: FloatArray, lexical: dict[int, float]) -> dict[str, object]:
        values = asdict(passage) | {"document": passage.document.id}
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) > _TEXT:  # the reader takes the text from the document
            text = json.dumps(values | {"text": None, "lead_in": None}, ensure_ascii=False)
        return {
            "row": passage.row,
            "document": self._catalogue.ordinal(passage.document.id),
            "kind": self._catalogue.kinds[passage.document.kind],
            "series": self._catalogue.series.get(passage.document.series, -1),
            "passage": text,
            "dense": vector,
            "lexical": lexical,
        }

    def _send_documents(self) -> None:
        known = self._generation.documents()
        for start in range(0, len(known), _DOCUMENTS_AT_ONCE):
            ordinals = range(start, min(start + _DOCUMENTS_AT_ONCE, len(known)))
            lacking = set(self._parts.lacking([f"document/{ordinal}" for ordinal in ordinals]))
            self._parts.write(
                part for ordinal in ordinals if f"document/{ordinal}" in lacking for part in self._document(ordinal)
            )

    def _document(self, ordinal: int) -> Iterator[tuple[str, bytes]]:
        document = self._generation.document(self._generation.documents()[ordinal].id)
        vectors = self._generation.sentence_vectors(document.id, range(len(document.sentences)))
        # The document is last: where it is there, all of it is.
        yield f"vectors/{ordinal}", packed_vectors(vectors)
        yield f"document/{ordinal}", packed(document)

    def _send_files(self) -> None:
        generation = self._generation
        names = [name for name in generation.manifest.files if name.startswith(f"{EMBEDDER}/")]
        names += [f"{LEXICAL}/vocabulary.json", MANIFEST, DIGEST]
        lacking = self._parts.lacking([f"file/{name}" for name in names])
        self._parts.write((name, (generation.folder / name.removeprefix("file/")).read_bytes()) for name in lacking)
        content = json.dumps([asdict(known) for known in generation.documents()], ensure_ascii=False)
        self._parts.write([(f"file/{DOCUMENTS}", content.encode())])
