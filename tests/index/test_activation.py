"""The pointer, the list, going back, pruning."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rdhy_qa.errors import DamagedIndexError, GenerationError, IndexLockedError, NoIndexError, NotFoundError
from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings


@pytest.fixture
def three(corpus: Path, settings: Settings, toy, post: Callable[..., None]) -> list[str]:
    """Ids of three generations, oldest first; the last is active."""
    made = []
    for text in ("First.", "Second.", "Third."):
        post(corpus / "one.md", "one", text)
        made.append(ingest([corpus], settings=settings, embedder=toy).generation_id)
    return made


def listed(settings: Settings) -> list[tuple[str, bool]]:
    return [(one.id, one.active) for one in activation.list_generations(settings.index)]


def text_served(settings: Settings) -> str:
    generation = activation.open_active(settings.index)
    return generation.store.document("one").text.split()[-1]


def test_newest_first(settings: Settings, three: list[str]) -> None:
    first, second, third = three
    assert listed(settings) == [(third, True), (second, False), (first, False)]
    assert text_served(settings) == "Third."


def test_going_back(settings: Settings, three: list[str]) -> None:
    activation.activate(settings.index, three[0])
    assert text_served(settings) == "First."
    assert (three[0], True) in listed(settings)


def test_a_damaged_generation_is_not_activated(settings: Settings, three: list[str]) -> None:
    store = activation.generation_folder(settings.index, three[0]) / "store.sqlite"
    store.write_bytes(store.read_bytes()[:-1] + b"?")
    with pytest.raises(DamagedIndexError):
        activation.activate(settings.index, three[0])
    assert text_served(settings) == "Third."


def test_a_generation_with_a_damaged_manifest_is_listed_with_its_problem(settings: Settings, three: list[str]) -> None:
    (activation.generation_folder(settings.index, three[2]) / "manifest.json").write_text("{}")
    last = activation.list_generations(settings.index)[-1]
    assert (last.id, last.manifest) == (three[2], None)
    assert "not what was written" in str(last.problem)


@pytest.mark.parametrize("unknown", ["000000000000", "../..", "", "nonsense"])
def test_an_unknown_generation_is_refused(settings: Settings, three: list[str], unknown: str) -> None:
    with pytest.raises(NotFoundError, match="rdhy-qa index list"):
        activation.activate(settings.index, unknown)


def test_verify_tells_what_it_found_whole(settings: Settings, three: list[str]) -> None:
    assert activation.verify(settings.index, three[1]).id == three[1]


@pytest.mark.parametrize(("keep", "left"), [(0, [2]), (1, [2]), (2, [2, 1]), (9, [2, 1, 0])])
def test_prune_keeps_the_newest(settings: Settings, three: list[str], keep: int, left: list[int]) -> None:
    removed = activation.prune(settings.index, keep)
    assert [one for one, _ in listed(settings)] == [three[number] for number in left]
    assert set(removed) == set(three) - {three[number] for number in left}


def test_prune_never_removes_the_active_one(settings: Settings, three: list[str]) -> None:
    activation.activate(settings.index, three[0])
    activation.prune(settings.index, 2)
    assert listed(settings) == [(three[2], False), (three[0], True)]
    assert text_served(settings) == "First."


def test_activate_and_prune_wait_for_a_writer(settings: Settings, three: list[str]) -> None:
    with activation.writing(settings.index, 0):
        with pytest.raises(IndexLockedError, match="Try again"):
            activation.activate(settings.index, three[0], wait=0)
        with pytest.raises(IndexLockedError):
            activation.prune(settings.index, 1, wait=0)


def test_without_an_index_the_command_that_builds_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoIndexError, match="rdhy-qa ingest --index"):
        activation.active_id(tmp_path)
    assert activation.list_generations(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../../etc", b"nonsense\n"])
def test_a_damaged_pointer_is_refused_with_the_way_out(settings: Settings, three: list[str], content: bytes) -> None:
    (settings.index / "active").write_bytes(content)
    with pytest.raises(DamagedIndexError, match=f"{three[0]}.*rdhy-qa index activate ID"):
        activation.active_id(settings.index)
    activation.activate(settings.index, three[1])
    assert text_served(settings) == "Second."


def test_a_pointer_to_nothing_is_refused(settings: Settings, three: list[str]) -> None:
    (settings.index / "active").write_text("000000000000\n")
    with pytest.raises(DamagedIndexError, match="rdhy-qa index activate ID"):
        activation.open_active(settings.index)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("A file stands in its place.")
    with pytest.raises(GenerationError, match=r"can't be written.*--index DIR"):
        activation.prune(tmp_path / "index", 1)


def test_a_generation_that_does_not_serve_can_be_opened(settings: Settings, three: list[str]) -> None:
    assert activation.active_id(settings.index) != three[0]
    with closing(activation.open_generation(settings.index, three[0])) as generation:
        assert generation.id == three[0]


@pytest.mark.parametrize("unknown", ["0123456789ab", "../../etc", ""])
def test_a_generation_that_is_not_there_can_not_be_opened(settings: Settings, three: list[str], unknown: str) -> None:
    with pytest.raises(NotFoundError, match="rdhy-qa index list"):
        activation.open_generation(settings.index, unknown)
