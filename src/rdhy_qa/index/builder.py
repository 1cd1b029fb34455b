"""From source files to an active generation."""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from rdhy_qa.documents.files import fingerprints
from rdhy_qa.errors import DocumentError, GenerationError
from rdhy_qa.index import activation
from rdhy_qa.index.dense import VECTORS, DenseIndex
from rdhy_qa.index.drafting import Draft, NewPassage
from rdhy_qa.index.embedded import FOLDER as EMBEDDED
from rdhy_qa.index.embedded import Embedded, remove_embedded
from rdhy_qa.index.embedding import embed, write_vectors
from rdhy_qa.index.generation import DENSE, LEXICAL, NAMES, SENTENCES, WORDS, Generation, files_in
from rdhy_qa.index.lexical import LexicalIndex
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
from rdhy_qa.index.names import NameCounts
from rdhy_qa.index.sentence_vectors import SentenceVectors
from rdhy_qa.index.share import Share, ShareDraft
from rdhy_qa.index.splitting import TARGET_TOKENS, split
from rdhy_qa.index.words import PassageWords
from rdhy_qa.index.writing import explained, writing
from rdhy_qa.models.embedder import Embedder, load_embedder, model_fingerprint
from rdhy_qa.models.fitted import fitted_fingerprint
from rdhy_qa.models.reader import reader_fingerprint
from rdhy_qa.settings import Settings
from rdhy_qa.sources.preferring import preferred

# Sentences that stand in for questions where an approximate index is measured.
_RESEMBLING = 300


Stage = Literal["read", "embed", "write", "publish"]


class Progress(NamedTuple):
    """How far an ingest has come."""

    stage: Stage
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
    """Passages whose vector was there, in the generation before or among those that were kept."""
    skipped: tuple[SkippedFile, ...]
    unchanged: bool
    """True where the active generation was built from and with just the same, so that nothing was done."""


@dataclass(frozen=True, slots=True)
class ShareResult:
    """What was done of one share of an ingest."""

    embedded: int
    """Passages of the share whose vector was computed."""
    reused: int
    """Passages of the share that were read and had their vector already."""
    skipped: tuple[SkippedFile, ...]
    path: Path
    """The file that the vectors are in."""


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

    What it embeds is kept in the index until the generation serves, so that the next ingest goes on where one was
    killed; it takes over what shares have embedded as well.

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
        result = _Ingest(paths, settings, embedder, progress).run(accept or (lambda _: None))
        with explained(settings.index):
            remove_embedded(settings.index / EMBEDDED)
    return result


def ingest_share(
    paths: Sequence[Path],
    share: Share,
    *,
    settings: Settings,
    embedder: Embedder | None = None,
    progress: ProgressCallback | None = None,
) -> ShareResult:
    """Embed one share of what an ingest of these files and folders has to embed, for that ingest to take over.

    It needs no lock of the index: the other shares may be embedded at the same time, here or elsewhere.

    Args:
        paths: Files and folders, the same as for the ingest.
        share: Which share of how many.
        settings: Where the index lies, and which embedder to load.
        embedder: Used in place of the one that the settings name.
        progress: Called as the work goes on.

    Raises:
        DocumentError: if no file could be read.
        CatalogueError: if a folder's catalogue of originals is wrong.
        ModelError: if the embedder's files are missing or altered, or it can't be loaded.
        IndexLockedError: if another process embeds the same share into the same index.
        GenerationError: if the disk is full, or the index can't be written for another reason.

    """
    return _Ingest(paths, settings, embedder, progress).run_share(share)


class _Ingest:
    """One run, of a whole ingest under the lock, or of a share."""

    def __init__(
        self,
        paths: Sequence[Path],
        settings: Settings,
        embedder: Embedder | None,
        progress: ProgressCallback | None,
    ) -> None:
        originals = preferred(paths, settings.originals)
        self._paths = (*paths, *originals.added)
        self._instead = originals.instead
        self._settings = settings
        self._embedder = embedder
        self._progress = progress or (lambda _: None)
        self._max_bytes = settings.max_file_mb * 2**20
        self._files = fingerprints(self._paths, self._max_bytes, self._instead)

    def run(self, accept: Accept) -> IngestResult:
        """Build the generation and let it serve."""
        built = self._built()
        whole = self._open(built.id)
        if whole is not None:
            return self._keep(whole, accept)
        embedder = self._load_embedder()
        folder = activation.temporary_folder(self._settings.index)
        before = self._before(embedder)
        with explained(self._settings.index), closing(before) if before else nullcontext():
            like = _like(built, before)
            with closing(Draft(folder, like)) as draft:
                skipped = self._read(draft, embedder, like)
                drafted = draft.finish()
            _export(embedder, built, before, folder / EMBEDDER)  # now, since it may fail and embedding takes long
            known = _known(before, drafted.new.values())
            with closing(self._embedded("ingest", embedder)) as embedded:
                new = (passage for passage in drafted.new.values() if passage.digest not in known)
                digests = embed(new, embedder, embedded, partial(self._report, "embed"))
                computed = sum(passage.digest in digests for passage in drafted.new.values())
                write_vectors(folder, drafted, embedded, before, known)
            manifest = _describe(built, embedder, drafted.counts, skipped)
            self._write(folder, manifest)
        accept(Generation.open(activation.generation_folder(self._settings.index, manifest.id)))
        activation.point_to(self._settings.index, manifest.id)
        reused = manifest.counts.passages - computed
        return IngestResult(manifest.id, manifest.counts, computed, reused, manifest.skipped, unchanged=False)

    def run_share(self, share: Share) -> ShareResult:
        """Embed a share, and build nothing."""
        embedder = self._load_embedder()
        before = self._before(embedder)
        draft = ShareDraft(share)
        with (
            explained(self._settings.index),
            closing(before) if before else nullcontext(),
            closing(self._embedded(share.file_name, embedder)) as embedded,
        ):
            skipped = self._read(draft, embedder, _like(self._built(), before))
            known = _known(before, draft.new.values())
            new = (passage for digest, passage in draft.new.items() if digest not in known)
            computed = len(embed(new, embedder, embedded, partial(self._report, "embed")))
        return ShareResult(computed, len(draft.new) - computed, tuple(skipped), embedded.path)

    def _load_embedder(self) -> Embedder:
        return self._embedder or load_embedder(self._settings.embedder, self._settings.threads)

    def _embedded(self, name: str, embedder: Embedder) -> Embedded:
        return Embedded(self._settings.index / EMBEDDED, name, embedder.fingerprint, embedder.dimension)

    def _built(self) -> Built:
        name = self._embedder.name if self._embedder else self._settings.embedder
        fingerprint = self._embedder.fingerprint if self._embedder else model_fingerprint(name)
        reader = reader_fingerprint(self._settings.reader)
        files = self._files.values()
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

    def _keep(self, whole: Generation, accept: Accept) -> IngestResult:
        """Let a generation serve that holds just what was asked for: the active one, or one from before."""
        manifest = whole.manifest
        unchanged = self._active_id() == whole.id
        if not unchanged:
            whole.verify()
            accept(whole)
            activation.point_to(self._settings.index, whole.id)
        return IngestResult(whole.id, manifest.counts, 0, manifest.counts.passages, manifest.skipped, unchanged)

    def _read(self, draft: Draft | ShareDraft, embedder: Embedder, before: Generation | None) -> list[SkippedFile]:
        """Read what has changed since the generation before, and take over what has not."""
        from rdhy_qa.documents.reading import Skipped, read_files

        sources = {path: f"{sha256} {name}" for path, (name, _, sha256) in self._files.items()}
        ids = before.store.sources() if before else {}
        known = {path: ids[source] for path, source in sources.items() if source in ids}
        skipped: list[SkippedFile] = []
        files = read_files(self._paths, max_bytes=self._max_bytes, instead=self._instead, known=known)
        for done, (path, found, alone) in enumerate(files):
            self._report("read", done, len(self._files))
            if isinstance(found, Skipped):
                skipped.append(SkippedFile(path=str(found.path), reason=found.reason))
            elif isinstance(found, str):
                draft.take_over(found)
            else:
                passages = split(found, embedder.count_tokens, embedder.max_tokens)
                draft.add(found, sources.get(path) if alone and self._is_still(path) else None, passages)
        self._report("read", len(self._files), len(self._files))
        if not len(draft):
            raise DocumentError(*_nothing_to_index(self._paths, skipped))
        return skipped

    def _is_still(self, path: Path) -> bool:
        """Whether a file that was read is what its digest says: it may have been written to meanwhile."""
        return fingerprints([path], self._max_bytes, self._instead)[path][1:] == self._files[path][1:]

    def _report(self, stage: Stage, done: int, total: int) -> None:
        self._progress(Progress(stage, done, total))

    def _before(self, embedder: Embedder) -> Generation | None:
        """The generation that serves, where the same embedder made it and it is as it was written."""
        active = self._active_id()
        generation = self._open(active) if active else None
        if generation is None or generation.manifest.model.fingerprint != embedder.fingerprint:
            return None
        try:
            generation.verify()  # or what is damaged would be taken over, with a checksum that is right
        except GenerationError:
            return None
        return generation

    def _write(self, folder: Path, manifest: Manifest) -> None:
        """Write the rest of the generation beside the others; it gets its name only when the disk has all of it."""
        self._report("write", 0, 1)
        vectors = np.load(folder / VECTORS, mmap_mode="r")
        dense = DenseIndex.build(vectors, SentenceVectors.load(folder / SENTENCES).spread(_RESEMBLING))
        if dense.how.kind == "exact":
            (folder / VECTORS).unlink()  # FAISS has them itself
        dense.save(folder / DENSE)
        names = NameCounts.load(folder / NAMES).stems()
        LexicalIndex.build(PassageWords.load(folder / WORDS), names).save(folder / LEXICAL)
        _sync(folder)
        files = {name: sum_file(folder / name) for name in files_in(folder)}
        write_manifest(manifest.model_copy(update={"files": files, "dense": dense.how}), folder)
        activation.sync_folder(folder)
        final = activation.generation_folder(self._settings.index, manifest.id)
        if final.exists():  # damaged, or it would have been kept
            activation.remove(final)
        folder.rename(final)
        activation.sync_folder(final.parent)
        self._report("write", 1, 1)


def _like(built: Built, before: Generation | None) -> Generation | None:
    """The generation before, where documents of unchanged files may be taken over from it."""
    return before if before and before.manifest.built.making == built.making else None


def _known(before: Generation | None, passages: Iterable[NewPassage]) -> dict[str, int]:
    """Rows in the generation before of passages that it has as well, by their digests."""
    return before.store.rows_with({passage.digest for passage in passages}) if before else {}


def _export(embedder: Embedder, built: Built, before: Generation | None, folder: Path) -> None:
    """Put what encodes questions into a new folder; taken over where the generation before has just the same."""
    if before and _decides_export(before.manifest.built) == _decides_export(built):
        shutil.copytree(before.folder / EMBEDDER, folder)
    else:
        embedder.export(folder)


def _decides_export(built: Built) -> tuple[str, str, str, dict[str, str]]:
    return built.model_name, built.model_fingerprint, built.code, built.libraries


def _describe(built: Built, embedder: Embedder, counts: Counts, skipped: Sequence[SkippedFile]) -> Manifest:
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
