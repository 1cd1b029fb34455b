"""The query encoder: a question in, a unit vector out. It lies in the index, and needs onnxruntime but no torch."""

from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it ships no annotations
from pydantic import BaseModel, ConfigDict
from tokenizers import Tokenizer

from rdhy_qa.errors import ModelError
from rdhy_qa.models.embedder import FloatArray

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
DESCRIPTION = "embedder.json"

_ERRORS_ONLY = 3


class Description(BaseModel):
    """The content of ``embedder.json``: which embedder a query encoder was exported from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    fingerprint: str
    dimension: int
    prompt: str
    """What goes before a question."""


class QueryEncoder:
    """Turns questions into the vectors that its embedder would give them. Safe to share between threads."""

    def __init__(self, description: Description, tokenizer: Tokenizer, session: onnxruntime.InferenceSession) -> None:
        """Take the parts; use ``load``."""
        self._description = description
        self._tokenizer = tokenizer
        self._session = session
        self._inputs = [entry.name for entry in session.get_inputs()]

    @classmethod
    def load(cls, folder: Path) -> "QueryEncoder":
        """Read what an embedder's ``export`` wrote.

        Raises:
            ModelError: if a file is missing, or is not what onnxruntime or tokenizers can read.

        """
        options = onnxruntime.SessionOptions()
        # A second thread gains nothing on so few tokens, and another question can use it. With one there are no
        # workers either that would spin while they wait.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        try:
            description = Description.model_validate_json((folder / DESCRIPTION).read_bytes())
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            session = onnxruntime.InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise errors that have no other class in common
            reason = str(error).splitlines()[0].rstrip(".")
            raise ModelError(
                f"{folder} holds no query encoder: {reason}.", "Build the index: rdhy-qa ingest"
            ) from error
        return cls(description, tokenizer, session)

    @property
    def name(self) -> str:
        """Name of the embedder in the settings."""
        return self._description.name

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the embedder."""
        return self._description.fingerprint

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._description.dimension

    def encode_query(self, text: str) -> FloatArray:
        """Return the unit vector of a question, float32 of shape (dimension,)."""
        encoding = self._tokenizer.encode(self._description.prompt + text)
        tokens = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        feed = {name: np.array([tokens[name]], dtype=np.int64) for name in self._inputs}
        vector = np.asarray(self._session.run(None, feed)[0][0], dtype=np.float32)
        return vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))
