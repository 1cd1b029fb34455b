import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rdhy_qa.errors import OriginalsError
from rdhy_qa.sources.keeping import (
    Aside,
    Copy,
    State,
    is_whole,
    read_state,
    remove_leftovers,
    write_file,
    write_state,
    writing,
)


def copy_of(body: bytes) -> Copy:
    return Copy(
        address="https://example.org/a",
        final_address="https://example.org/b",
        etag='"1"',
        last_modified=None,
        sha256=hashlib.sha256(body).hexdigest(),
        suffix=".html",
        charset="utf-8",
        language="en",
        words=7,
        fetched_at=datetime(2024, 9, 20, 8, tzinfo=UTC),
    )


def keep(folder: Path, body: bytes) -> Copy:
    copied = copy_of(body)
    write_file(folder, copied.file, body)
    write_file(folder, copied.text_file, b"text")
    return copied


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_written_is_read_again(tmp_path: Path):
    held, before, aside = (keep(tmp_path / "a", body) for body in (b"1", b"2", b"3"))
    state = State(held=held, before=before, aside=Aside(copied=aside, reason="shrunk", readable=True))
    write_state(tmp_path / "a", state)
    assert read_state(tmp_path / "a") == state
    assert all(is_whole(tmp_path / "a", copied) for copied in state.copies())
    assert len(names(tmp_path / "a")) == 7


def test_what_was_never_fetched_holds_nothing(tmp_path: Path):
    assert read_state(tmp_path / "a") == State()


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 2}', b'{"held": 1}', b"\xff"])
def test_a_damaged_state_is_told_and_left_alone(tmp_path: Path, content: bytes):
    (tmp_path / "state.json").write_bytes(content)
    with pytest.raises(OriginalsError, match=r"state\.json can't be read.*Move it away"):
        read_state(tmp_path)
    assert (tmp_path / "state.json").read_bytes() == content


def test_an_altered_or_missing_file_is_noticed(tmp_path: Path):
    copied = keep(tmp_path, b"1")
    assert is_whole(tmp_path, copied)
    (tmp_path / copied.file).write_bytes(b"2")
    assert not is_whole(tmp_path, copied)
    (tmp_path / copied.file).unlink()
    assert not is_whole(tmp_path, copied)


def test_files_that_no_state_names_are_removed_and_nobody_else_s(tmp_path: Path):
    held = keep(tmp_path, b"1")
    keep(tmp_path, b"2")
    (tmp_path / ".tmp-state.json").write_text("half")
    (tmp_path / "notes.txt").write_text("mine")
    remove_leftovers(tmp_path, State(held=held))
    assert names(tmp_path) == {held.file, held.text_file, "notes.txt"}
    remove_leftovers(tmp_path / "nowhere", State())


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_file(tmp_path, "x", b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_file(tmp_path, "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"old"


def test_the_state_is_readable_by_people(tmp_path: Path):
    write_state(tmp_path, State(held=keep(tmp_path, b"1")))
    held = json.loads((tmp_path / "state.json").read_text())["held"]
    assert {"address", "final_address", "etag", "last_modified", "sha256", "fetched_at", "language"} <= held.keys()
    assert held["fetched_at"] == "2024-09-20T08:00:00Z"


def test_one_writes_at_a_time(tmp_path: Path):
    with writing(tmp_path / "new"), pytest.raises(OriginalsError, match="Somebody else is fetching"):  # noqa: SIM117
        with writing(tmp_path / "new"):
            pass
    with writing(tmp_path / "new"):
        pass


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OriginalsError, match=r"can't be written.*--into DIR"), writing(tmp_path / "file" / "x"):
        pass
