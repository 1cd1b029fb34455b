"""A database that may be away is opened once, when it is there."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal import handle as module
from rdhy_qa.journal.handle import DatabaseHandle


def test_nothing_is_opened_before_it_is_needed_and_then_once_for_all(tmp_path: Path):
    handle = DatabaseHandle(f"sqlite:///{tmp_path}/journal.sqlite")
    assert list(tmp_path.iterdir()) == []
    with ThreadPoolExecutor(8) as threads:
        opened = set(threads.map(lambda _: handle.get(), range(8)))
    assert len(opened) == 1
    handle.close()
    assert handle.get() not in opened
    handle.close()


def test_one_that_is_away_is_tried_again_but_not_by_everybody_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clock = iter([100.0, 100.9, 101.1])
    # In the module alone: other threads of the process ask for the time as well.
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    folder = tmp_path / "later"
    handle = DatabaseHandle(f"sqlite:///{folder}/journal.sqlite")
    with pytest.raises(DatabaseError, match="can't be opened"):
        handle.get()
    folder.mkdir()
    with pytest.raises(DatabaseError, match="can't be opened"):
        handle.get()
    handle.get()
    handle.close()


def test_closing_what_was_never_opened_is_nothing(tmp_path: Path):
    DatabaseHandle(f"sqlite:///{tmp_path}/journal.sqlite").close()
    assert list(tmp_path.iterdir()) == []
