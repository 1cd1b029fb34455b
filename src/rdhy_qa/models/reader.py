"""The reader: a question and windows of text in; where an answer stands, and whether there is one, out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]  # it ships no annotations
from tokenizers import Tokenizer

from rdhy_qa.errors import ModelError

FloatArray = npt.NDArray[np.float32]

PACKAGED_READER = "packaged"
PACKAGED = Path(__file__).parent / "packaged_reader"
"""Our own reader; see its ``MODEL_CARD.md``."""

_MODEL = "reader.onnx"
MAX_TOKENS = 160
_QUESTION_TOKENS = 64
_HEADING_CHARACTERS = 60
_ANSWER_TOKENS = 30
_REINSTALL = "Reinstall rdhy-qa: pip install --force-reinstall --no-deps rdhy-qa"


@dataclass(frozen=True, slots=True)
class Window:
    """A run of sentences to read, with the heading that they stand under."""

    heading: str
    text: str

    @property
    def prefix(self) -> str:
        """What a reader sees before the text. Training makes it the same way."""
        return f"{self.heading[:_HEADING_CHARACTERS]}. " if self.heading else ""


@dataclass(frozen=True)
class Reading:
    """What the reader makes of one window."""

    offsets: npt.NDArray[np.int64]
    """Where each token stands in the window's text; of shape (tokens, 2)."""
    starts: FloatArray
    """Logit of each token being the answer's first; of shape (tokens,)."""
    ends: FloatArray
    """Logit of each token being the answer's last; of shape (tokens,)."""
    answerable: float
    """Logit of the window holding an answer."""
    yes: float | None = None
    """Logit of the window saying yes, which means something where yes or no is asked; None from readers of others."""

    @cached_property
    def _spans(self) -> FloatArray:
        """Score of each span by its first and last token; minus infinity where it is none."""
        scores = self.starts[:, None] + self.ends[None, :]
        size = len(self.starts)
        allowed = np.triu(np.ones((size, size), dtype=bool)) & ~np.triu(
            np.ones((size, size), dtype=bool), _ANSWER_TOKENS
        )
        return np.where(allowed, scores, -np.inf).astype(np.float32)

    def best(self, start: int, end: int) -> tuple[float, int, int] | None:
        """The best span inside a range of the text's characters: its score, start and end; None if no token is."""
        inside = np.flatnonzero((self.offsets[:, 0] >= start) & (self.offsets[:, 1] <= end))
        if not len(inside):
            return None
        first, last = inside[0], inside[-1] + 1
        part = self._spans[first:last, first:last]
        row, column = np.unravel_index(int(part.argmax()), part.shape)
        return float(part[row, column]), int(self.offsets[first + row, 0]), int(self.offsets[first + column, 1])


def text_tokens(
    offsets: npt.NDArray[np.int64], sequences: Sequence[int | None], window: Window
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Offsets of a pair's tokens in the window's text, and which tokens are of that text."""
    moved = offsets.astype(np.int64) - len(window.prefix)
    return moved, np.array([sequence == 1 for sequence in sequences]) & (moved[:, 1] > 0)


class Reader(Protocol):
    """Reads windows of text for the answer to a question."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever what the reader says may."""

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Read windows in one batch."""


def reader_fingerprint(name: str) -> str:
    """Say which reader the settings name, without loading it: the SHA-256 of our own, the name of another's.

    Raises:
        ModelError: if our own is missing.

    """
    if name != PACKAGED_READER:
        return name
    try:
        with (PACKAGED / _MODEL).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{PACKAGED / _MODEL} can't be read: {error.strerror}.", _REINSTALL) from error


def load_reader(name: str, threads: int) -> Reader:
    """Load the reader that the settings name: our own, or one of others by its folder or its name on the hub.

    Raises:
        ModelError: if it is missing or damaged, or no reader.

    """
    if name == PACKAGED_READER:
        return PackagedReader(threads=threads)
    from rdhy_qa.models.hub_reader import HubReader

    return HubReader(name, threads)


class PackagedReader:
    """The reader that comes with the library, run by onnxruntime. Safe to share between threads."""

    def __init__(self, folder: Path = PACKAGED, threads: int = 2) -> None:
        """Load the model.

        Raises:
            ModelError: if its files are missing or can't be read.

        """
        try:
            content = (folder / _MODEL).read_bytes()
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            # Threads that spin while they wait slow a busy machine down.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise bare Exceptions of their own
            raise ModelError(f"The reader in {folder} can't be loaded: {error}.", _REINSTALL) from error
        self.fingerprint = hashlib.sha256(content).hexdigest()
        self._counting = Tokenizer.from_str(self._tokenizer.to_str())
        self._counting.no_padding()
        self._counting.no_truncation()
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
        self._tokenizer.enable_padding()

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Read windows in one batch."""
        if not windows:
            return []
        asked = self._cut(question)
        encodings = self._tokenizer.encode_batch([(asked, window.prefix + window.text) for window in windows])
        starts, ends, answerable, yes = self._session.run(
            ["start", "end", "answerable", "yes"],
            {
                "input_ids": np.array([e.ids for e in encodings], dtype=np.int64),
                "attention_mask": np.array([e.attention_mask for e in encodings], dtype=np.int64),
                "token_type_ids": np.array([e.type_ids for e in encodings], dtype=np.int64),
            },
        )
        readings = []
        for row, (encoding, window) in enumerate(zip(encodings, windows, strict=True)):
            offsets, of_text = text_tokens(np.array(encoding.offsets), encoding.sequence_ids, window)
            span = starts[row][of_text], ends[row][of_text]
            readings.append(Reading(offsets[of_text], *span, float(answerable[row]), float(yes[row])))
        return readings

    def _cut(self, question: str) -> str:
        """Leave room for the window beside a long question."""
        offsets = self._counting.encode(question, add_special_tokens=False).offsets
        return question if len(offsets) <= _QUESTION_TOKENS else question[: offsets[_QUESTION_TOKENS - 1][1]]
