"""A toy embedder whose vectors can be told by eye, and documents and corpora made by hand."""

import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from rdhy_qa.documents.document import Block, BlockKind, Document, Metadata, Record, Sentence, Span
from rdhy_qa.models.query_encoder import DESCRIPTION, MODEL, TOKENIZER, Description
from rdhy_qa.settings import Settings
from rdhy_qa.terms import content_terms


class ToyEmbedder:
    """Each word adds 1 to one of 64 numbers; a token is a word."""

    name = "toy"
    dimension = 64
    max_tokens = 60

    def __init__(self, fingerprint: str = "toy-1", seconds: float = 0.0) -> None:
        self.fingerprint = fingerprint
        self.seconds = seconds
        self.encoded: list[str] = []

    def encode_passages(
        self, texts: Sequence[str], ranges: Sequence[Sequence[tuple[int, int]]]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        self.encoded.extend(texts)
        time.sleep(self.seconds * len(texts))
        passages = np.stack([self.encode_query(text) for text in texts])
        sentences = [
            np.array([self.encode_query(text[start:end]) for start, end in of_text]).reshape(-1, self.dimension)
            for text, of_text in zip(texts, ranges, strict=True)
        ]
        return passages, sentences

    def encode_query(self, text: str) -> np.ndarray:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for term in content_terms(text):
            vector[zlib.crc32(term.stem.encode()) % self.dimension] += 1
        return vector / max(1.0, float(np.linalg.norm(vector)))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def export(self, folder: Path) -> None:
        """Write a query encoder that loads; it has the same vector for every question."""
        folder.mkdir()
        description = Description(name=self.name, fingerprint=self.fingerprint, dimension=self.dimension, prompt="")
        (folder / DESCRIPTION).write_text(description.model_dump_json())
        Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]")).save(str(folder / TOKENIZER))
        (folder / MODEL).write_bytes(constant_model(self.dimension))


@cache
def constant_model(dimension: int) -> bytes:
    vector = helper.make_tensor("vector", TensorProto.FLOAT, [1, dimension], [1.0] * dimension)
    graph = helper.make_graph(
        [helper.make_node("Constant", [], ["sentence_embedding"], value=vector)],
        "toy",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, None])],
        [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, [1, dimension])],
    )
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17)])
    return onnx.ModelProto.SerializeToString(model)


Part = tuple[BlockKind, list[str], int | None]
"""Kind, sentences and list id of one block."""


def make_document(document_id: str, parts: Iterable[Part], title: str = "A title") -> Document:
    """Assemble a document; a list's lead-in is the last sentence of the paragraph before it."""
    text = ""
    blocks: list[Block] = []
    sentences: list[Sentence] = []
    records: list[Record] = []
    section: tuple[str, ...] = (title,)
    lead_in: Span | None = None
    open_list: int | None = None
    for kind, texts, list_id in parts:
        if kind is BlockKind.HEADING:
            section = (title, " ".join(texts))
        if list_id is not None and list_id != open_list:
            last = blocks[-1].kind if blocks else None
            lead_in = Span(sentences[-1].start, sentences[-1].end) if last is BlockKind.PARAGRAPH else None
            open_list = list_id
        start = len(text) + (2 if text else 0)
        text += ("\n\n" if text else "") + " ".join(texts)
        at = start
        for sentence in texts:
            sentences.append(Sentence(at, at + len(sentence), len(blocks)))
            at += len(sentence) + 1
        if kind is BlockKind.LIST_ITEM and list_id is not None:
            position = sum(record.list_id == list_id for record in records)
            records.append(
                Record(list_id, position, start, len(text), len(blocks), Span(start, start + 1), None, lead_in, section)
            )
        level = 2 if kind is BlockKind.HEADING else 0
        blocks.append(Block(kind, start, len(text), section, level, len(blocks) // 4 + 1, list_id))
    return Document(
        Metadata(document_id, title, kind="post", series=1), text, tuple(blocks), tuple(sentences), tuple(records)
    )


@pytest.fixture
def toy() -> ToyEmbedder:
    return ToyEmbedder()


@pytest.fixture(scope="session")
def toy_embedder() -> type[ToyEmbedder]:
    return ToyEmbedder


@pytest.fixture(scope="session")
def assemble() -> Callable[..., Document]:
    return make_document


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index=tmp_path / "index")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three small Markdown files."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_post(folder / "one.md", "one", "Var Group leads. Raízen (Brazil) makes fuel from cane.")
    write_post(folder / "two.md", "two", "Buurtzorg cares for patients. Ingersoll Rand makes pumps.")
    write_post(folder / "three.md", "three", "Morning Star packs tomatoes. Benchmark Innovators is a category.")
    return folder


def write_post(path: Path, document_id: str, text: str) -> None:
    front = f"---\nid: {document_id}\ntitle: Post {document_id}\nkind: post\n---\n\n"
    path.write_text(f"{front}## Section of {document_id}\n\n{text}\n", encoding="utf-8")


@pytest.fixture
def post() -> Callable[[Path, str, str], None]:
    return write_post
