"""Ingests that are killed or divided: each vector is computed once, and the result is that of an undisturbed one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rdhy_qa.errors import IndexLockedError, UsageError
from rdhy_qa.index import activation, embedding
from rdhy_qa.index.builder import ingest, ingest_share
from rdhy_qa.index.embedded import Embedded
from rdhy_qa.index.share import Share
from rdhy_qa.settings import Settings

CHUNK = 4
DOCUMENTS = 30


@pytest.fixture
def many(corpus: Path, post: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of several chunks, with the same passage in two documents."""
    for path in corpus.iterdir():
        path.unlink()
    for number in range(DOCUMENTS):
        post(corpus / f"{number}.md", f"post-{number}", f"Matter {number} is told by author{number}.")
    for name in ("a", "b"):
        (corpus / f"{name}.md").write_text("---\ntitle: The same\n---\n\n## Again\n\nIt is told twice.\n")
    monkeypatch.setattr(embedding, "_CHUNK", CHUNK)
    return corpus


def child(corpus: Path, index: Path, share: str = "", kill_at: int = 0) -> subprocess.Popen[str]:
    """An ingest, or a share of one, in a process of its own; it says how many passages it embedded."""
    command = [sys.executable, __file__, str(corpus), str(index), share, str(kill_at)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill(corpus: Path, index: Path, share: str = "", *, at: int) -> None:
    """Let one be killed when it is to embed a chunk, counted from 1."""
    process = child(corpus, index, share, at)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL


def embedded_by(process: subprocess.Popen[str]) -> int:
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return int(said)


def work(corpus: Path, index: Path, share: str, kill_at: int) -> None:
    """What the child does."""
    from conftest import ToyEmbedder

    class Killed(ToyEmbedder):
        calls = 0

        def encode_passages(self, *arguments):
            self.calls += 1
            if self.calls == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().encode_passages(*arguments)

    embedding._CHUNK = CHUNK
    settings, embedder = Settings(index=index), Killed()
    if share:
        result = ingest_share([corpus], Share.parse(share), settings=settings, embedder=embedder)
    else:
        result = ingest([corpus], settings=settings, embedder=embedder)
    sys.stdout.write(f"{result.embedded}\n")


def described(index: Path) -> dict[str, object]:
    """All that the manifest says, the checksum of each file among it, but for the time."""
    generation = activation.open_active(index)
    generation.verify()
    return generation.manifest.model_dump(exclude={"created"})


def test_an_ingest_killed_while_embedding_goes_on_where_it_was(many: Path, toy, tmp_path: Path) -> None:
    index, fresh = tmp_path / "index", tmp_path / "fresh"
    for _ in range(2):  # killed at its third chunk, then at the third of what was left
        kill(many, index, at=3)
        assert not (index / "active").exists()
    result = ingest([many], settings=Settings(index=index), embedder=toy)
    assert len(toy.encoded) == DOCUMENTS + 1 - 4 * CHUNK
    assert result.embedded + result.reused == result.counts.passages == DOCUMENTS + 2
    assert sorted(path.name for path in index.iterdir()) == [".lock", "active", "generations"]
    ingest([many], settings=Settings(index=fresh), embedder=type(toy)())
    assert described(index) == described(fresh)


def test_what_is_damaged_after_a_kill_is_embedded_again_and_nothing_else(many: Path, toy, tmp_path: Path) -> None:
    index = tmp_path / "index"
    kill(many, index, at=4)
    (file,) = (index / "embedded").iterdir()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    ingest([many], settings=Settings(index=index), embedder=toy)
    assert len(toy.encoded) == DOCUMENTS + 1 - (3 * CHUNK - 1)
    fresh = Settings(index=tmp_path / "fresh")
    ingest([many], settings=fresh, embedder=type(toy)())
    assert described(index) == described(fresh.index)


def test_shares_of_several_processes_leave_the_ingest_nothing_to_embed(many: Path, toy, tmp_path: Path) -> None:
    index, fresh = tmp_path / "index", tmp_path / "fresh"
    kill(many, index, "2/3", at=2)
    processes = [child(many, index, f"{number}/3") for number in (1, 2, 3)]
    embedded = [embedded_by(process) for process in processes]
    assert sum(embedded) == DOCUMENTS + 1 - CHUNK
    assert min(embedded) > 0
    assert sorted(path.name for path in index.iterdir()) == ["embedded"]
    result = ingest([many], settings=Settings(index=index), embedder=toy)
    assert (toy.encoded, result.embedded) == ([], 0)
    assert sorted(path.name for path in index.iterdir()) == [".lock", "active", "generations"]
    ingest([many], settings=Settings(index=fresh), embedder=type(toy)())
    assert described(index) == described(fresh)


def test_shares_of_other_machines_are_taken_over_and_what_is_lacking_is_embedded(
    many: Path, toy_embedder, tmp_path: Path
) -> None:
    here, there = Settings(index=tmp_path / "here"), Settings(index=tmp_path / "there")
    result = ingest_share([many], Share(2, 2), settings=there, embedder=toy_embedder())
    (here.index / "embedded").mkdir(parents=True)
    result.path.rename(here.index / "embedded" / result.path.name)
    embedder = toy_embedder()
    ingest([many], settings=here, embedder=embedder)
    assert len(embedder.encoded) == DOCUMENTS + 1 - result.embedded


def test_a_share_takes_over_from_the_generation_that_serves_and_changes_nothing_of_it(
    many: Path, toy, toy_embedder, tmp_path: Path, post: Callable[..., None]
) -> None:
    settings = Settings(index=tmp_path / "index")
    first = ingest([many], settings=settings, embedder=toy).generation_id
    post(many / "new.md", "new", "Hoxby shares its profit.")
    # It is another's number of the series, so that the file is read again and its passages are as they were.
    text = (many / "0.md").read_text()
    (many / "0.md").write_text(text.replace("kind: post\n", "kind: post\nseries: 5\n"))
    done = [ingest_share([many], Share(n, 2), settings=settings, embedder=toy_embedder()) for n in (1, 2)]
    assert sum(one.embedded for one in done) == sum(one.reused for one in done) == 1
    assert activation.active_id(settings.index) == first
    assert ingest([many], settings=settings, embedder=toy_embedder()).embedded == 0


def test_while_a_share_is_embedded_an_ingest_may_end_and_leaves_it_its_file(
    many: Path, toy, toy_embedder, tmp_path: Path
) -> None:
    settings = Settings(index=tmp_path / "index")

    def meanwhile(progress) -> None:
        if progress[:2] == ("embed", CHUNK):
            ingest([many], settings=settings, embedder=toy)

    result = ingest_share([many], Share(1, 1), settings=settings, embedder=toy_embedder(), progress=meanwhile)
    assert len(toy.encoded) == DOCUMENTS + 1 - CHUNK, "the ingest took over what was done of the share"
    assert result.embedded == DOCUMENTS + 1
    assert result.path.exists()
    assert ingest([many], settings=settings, embedder=toy).unchanged
    assert not result.path.parent.exists()


def test_the_same_share_twice_at_once_is_refused(many: Path, toy, tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "index")
    held = Embedded(settings.index / "embedded", "1-of-2", toy.fingerprint, toy.dimension)
    with pytest.raises(IndexLockedError, match=r"1-of-2\.vectors"):
        ingest_share([many], Share(1, 2), settings=settings, embedder=toy)
    held.close()
    assert toy.encoded == []


def test_vectors_of_another_embedder_are_not_taken_over_and_are_removed(
    many: Path, toy, toy_embedder, tmp_path: Path
) -> None:
    settings = Settings(index=tmp_path / "index")
    result = ingest_share([many], Share(1, 1), settings=settings, embedder=toy_embedder("toy-2"))
    ingest([many], settings=settings, embedder=toy)
    assert len(toy.encoded) == DOCUMENTS + 1
    assert not result.path.exists()


@pytest.mark.parametrize("text", ["0/3", "4/3", "x", "", "2", "1/0", "-1/2", "1/2/3", "٢/٥", "1/99999"])
def test_what_names_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"names no share\. .*--share 2/5"):
        Share.parse(text)


def test_each_passage_is_of_one_share() -> None:
    digests = [f"{number:016x}{'0' * 48}" for number in range(50)]
    shares = [Share.parse(f"{number}/7") for number in range(1, 8)]
    assert {sum(share.holds(digest) for share in shares) for digest in digests} == {1}
    assert [str(share) for share in shares][:2] == ["1/7", "2/7"]


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
