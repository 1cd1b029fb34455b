"""The manifest: what identifies a build, and what is refused."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rdhy_qa.errors import DamagedIndexError, ForeignIndexError
from rdhy_qa.index.manifest import (
    DIGEST,
    FORMAT,
    MANIFEST,
    Chunking,
    Counts,
    DenseSearch,
    Manifest,
    ModelIdentity,
    SkippedFile,
    built_with,
    read_manifest,
    write_manifest,
)

A = ("a.md", 3, "1")
B = ("b.md", 3, "2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "index" / "generations" / "0123456789ab"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def write(folder: Path) -> Callable[..., Manifest]:
    def make(**changes: object) -> Manifest:
        built = built_with([A], "toy", "toy-1", "r", "f", 50)
        manifest = Manifest(
            format=FORMAT,
            id=built.id,
            created=datetime.now(UTC),
            corpus_fingerprint=built.corpus_fingerprint,
            built=built,
            model=ModelIdentity(name="toy", fingerprint="toy-1", dimension=4),
            chunking=Chunking(target_tokens=160, max_tokens=254),
            counts=Counts(documents=1, passages=2, sentences=3, records=4),
            dense=DenseSearch(kind="exact"),
            skipped=(SkippedFile(path="b.pdf", reason="It is encrypted."),),
            files={},
        ).model_copy(update=changes)
        write_manifest(manifest, folder)
        return manifest

    return make


def test_it_comes_back_as_it_was_written(folder: Path, write: Callable[..., Manifest]) -> None:
    written = write()
    assert read_manifest(folder) == written


@pytest.mark.parametrize("name", [MANIFEST, DIGEST])
@pytest.mark.parametrize("damage", [b"", b"{}", None])
def test_a_missing_or_altered_one_is_refused(
    folder: Path, write: Callable[..., Manifest], name: str, damage: bytes | None
) -> None:
    write()
    if damage is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(damage)
    with pytest.raises(DamagedIndexError, match=f"rdhy-qa ingest --index {folder.parents[1]}"):
        read_manifest(folder)


def test_a_newer_format_is_refused(folder: Path, write: Callable[..., Manifest]) -> None:
    write(format=FORMAT + 1)
    with pytest.raises(ForeignIndexError, match=f"format {FORMAT + 1}, of a newer version"):
        read_manifest(folder)


def test_somebody_elses_file_is_refused(folder: Path) -> None:
    content = b'{"version": "3"}'
    (folder / MANIFEST).write_bytes(content)
    (folder / DIGEST).write_text(f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n")
    with pytest.raises(ForeignIndexError, match="not written by rdhy-qa"):
        read_manifest(folder)


def test_the_way_back_is_named_where_there_is_one(folder: Path) -> None:
    folder.with_name("ba9876543210").mkdir()
    with pytest.raises(DamagedIndexError, match="ba9876543210: rdhy-qa index activate ID"):
        read_manifest(folder)


def test_the_id_tells_builds_apart_and_nothing_else() -> None:
    built = built_with([A, B], "toy", "toy-1", "r", "f", 50)
    assert built.id == built_with([A, B], "toy", "toy-1", "r", "f", 50).id
    others = [
        built_with([A], "toy", "toy-1", "r", "f", 50),
        built_with([("a.md", 3, "2"), B], "toy", "toy-1", "r", "f", 50),
        built_with([A, B], "toy", "toy-2", "r", "f", 50),
        built_with([A, B], "toy", "toy-1", "r", "f", 51),
        built_with([A, B], "toy", "toy-1", "other", "f", 50),
        built.model_copy(update={"code": "other"}),
        built.model_copy(update={"libraries": {"numpy": "1"}}),
    ]
    assert len({built.id, *(other.id for other in others)}) == 8
