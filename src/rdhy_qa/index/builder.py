"""From source files to an active generation."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from rdhy_qa.documents.document import Document
from rdhy_qa.errors import DocumentError, GenerationError
from rdhy_qa.index import activation
from rdhy_qa.index.dense import DenseIndex
from rdhy_qa.index.generation import DENSE, LEXICAL, SENTENCES, STORE, Generation, files_in
from rdhy_qa.index.lexical import LexicalIndex, searchable_text
from rdhy_qa.index.manifest import (
    EMBEDDER,
    FORMAT,
    Built,
    Chunking,
    Counts,
    DenseSearch,
    Manifest,
    ModelIdentity,
    SkippedFile,
    built_with,
    sum_file,
    write_manifest,
)
from rdhy_qa.index.names import name_stems
from rdhy_qa.index.sentence_vectors import HalfArray, SentenceVectors
from rdhy_qa.index.splitting import TARGET_TOKENS, Passage, split
from rdhy_qa.index.store import write_store
from rdhy_qa.index.writing import explained, writing
from rdhy_qa.models.embedder import Embedder, FloatArray, load_embedder, model_fingerprint
from rdhy_qa.models.fitted import fitted_fingerprint
from rdhy_qa.models.reader import reader_fingerprint
from rdhy_qa.settings import Settings
from rdhy_qa.sources.preferring import preferred

# Passages between two reports of progress: some seconds' work for the packaged model.
_CHUNK = 128
# Sentences that stand in for questions where an approximate index is measured.
_RESEMBLING = 300


class Progress(NamedTuple):
    """How far an ingest has come."""

    stage: Literal["read", "embed", "write", "publish"]
    done: int
    total: int
    """Files to read, passages to embed, or 1 for writing."""


ProgressCallback = Callable[[Progress], None]
Accept = Callable[[Generation], None]
"""Looks at a generation before it serves; raises where it must not."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What an ingest did."""

    generation_id: str
    counts: Counts
    embedded: int
    """Passages whose vector was computed."""
    reused: int
    """Passages whose vector was taken over from the generation before."""
    skipped: tuple[SkippedFile, ...]
    unchanged: bool
    """True where the active generation was built from and with just the same, so that nothing was done."""


def ingest(
    paths: Sequence[Path],
    *,
    settings: Settings,
    embedder: Embedder | None = None,
    progress: ProgressCallback | None = None,
    wait: float = 0.0,
    accept: Accept | None = None,
) -> IngestResult:
    """Build a generation of exactly these files and folders, and let it serve.

    Args:
        paths: Files and folders; what the index held before and is not among them disappears from it. Originals that
            the catalogue of a folder prefers are read in the place of its files.
        settings: Where the index lies, and which embedder to load.
        embedder: Used in place of the one that the settings name.
        progress: Called as the work goes on.
        wait: Seconds to wait for another writer.
        accept: Called with the new generation before it serves. What it raises is raised here; the generation stays in
            the index, and what served before still does.

    Raises:
        DocumentError: if no file could be read; what served before still does.
        CatalogueError: if a folder's catalogue of originals is wrong.
        ModelError: if the embedder's files are missing or altered, or it can't be loaded or exported.
        IndexLockedError: if somebody else is still writing after ``wait`` seconds.
        GenerationError: if the disk is full, or the index can't be written for another reason.

    """
    with writing(settings.index, wait):
        return _Ingest(paths, settings, embedder, progress or (lambda _: None), accept or (lambda _: None)).run()


class _Ingest:
    """One run, under the lock."""

    def __init__(
        self,
        paths: Sequence[Path],
        settings: Settings,
        embedder: Embedder | None,
        progress: ProgressCallback,
        accept: Accept,
    ) -> None:
        originals = preferred(paths, settings.originals)
        self._paths = (*paths, *originals.added)
        self._instead = originals.instead
        self._settings = settings
        self._embedder = embedder
        self._progress = progress
        self._accept = accept
        self._max_bytes = settings.max_file_mb * 2**20

    def run(self) -> IngestResult:
        built = self._built()
        whole = self._open(built.id)
        if whole is not None:
            return self._keep(whole)
        documents, skipped = self._read(len(built.corpus))
        embedder = self._embedder or load_embedder(self._settings.embedder, self._settings.threads)
        passages = [
            passage for document in documents for passage in split(document, embedder.count_tokens, embedder.max_tokens)
        ]
        if not passages:
            raise DocumentError(*_nothing_to_index(self._paths, skipped))
        hashes = [_embed_hash(passage) for passage in passages]
        folder = activation.temporary_folder(self._settings.index)
        before = self._before(embedder)
        with explained(self._settings.index):
            _export(embedder, built, before, folder / EMBEDDER)  # now, since it may fail and embedding takes long
        vectors = self._vectors(embedder, before, passages, hashes)
        manifest = _describe(built, embedder, documents, len(passages), skipped)
        with explained(self._settings.index):
            self._write(folder, manifest, documents, passages, hashes, vectors)
        self._accept(Generation.open(activation.generation_folder(self._settings.index, manifest.id)))
        activation.point_to(self._settings.index, manifest.id)
        reused = len(passages) - vectors.computed
        return IngestResult(manifest.id, manifest.counts, vectors.computed, reused, manifest.skipped, unchanged=False)

    def _built(self) -> Built:
        from rdhy_qa.documents.reading import fingerprints

        name = self._embedder.name if self._embedder else self._settings.embedder
        fingerprint = self._embedder.fingerprint if self._embedder else model_fingerprint(name)
        files = fingerprints(self._paths, self._max_bytes, self._instead)
        reader = reader_fingerprint(self._settings.reader)
        return built_with(files, name, fingerprint, reader, fitted_fingerprint(), self._settings.max_file_mb)

    def _open(self, generation_id: str) -> Generation | None:
        folder = activation.generation_folder(self._settings.index, generation_id)
        try:
            return Generation.open(folder)
        except GenerationError:
            return None

    def _active_id(self) -> str | None:
        try:
            return activation.active_id(self._settings.index)
        except GenerationError:
            return None

    def _keep(self, whole: Generation) -> IngestResult:
        """Let a generation serve that holds just what was asked for: the active one, or one from before."""
        manifest = whole.manifest
        unchanged = self._active_id() == whole.id
        if not unchanged:
            whole.verify()
            self._accept(whole)
            activation.point_to(self._settings.index, whole.id)
        return IngestResult(whole.id, manifest.counts, 0, manifest.counts.passages, manifest.skipped, unchanged)

    def _read(self, total: int) -> tuple[list[Document], list[SkippedFile]]:
        from rdhy_qa.documents.reading import Skipped, read_paths

        documents: list[Document] = []
        skipped: list[SkippedFile] = []
        for done, read in enumerate(read_paths(self._paths, max_bytes=self._max_bytes, instead=self._instead)):
            self._progress(Progress("read", done, total))
            if isinstance(read, Skipped):
                skipped.append(SkippedFile(path=str(read.path), reason=read.reason))
            else:
                documents.append(read)
        self._progress(Progress("read", total, total))
        return documents, skipped

    def _before(self, embedder: Embedder) -> Generation | None:
        """The generation that serves, where the same embedder made it."""
        active = self._active_id()
        generation = self._open(active) if active else None
        same = generation is not None and generation.manifest.model.fingerprint == embedder.fingerprint
        return generation if same else None

    def _vectors(
        self, embedder: Embedder, before: Generation | None, passages: Sequence[Passage], hashes: Sequence[str]
    ) -> "_Vectors":
        """Vectors of all passages and of their sentences."""
        known = _Known(before)
        vectors = np.empty((len(passages), embedder.dimension), dtype=np.float32)
        sentences: list[FloatArray | HalfArray] = [np.empty((0, embedder.dimension), dtype=np.float16)] * len(passages)
        missing = []
        for row, digest in enumerate(hashes):
            if digest in known.rows:
                vectors[row], sentences[row] = known.of(digest)
            else:
                missing.append(row)
        # Longest first: passages of one length waste least on padding, and the time left is never underrated.
        missing.sort(key=lambda row: -len(passages[row].embed_text))
        for done in range(0, len(missing), _CHUNK):
            self._progress(Progress("embed", done, len(missing)))
            rows = missing[done : done + _CHUNK]
            chunk = [passages[row] for row in rows]
            encoded = embedder.encode_passages([p.embed_text for p in chunk], [p.sentences for p in chunk])
            vectors[rows] = encoded[0]
            for row, of_sentences in zip(rows, encoded[1], strict=True):
                sentences[row] = of_sentences.astype(np.float16)  # as they are stored: half the memory meanwhile
        self._progress(Progress("embed", len(missing), len(missing)))
        return _Vectors(vectors, sentences, len(missing))

    def _write(
        self,
        folder: Path,
        manifest: Manifest,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        hashes: Sequence[str],
        vectors: "_Vectors",
    ) -> None:
        """Write the generation beside the others; it gets its name only when the disk has all of it."""
        self._progress(Progress("write", 0, 1))
        write_store(folder / STORE, documents, passages, hashes)
        sentences = SentenceVectors.build(vectors.sentences)
        sentences.save(folder / SENTENCES)
        dense = DenseIndex.build(vectors.passages, sentences.spread(_RESEMBLING))
        dense.save(folder / DENSE)
        LexicalIndex.build(_searchable_texts(documents, passages), name_stems(documents)).save(folder / LEXICAL)
        _sync(folder)
        files = {name: sum_file(folder / name) for name in files_in(folder)}
        write_manifest(manifest.model_copy(update={"files": files, "dense": dense.how}), folder)
        activation.sync_folder(folder)
        final = activation.generation_folder(self._settings.index, manifest.id)
        if final.exists():  # damaged, or it would have been kept
            activation.remove(final)
        folder.rename(final)
        activation.sync_folder(final.parent)
        self._progress(Progress("write", 1, 1))


class _Vectors(NamedTuple):
    passages: FloatArray
    sentences: list[FloatArray | HalfArray]
    """For each passage, the vectors of its sentences."""
    computed: int
    """Passages that had to be embedded."""


def _export(embedder: Embedder, built: Built, before: Generation | None, folder: Path) -> None:
    """Put what encodes questions into a new folder; taken over where the generation before has just the same."""
    if before and _decides_export(before.manifest.built) == _decides_export(built):
        shutil.copytree(before.folder / EMBEDDER, folder)
    else:
        embedder.export(folder)


def _decides_export(built: Built) -> tuple[str, str, str, dict[str, str]]:
    return built.model_name, built.model_fingerprint, built.code, built.libraries


class _Known:
    """Vectors that the generation before has, by the digest of what the embedder read; those of sentences on disk."""

    def __init__(self, before: Generation | None) -> None:
        self.rows: dict[str, int] = {}
        if before is None:
            return
        try:
            self.rows = {digest: row for row, digest in enumerate(before.store.embed_hashes())}
            self._vectors, self._sentences = before.dense.vectors(), before.sentences
        finally:
            before.close()

    def of(self, digest: str) -> tuple[FloatArray, HalfArray]:
        """Vectors of a passage and of its sentences."""
        row = self.rows[digest]
        return self._vectors[row], self._sentences.stored_of_passage(row)


def _embed_hash(passage: Passage) -> str:
    """Digest of all that decides a passage's vectors, the model aside: its text, and where its sentences stand."""
    return hashlib.sha256(repr((passage.embed_text, passage.sentences)).encode()).hexdigest()


def _describe(
    built: Built, embedder: Embedder, documents: Sequence[Document], passages: int, skipped: Sequence[SkippedFile]
) -> Manifest:
    counts = Counts(
        documents=len(documents),
        passages=passages,
        sentences=sum(len(document.sentences) for document in documents),
        records=sum(len(document.records) for document in documents),
    )
    return Manifest(
        format=FORMAT,
        id=built.id,
        created=datetime.now(UTC),
        corpus_fingerprint=built.corpus_fingerprint,
        built=built,
        model=ModelIdentity(name=embedder.name, fingerprint=embedder.fingerprint, dimension=embedder.dimension),
        chunking=Chunking(target_tokens=TARGET_TOKENS, max_tokens=embedder.max_tokens),
        counts=counts,
        dense=DenseSearch(kind="exact"),
        skipped=tuple(skipped),
        files={},
    )


def _searchable_texts(documents: Sequence[Document], passages: Sequence[Passage]) -> Iterable[str]:
    by_id = {document.id: document for document in documents}
    for passage in passages:
        document = by_id[passage.document_id]
        yield searchable_text(passage, document.metadata.title, document.text)


def _sync(folder: Path) -> None:
    for name in files_in(folder):
        with (folder / name).open("rb") as stream:
            os.fsync(stream.fileno())
    for inner in folder.rglob("*"):
        if inner.is_dir():
            activation.sync_folder(inner)


def _nothing_to_index(paths: Sequence[Path], skipped: Sequence[SkippedFile]) -> tuple[str, str]:
    names = ", ".join(str(path) for path in paths)
    first = f" {skipped[0].path}: {skipped[0].reason}" if skipped else ""
    return f"No document in {names} has text to index.{first}", "Name files or folders with .md, .html, .pdf or .txt."
