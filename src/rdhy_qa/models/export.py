"""From a sentence-transformers model to the files of a query encoder."""

import errno
import logging
import os
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rdhy_qa.errors import ModelError
from rdhy_qa.models.query_encoder import DESCRIPTION, MODEL, TOKENIZER, Description, QueryEncoder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

_EXACT = "exact.onnx"
_TEXTS = (
    "Who founded Haier?",
    "How many households do the Quantum Shops serve every day?",
    "list the winners",
    "Raízen, São Paulo: 2,100 boats in 2021 (“so they say”)?",
    "What did the first speaker say about leaders who trust those that work for them, and why did others object? " * 4,
)
# Cosine similarity of a vector with the model's own, at least: of the export as it is, and with weights of 8 bits.
_SAME = 0.999
_NEAR = 0.98
# Bytes free on a disk that is full: less than a page or two.
_FULL = 2**16


def export_query_encoder(
    model: "SentenceTransformer", tokenizer: "Tokenizer", description: Description, folder: Path
) -> None:
    """Write the query encoder of a model into a new folder.

    Its weights have 8 bits where that leaves the vectors as they are but for a little, and 32 otherwise.

    Args:
        model: The model.
        tokenizer: Its tokenizer, which truncates and does not pad.
        description: What the folder is to say about the model.
        folder: Where to write.

    Raises:
        ModelError: if the model can't be exported, or the export gives other vectors.
        OSError: if the folder can't be written.

    """
    folder.mkdir()
    (folder / DESCRIPTION).write_text(description.model_dump_json(indent=2), encoding="utf-8")
    (folder / TOKENIZER).write_text(tokenizer.to_str(pretty=True), encoding="utf-8")
    wanted = [np.asarray(model.encode_query(text, normalize_embeddings=True)) for text in _TEXTS]
    try:
        _trace(model, tokenizer, description.dimension, folder / MODEL)
        likeness = _likeness(folder, wanted)
        if not likeness >= _SAME:  # as NaN is not
            raise ValueError(f"its vectors would be others (cosine similarity {likeness:.3f})")
        exact = (folder / MODEL).rename(folder / _EXACT)
        _quantise(exact, folder / MODEL)
    except (OSError, MemoryError):  # no fault of the model's
        raise
    except Exception as error:  # exporting runs the model's own code, which may raise anything
        if shutil.disk_usage(folder).free < _FULL:  # a library reads a file of which it wrote only half, unawares
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        step = "Set RDHY_QA_EMBEDDER to another model."
        raise ModelError(f"The model {description.name} can't be exported: {reason}.", step) from error
    if not _likeness(folder, wanted) >= _NEAR:
        exact.replace(folder / MODEL)
    exact.unlink(missing_ok=True)


def _trace(model: "SentenceTransformer", tokenizer: "Tokenizer", dimension: int, path: Path) -> None:
    """Write a model as ONNX, from the numbers of a text's tokens to the vector of the text."""
    import torch

    encoding = tokenizer.encode(_TEXTS[0])
    tokens = {
        "input_ids": encoding.ids,
        "attention_mask": encoding.attention_mask,
        "token_type_ids": encoding.type_ids,
    }
    names = [name for name in tokens if name in model.tokenizer.model_input_names]

    class Query(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model  # as a part of it, or its weights would be written out as constants

        def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
            features: dict[str, Any] = dict(zip(names, inputs, strict=True))
            embedding: torch.Tensor = self.model(features, task="query")["sentence_embedding"]
            return embedding[:, :dimension]

    with torch.no_grad(), warnings.catch_warnings():
        # What tracing warns of, branches that it can't see, is found out by comparing vectors. The exporter itself is
        # deprecated; its successor needs another package.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Query().eval(),
            tuple(torch.tensor([tokens[name]]) for name in names),
            str(path),
            input_names=names,
            output_names=["sentence_embedding"],
            dynamic_axes={name: {1: "tokens"} for name in names},
            dynamo=False,
        )


def _quantise(exact: Path, path: Path) -> None:
    """Write a model with weights of 8 bits: a quarter of the size, and a vector in half the time."""
    # Its import and its advice would make the root logger print what any library logs from then on; where there is a
    # handler already, they leave it alone.
    handler = logging.NullHandler()
    logging.root.addHandler(handler)
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

        # With a scale for each column the vectors have a cosine similarity of .994 with the model's own, with one for
        # each matrix .970. Unsigned, since processors without VNNI let sums of products with signed weights saturate.
        quantize_dynamic(exact, path, per_channel=True, weight_type=QuantType.QUInt8)
    finally:
        logging.root.removeHandler(handler)


def _likeness(folder: Path, wanted: Sequence[Any]) -> float:
    """Cosine similarity of the exported model's vectors with the wanted ones, the lowest of all."""
    encoder = QueryEncoder.load(folder)
    return min(float(encoder.encode_query(text) @ vector) for text, vector in zip(_TEXTS, wanted, strict=True))
