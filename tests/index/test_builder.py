"""Ingest: what is embedded, what is taken over, what disappears, and what never breaks."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.errors import DocumentError, IndexLockedError, ModelError
from rdhy_qa.index import activation, manifest
from rdhy_qa.index.builder import Progress, ingest
from rdhy_qa.index.dense import DenseIndex
from rdhy_qa.index.generation import Generation
from rdhy_qa.settings import Settings


def opened(settings: Settings) -> Generation:
    return activation.open_active(settings.index)


def ids(settings: Settings) -> set[str]:
    return {document.id for document in opened(settings).store.documents()}


def test_a_first_ingest_embeds_everything_and_serves(corpus: Path, settings: Settings, toy) -> None:
    result = ingest([corpus], settings=settings, embedder=toy)
    assert (result.embedded, result.reused, result.unchanged, result.skipped) == (3, 0, False, ())
    generation = opened(settings)
    assert generation.id == result.generation_id
    assert generation.manifest.counts == result.counts
    assert (len(generation.store), len(generation.dense), len(generation.lexical)) == (3, 3, 3)


def test_rows_are_the_same_in_all_three_parts(corpus: Path, settings: Settings, toy) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    generation = opened(settings)
    question = "Who packs tomatoes?"
    dense = generation.dense.search(toy.encode_query(question), 1)[1]
    lexical = generation.lexical.search(question, 1)[1]
    assert dense.tolist() == lexical.tolist()
    assert "packs tomatoes" in generation.store.passages(dense)[0].text


def test_nothing_changed_nothing_done(corpus: Path, settings: Settings, toy) -> None:
    first = ingest([corpus], settings=settings, embedder=toy)
    before = (settings.index / "active").stat().st_mtime_ns
    toy.encoded.clear()
    again = ingest([corpus], settings=settings, embedder=toy)
    assert again.unchanged
    assert (again.generation_id, again.counts) == (first.generation_id, first.counts)
    assert toy.encoded == []
    assert (settings.index / "active").stat().st_mtime_ns == before


def test_only_changed_passages_are_embedded(corpus: Path, settings: Settings, toy, post: Callable[..., None]) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    vectors = opened(settings).dense.vectors()
    toy.encoded.clear()
    post(corpus / "two.md", "two", "Hoxby shares its profit.")
    result = ingest([corpus], settings=settings, embedder=toy)
    assert (result.embedded, result.reused) == (1, 2)
    assert len(toy.encoded) == 1
    assert "Hoxby" in toy.encoded[0]
    assert sum(row.tolist() in vectors.tolist() for row in opened(settings).dense.vectors()) == 2


def test_another_model_embeds_everything(corpus: Path, settings: Settings, toy, toy_embedder) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    result = ingest([corpus], settings=settings, embedder=toy_embedder("toy-2"))
    assert (result.embedded, result.reused) == (3, 0)
    assert opened(settings).id == result.generation_id
    assert opened(settings).encoder.fingerprint == "toy-2"


def test_the_encoder_of_questions_is_taken_over_where_it_would_be_the_same(
    corpus: Path, settings: Settings, toy, toy_embedder, post: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = []
    export = toy_embedder.export

    def record(embedder: object, folder: Path) -> None:
        exported.append(embedder.fingerprint)
        export(embedder, folder)

    monkeypatch.setattr(toy_embedder, "export", record)
    for text, embedder in (("One.", toy), ("Two.", toy), ("Three.", toy_embedder("toy-2"))):
        post(corpus / "one.md", "one", text)
        ingest([corpus], settings=settings, embedder=embedder)
        assert opened(settings).encoder.fingerprint == embedder.fingerprint
    assert exported == ["toy-1", "toy-2"]
    monkeypatch.setattr(manifest, "_code_digest", lambda: "other code")
    ingest([corpus], settings=settings, embedder=embedder)
    assert exported == ["toy-1", "toy-2", "toy-2"]


def test_an_embedder_that_cannot_be_exported_leaves_the_old_generation(
    corpus: Path, settings: Settings, toy, toy_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    other = toy_embedder("toy-2")

    def fail(_: Path) -> None:
        raise ModelError("It can't be exported.", "Take another.")

    monkeypatch.setattr(other, "export", fail)
    with pytest.raises(ModelError):
        ingest([corpus], settings=settings, embedder=other)
    assert other.encoded == [], "embedded before it was known whether the model is of use"
    assert opened(settings).manifest.model.fingerprint == "toy-1"


def test_removed_documents_disappear(corpus: Path, settings: Settings, toy) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    (corpus / "one.md").unlink()
    result = ingest([corpus], settings=settings, embedder=toy)
    assert (result.embedded, result.reused) == (0, 2)
    assert ids(settings) == {"two", "three"}
    assert opened(settings).lexical.search("VARGROUP", 5)[1].tolist() == []


def test_going_back_to_an_earlier_corpus_takes_its_generation(
    corpus: Path, settings: Settings, toy, post: Callable[..., None]
) -> None:
    before = (corpus / "one.md").read_text()
    first = ingest([corpus], settings=settings, embedder=toy)
    post(corpus / "one.md", "one", "Something else.")
    ingest([corpus], settings=settings, embedder=toy)
    (corpus / "one.md").write_text(before)
    back = ingest([corpus], settings=settings, embedder=toy)
    assert (back.generation_id, back.embedded, back.unchanged) == (first.generation_id, 0, False)
    assert activation.active_id(settings.index) == first.generation_id


def test_unreadable_files_are_named_and_the_rest_is_ingested(corpus: Path, settings: Settings, toy) -> None:
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.7 but no more")
    result = ingest([corpus], settings=settings, embedder=toy)
    assert [Path(skipped.path).name for skipped in result.skipped] == ["broken.pdf"]
    assert result.skipped[0].reason
    assert opened(settings).manifest.skipped == result.skipped
    assert ids(settings) == {"one", "two", "three"}
    assert ingest([corpus], settings=settings, embedder=toy).skipped == result.skipped


def test_where_nothing_can_be_read_the_old_generation_stays(
    corpus: Path, settings: Settings, toy, tmp_path: Path
) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "broken.pdf").write_bytes(b"%PDF-1.7 but no more")
    with pytest.raises(DocumentError, match=r"broken\.pdf"):
        ingest([broken], settings=settings, embedder=toy)
    assert ids(settings) == {"one", "two", "three"}


def test_a_failing_embedder_leaves_the_old_generation(
    corpus: Path, settings: Settings, toy, post: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([corpus], settings=settings, embedder=toy)
    post(corpus / "one.md", "one", "Something else.")

    def fail(*_: object) -> np.ndarray:
        raise MemoryError

    monkeypatch.setattr(toy, "encode_passages", fail)
    with pytest.raises(MemoryError):
        ingest([corpus], settings=settings, embedder=toy)
    assert "VARGROUP" in opened(settings).store.document("one").text.upper().replace(" ", "")


def test_a_damaged_generation_is_built_again(corpus: Path, settings: Settings, toy) -> None:
    first = ingest([corpus], settings=settings, embedder=toy)
    dense = activation.generation_folder(settings.index, first.generation_id) / "dense.faiss"
    dense.write_bytes(b"x" * dense.stat().st_size)
    again = ingest([corpus], settings=settings, embedder=toy)
    assert (again.generation_id, again.unchanged, again.embedded) == (first.generation_id, False, 3)
    opened(settings).verify()


def test_leftovers_of_a_killed_run_are_removed(corpus: Path, settings: Settings, toy) -> None:
    left = settings.index / "generations" / ".tmp-123"
    left.mkdir(parents=True)
    (left / "store.sqlite").write_bytes(b"half")
    (settings.index / ".tmp-active").write_text("half")
    ingest([corpus], settings=settings, embedder=toy)
    assert not left.exists()
    assert sorted(path.name for path in settings.index.iterdir()) == [".lock", "active", "generations"]


def test_a_second_ingest_says_who_is_writing(corpus: Path, settings: Settings, toy) -> None:
    with (
        activation.writing(settings.index, 0),
        pytest.raises(IndexLockedError, match=r"Process \d+ on .* since .* is writing"),
    ):
        ingest([corpus], settings=settings, embedder=toy)


def test_a_second_ingest_may_wait(corpus: Path, settings: Settings, toy_embedder) -> None:
    embedding = threading.Event()
    slow = toy_embedder(seconds=0.2)
    first = threading.Thread(
        target=ingest,
        args=([corpus],),
        kwargs={"settings": settings, "embedder": slow, "progress": lambda _: embedding.set()},
    )
    first.start()
    assert embedding.wait(10)
    second = ingest([corpus], settings=settings, embedder=toy_embedder(), wait=30)
    first.join()
    assert second.unchanged
    assert len(activation.list_generations(settings.index)) == 1


def test_progress_is_reported_in_order(corpus: Path, settings: Settings, toy) -> None:
    seen: list[Progress] = []
    ingest([corpus], settings=settings, embedder=toy, progress=seen.append)
    assert [step.stage for step in seen] == sorted(
        (step.stage for step in seen), key=lambda stage: ["read", "embed", "write"].index(stage)
    )
    assert [step for step in seen if step.done == step.total] == [("read", 3, 3), ("embed", 3, 3), ("write", 1, 1)]


def test_a_large_index_is_searched_approximately_and_holds_the_same_after_each_way_to_build_it(
    corpus: Path, settings: Settings, toy, post: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(DenseIndex, "build", partial(DenseIndex.build, exact_up_to=100))
    for number in range(100):
        post(corpus / f"wide-{number}.md", f"wide-{number}", f"Matter {number} is told by author{number}.")
    ingest([corpus], settings=settings, embedder=toy)
    post(corpus / "two.md", "two", "Hoxby shares its profit.")
    assert ingest([corpus], settings=settings, embedder=toy).reused == 102
    again = opened(settings).load()
    again.verify()
    assert again.manifest.dense.kind == "approximate"
    found = again.dense.search(toy.encode_query("Section of two: Hoxby shares its profit."), 5)[1]
    assert "Hoxby" in " ".join(passage.text for passage in again.store.passages(found))
    scratch = Settings(index=tmp_path / "scratch")
    ingest([corpus], settings=scratch, embedder=toy)
    assert opened(scratch).manifest.files == again.manifest.files
