"""Readers of others: small ones are made here, with random weights, in the format of Hugging Face."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.errors import ModelError
from rdhy_qa.models.embedder import _packaged_folder
from rdhy_qa.models.reader import PACKAGED_READER, PackagedReader, Window, load_reader, reader_fingerprint

TEXT = "The lamp was lit in 1812. Its keeper was Ann Moor."


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    import torch
    from transformers import AutoTokenizer, BertConfig

    def build(kind: str, **changes: int) -> Path:
        import transformers

        torch.manual_seed(1)
        config = BertConfig(
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=512,
            **changes,
        )
        folder = tmp_path_factory.mktemp("reader")
        getattr(transformers, kind)(config).save_pretrained(folder)
        AutoTokenizer.from_pretrained(_packaged_folder()).save_pretrained(folder)
        return folder

    return build


def test_an_extractive_reader_finds_spans_and_says_how_likely_there_is_one(make: Callable[..., Path]):
    reader = load_reader(str(make("BertForQuestionAnswering")), 1)
    first, second = reader.read("Who kept it?", [Window("Lighthouses", TEXT), Window("", "Ropes.")])
    found = first.best(0, len(TEXT))
    assert found is not None
    assert 0 <= found[1] < found[2] <= len(TEXT)
    assert len(set(first.starts.tolist())) > 1
    assert first.answerable != second.answerable
    assert second.offsets.max() <= len("Ropes.")


def test_a_cross_encoder_only_says_how_well_a_window_answers(make: Callable[..., Path]):
    reader = load_reader(str(make("BertForSequenceClassification", num_labels=1)), 1)
    first, second = reader.read("Who kept it?", [Window("", TEXT), Window("", "Ropes.")])
    assert first.answerable != second.answerable
    assert np.all(first.starts == 0.0)


def test_a_classifier_is_no_reader(make: Callable[..., Path]):
    with pytest.raises(ModelError, match="sorts into 3 classes"):
        load_reader(str(make("BertForSequenceClassification", num_labels=3)), 1)


def test_what_is_no_model_is_refused_with_a_next_step(tmp_path: Path):
    with pytest.raises(ModelError, match="RDHY_QA_READER"):
        load_reader(str(tmp_path), 1)


def test_our_own_reader_is_known_by_its_digest_and_others_by_their_name():
    assert reader_fingerprint(PACKAGED_READER) == PackagedReader().fingerprint
    assert reader_fingerprint("some/reader") == "some/reader"
