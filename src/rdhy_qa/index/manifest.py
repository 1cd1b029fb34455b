"""What a generation was built from and with; the file that makes it self-describing."""

import hashlib
import os
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from rdhy_qa.errors import DamagedIndexError, ForeignIndexError

FORMAT = 7
"""Raised whenever an older version could not read what this one writes."""

MANIFEST = "manifest.json"
DIGEST = "manifest.sha256"
EMBEDDER = "embedder"
"""The folder of a generation that holds its query encoder."""

_LIBRARIES = ("faiss-cpu", "numpy", "onnxruntime", "sentence-transformers", "torch")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelIdentity(_Part):
    """The embedder that made the vectors."""

    name: str
    fingerprint: str
    dimension: int


class Chunking(_Part):
    """How documents were divided into passages."""

    target_tokens: int
    max_tokens: int


class Counts(_Part):
    """How much a generation holds."""

    documents: int
    passages: int
    sentences: int
    records: int


class DenseSearch(_Part):
    """How the passages' vectors are searched."""

    kind: Literal["exact", "approximate"]
    lists: int | None = None
    """Lists that the vectors of an approximate index are divided into."""
    probes: int | None = None
    """How many of them a question is compared with."""
    recall: float | None = None
    """Share of the ten nearest passages that this found when the index was built, for vectors of sentences: it shows
    that the index is whole. Questions about other matters than the passages find less."""


class SkippedFile(_Part):
    """A file that is not in the generation, and why."""

    path: str
    reason: str


class SourceFile(_Part):
    """A file that the generation was built from."""

    path: str
    """Relative to the folder that was ingested."""
    size: int
    sha256: str
    """What stands in its place in ``documents.files.fingerprints`` where the file was not read."""


class FileSum(_Part):
    """Size in bytes and SHA-256 of one file of the generation."""

    size: int
    sha256: str


class Built(_Part):
    """Everything that decides what a generation holds; two of the same id hold the same."""

    corpus: tuple[SourceFile, ...]
    """The source files, in the order in which they were read."""
    model_name: str
    model_fingerprint: str
    reader: str
    """Fingerprint of the reader that was to read its passages: answers depend on it, what the index holds does not."""
    fitted: str
    """Fingerprint of the ranking weights and the calibration, for the same reason."""
    max_file_mb: int
    package: str
    """Version of rdhy-qa."""
    code: str
    """Digest of the modules that read, split, index and export."""
    libraries: dict[str, str]

    @property
    def making(self) -> "Built":
        """All that decides what becomes of one file, whichever others there are; the rest is left empty."""
        return self.model_copy(update={"corpus": (), "reader": "", "fitted": ""})

    @property
    def corpus_fingerprint(self) -> str:
        """One digest for all source files."""
        return _digest("\n".join(file.model_dump_json() for file in self.corpus))

    @property
    def id(self) -> str:
        """The generation's id: twelve hexadecimal digits."""
        return _digest(f"{FORMAT}\n{self.model_dump_json(exclude={'corpus'})}\n{self.corpus_fingerprint}")[:12]


class Manifest(_Part):
    """The content of ``manifest.json``."""

    format: int
    id: str
    created: datetime
    corpus_fingerprint: str
    built: Built
    model: ModelIdentity
    chunking: Chunking
    counts: Counts
    dense: DenseSearch
    skipped: tuple[SkippedFile, ...]
    files: dict[str, FileSum]
    """Every other file of the generation, by its path in it."""

    @property
    def encoder_files(self) -> dict[str, FileSum]:
        """The files of the query encoder."""
        return {name: file for name, file in self.files.items() if name.startswith(f"{EMBEDDER}/")}

    @property
    def size(self) -> int:
        """Bytes of the generation's files."""
        return sum(file.size for file in self.files.values())


def built_with(
    corpus: Iterable[tuple[str, int, str]],
    model_name: str,
    model_fingerprint: str,
    reader: str,
    fitted: str,
    max_file_mb: int,
) -> Built:
    """Describe a build that this installation would make of source files, each with path, size and SHA-256."""
    return Built(
        corpus=tuple(SourceFile(path=path, size=size, sha256=sha256) for path, size, sha256 in corpus),
        model_name=model_name,
        model_fingerprint=model_fingerprint,
        reader=reader,
        fitted=fitted,
        max_file_mb=max_file_mb,
        package=metadata.version("rdhy-qa"),
        code=_code_digest(),
        libraries={name: metadata.version(name) for name in _LIBRARIES},
    )


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest and its own digest into the generation's folder; both are on disk on return."""
    content = manifest.model_dump_json(indent=2).encode()
    write_durably(folder / MANIFEST, content)
    write_durably(folder / DIGEST, _digest_line(content))


def read_manifest(folder: Path) -> Manifest:
    """Read a generation's manifest.

    Raises:
        DamagedIndexError: if it is missing or altered.
        ForeignIndexError: if another version of rdhy-qa wrote it.

    """
    try:
        content = (folder / MANIFEST).read_bytes()
        digest = (folder / DIGEST).read_bytes()
    except OSError as error:
        raise DamagedIndexError(f"{folder} has no readable manifest: {error.strerror}.", mend(folder)) from error
    if digest != _digest_line(content):
        raise DamagedIndexError(f"{folder / MANIFEST} is not what was written.", mend(folder))
    try:
        found = _Format.model_validate_json(content).format
        if found == FORMAT:
            return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise ForeignIndexError(f"{folder / MANIFEST} was not written by rdhy-qa.", mend(folder)) from error
    age = "a newer" if found > FORMAT else "an older"
    raise ForeignIndexError(
        f"{folder} has format {found}, of {age} version of rdhy-qa; this one reads format {FORMAT}.", mend(folder)
    )


def mend(folder: Path) -> str:
    """Say what to do where a generation's folder can't be used."""
    step = f"Build it again: rdhy-qa ingest --index {folder.parents[1]}"
    others = sorted(other.name for other in folder.parent.glob("[0-9a-f]*") if other.name != folder.name)
    return f"{step} (or go back to {', '.join(others)}: rdhy-qa index activate ID)" if others else step


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def sum_file(path: Path) -> FileSum:
    """Size and SHA-256 of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileSum(size=path.stat().st_size, sha256=digest)


class _Format(BaseModel):
    format: int


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_line(content: bytes) -> bytes:
    """Make a line that ``sha256sum --check`` understands."""
    return f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode()


@cache
def _code_digest() -> str:
    """Other code may read the same files into other documents, under the same version while it is being developed."""
    package = Path(__file__).parents[1]
    single = [package / "terms.py", package / "models" / "export.py"]
    modules = [*single, *(package / "documents").rglob("*.py"), *(package / "index").rglob("*.py")]
    digest = hashlib.sha256()
    for module in sorted(modules):
        digest.update(module.relative_to(package).as_posix().encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()
