"""What is exported gives the model's vectors, or is not exported."""

import subprocess
import sys
from copy import copy, deepcopy
from pathlib import Path

import pytest
from torch import nn

from rdhy_qa.errors import ModelError
from rdhy_qa.models import export as module
from rdhy_qa.models.embedder import SentenceTransformerEmbedder
from rdhy_qa.models.query_encoder import QueryEncoder

MIB = 2**20


@pytest.fixture
def other(embedder: SentenceTransformerEmbedder) -> SentenceTransformerEmbedder:
    """The same model, to be altered, under another fingerprint."""
    altered = copy(embedder)
    altered._model = deepcopy(embedder._model)
    altered.fingerprint = "altered"
    return altered


def export(embedder: SentenceTransformerEmbedder, folder: Path) -> Path:
    """Export it anew, where the other tests share one export."""
    description = module.Description(
        name=embedder.name, fingerprint=embedder.fingerprint, dimension=embedder.dimension, prompt=""
    )
    module.export_query_encoder(embedder._model, embedder._truncating_tokenizer, description, folder)
    return folder


def test_it_writes_three_files_and_a_quarter_of_the_models_size(exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == ["embedder.json", "model.onnx", "tokenizer.json"]
    assert 20 * MIB < (exported / "model.onnx").stat().st_size < 25 * MIB


def test_where_eight_bits_are_too_few_it_keeps_them_all(
    embedder: SentenceTransformerEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_NEAR", 0.9999)
    folder = export(embedder, tmp_path / "exact")
    assert sorted(path.name for path in folder.iterdir()) == ["embedder.json", "model.onnx", "tokenizer.json"]
    assert (folder / "model.onnx").stat().st_size > 80 * MIB
    question = "Who founded Haier?"
    assert QueryEncoder.load(folder).encode_query(question) == pytest.approx(embedder.encode_query(question), abs=1e-5)


def test_it_says_nothing_and_leaves_logging_as_it_was(tmp_path: Path) -> None:
    script = (
        "import logging; from pathlib import Path; from rdhy_qa.models.embedder import PACKAGED_MODEL, load_embedder;"
        f"load_embedder(PACKAGED_MODEL, 1).export(Path({str(tmp_path / 'quiet')!r})); assert not logging.root.handlers"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_question_gets_the_prompt_that_the_model_gives_it(
    other: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    other._model.prompts["query"] = "query: "
    other.export(tmp_path / "prompted")
    encoder = QueryEncoder.load(tmp_path / "prompted")
    assert encoder.encode_query("Who?") @ other.encode_query("Who?") > 0.98


class Rolled(nn.Module):
    """Turns an embedding by a number that tracing takes for a constant."""

    def forward(self, features: dict) -> dict:
        tokens = int(features["attention_mask"].sum())
        features["sentence_embedding"] = features["sentence_embedding"].roll(tokens, dims=1)
        return features


def test_an_export_with_other_vectors_is_refused(other: SentenceTransformerEmbedder, tmp_path: Path) -> None:
    other._model.append(Rolled())
    with pytest.raises(ModelError, match=r"can't be exported: its vectors would be others.*RDHY_QA_EMBEDDER"):
        export(other, tmp_path / "others")


class Untraceable(nn.Module):
    """Fails as soon as it is given nothing but tensors."""

    def forward(self, features: dict) -> dict:
        if "prompt_length" not in features and "modality" not in features:
            raise NotImplementedError("not while\ntracing")
        return features


def test_a_model_that_cannot_be_traced_is_refused_in_one_line(
    other: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    other._model.append(Untraceable())
    with pytest.raises(ModelError, match=r"can't be exported: not while\. Set RDHY_QA_EMBEDDER"):
        export(other, tmp_path / "untraced")


@pytest.mark.parametrize("megabytes", [0, 100])
def test_a_full_disk_is_no_fault_of_the_models(embedder: SentenceTransformerEmbedder, disk, megabytes: int) -> None:
    small = disk(128)  # the model has 87 MiB, and is written twice before it is made smaller
    with small.filled(but=megabytes * MIB), pytest.raises(OSError, match="No space left"):
        export(embedder, small.folder / "embedder")
