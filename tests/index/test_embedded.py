"""Files of vectors: what is whole is found again, what is not is never taken for it, and one process writes."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.errors import IndexLockedError
from rdhy_qa.index.embedded import Embedded, remove_embedded

DIMENSION = 4
Vectors = tuple[np.ndarray, np.ndarray]


def entries(number: int, first: int = 0) -> dict[str, Vectors]:
    """Vectors by digests; those of the passages have 0, 1, 2, 0 … sentences."""
    random = np.random.default_rng(first)
    return {
        f"{first + at + 1:064x}": (
            random.standard_normal(DIMENSION, dtype=np.float32),
            random.standard_normal((at % 3, DIMENSION)).astype(np.float16),
        )
        for at in range(number)
    }


def append(embedded: Embedded, some: dict[str, Vectors]) -> None:
    passages = np.array([vectors[0] for vectors in some.values()])
    embedded.append(list(some), passages, [vectors[1].astype(np.float32) for vectors in some.values()])


@contextmanager
def opened(folder: Path, name: str = "ingest", fingerprint: str = "toy-1") -> Iterator[Embedded]:
    with closing(Embedded(folder, name, fingerprint, DIMENSION)) as embedded:
        yield embedded


def found(embedded: Embedded, among: dict[str, Vectors]) -> list[str]:
    """Digests of those that are there; they have to be what was written, to the last bit."""
    there = [digest for digest in among if digest in embedded]
    for digest in there:
        for read, written in zip(embedded.read(digest), among[digest], strict=True):
            assert (read.dtype, read.shape) == (written.dtype, written.shape)
            assert read.tobytes() == written.tobytes()
    return there


def test_what_was_appended_is_read_at_once_and_by_whoever_opens_the_folder_next(tmp_path: Path) -> None:
    first, second = entries(5), entries(3, first=100)
    with opened(tmp_path / "embedded") as embedded:
        append(embedded, first)
        assert found(embedded, first) == list(first)
        append(embedded, second)
        assert found(embedded, first | second) == list(first | second)
    for name in ("ingest", "2-of-5"):
        with opened(tmp_path / "embedded", name) as embedded:
            assert found(embedded, first | second) == list(first | second)
            assert "f" * 64 not in embedded


@given(st.data())
def test_whatever_is_cut_off_or_altered_only_entries_before_it_are_found_and_the_rest_can_be_written(
    data: st.DataObject,
) -> None:
    written = entries(6)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = []
        with opened(folder) as embedded:
            for digest, vectors in written.items():
                append(embedded, {digest: vectors})
                sizes.append(embedded.path.stat().st_size)
        content = bytearray(embedded.path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            del content[at:]
        else:
            content[at] ^= data.draw(st.integers(1, 255))
        embedded.path.write_bytes(content)
        begins = content.startswith(b'{"format": 1, "embedder": "toy-1", "dimension": 4}\n')
        whole = [digest for digest, end in zip(written, sizes, strict=True) if begins and end <= at]
        for name in ("other", "ingest"):
            with opened(folder, name) as embedded:
                assert found(embedded, written) == whole
        with opened(folder) as embedded:
            append(embedded, {digest: vectors for digest, vectors in written.items() if digest not in whole})
        with opened(folder) as embedded:
            assert found(embedded, written) == list(written)


@given(st.binary(max_size=300))
def test_a_file_of_anything_else_has_no_entries(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first_line = b'{"format": 1, "embedder": "toy-1", "dimension": 4}\n'
        (folder / "foreign.vectors").write_bytes(content)
        (folder / "foreign-with-the-line.vectors").write_bytes(first_line + content)
        with opened(folder) as embedded:
            assert embedded._places == {}


def test_files_of_another_embedder_are_passed_over(tmp_path: Path) -> None:
    some = entries(2)
    with opened(tmp_path, "1-of-2") as embedded:
        append(embedded, some)
    before = embedded.path.read_bytes()
    with opened(tmp_path, "2-of-2", "toy-2") as embedded:
        assert found(embedded, some) == []
    assert (tmp_path / "1-of-2.vectors").read_bytes() == before
    with opened(tmp_path, "1-of-2", "toy-2") as embedded:
        assert found(embedded, some) == [], "what nobody can use makes room"


def test_one_process_writes_a_file_and_what_it_writes_is_not_removed(tmp_path: Path) -> None:
    folder = tmp_path / "embedded"
    some = entries(3)
    with opened(folder, "1-of-2") as mine:
        append(mine, some)
        with pytest.raises(IndexLockedError, match=r"Another process is writing .*1-of-2\.vectors\. Try again"):
            Embedded(folder, "1-of-2", "toy-1", DIMENSION)
        with opened(folder, "2-of-2") as other:
            assert found(other, some) == list(some)
        remove_embedded(folder)
        assert [path.name for path in folder.iterdir()] == ["1-of-2.vectors"]
    remove_embedded(folder)
    assert not folder.exists()
    remove_embedded(folder)
