"""What answering needs of a generation, wherever it lies."""

from collections.abc import Sequence
from typing import Protocol, Self

from rdhy_qa.contracts import Filters
from rdhy_qa.documents.document import Document, Metadata
from rdhy_qa.index.manifest import Manifest
from rdhy_qa.index.rows import RowArray
from rdhy_qa.index.store import StoredPassage
from rdhy_qa.index.vocabulary import Vocabulary
from rdhy_qa.models.embedder import FloatArray
from rdhy_qa.models.query_encoder import QueryEncoder

Scored = tuple[FloatArray, RowArray]
"""Scores and rows of passages, best first."""


class Serving(Protocol):
    """A generation that questions are answered from. Safe to share between threads."""

    @property
    def id(self) -> str:
        """The generation's id."""

    @property
    def manifest(self) -> Manifest:
        """What it was built from and with."""

    @property
    def encoder(self) -> QueryEncoder:
        """What makes vectors of questions, as the embedder made them of the passages."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of the passages."""

    def load(self, before: "Serving | None" = None) -> Self:
        """Open all parts now; `before` is one that is loaded, whose query encoder may be taken over."""

    def close(self) -> None:
        """Give back what it holds open."""

    def documents(self) -> tuple[Metadata, ...]:
        """Return the metadata of every document, in reading order."""

    def document(self, document_id: str) -> Document:
        """Return the whole document."""

    def passages(self, rows: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these rows, in the order asked for."""

    def candidates(self, question: str, vector: FloatArray, filters: Filters, depth: int) -> tuple[Scored, Scored]:
        """Find the passages nearest to a question by its vector and by its words, `depth` of each."""

    def sentence_vectors(self, document_id: str, sentences: Sequence[int]) -> FloatArray:
        """Return unit vectors of some of a document's sentences."""
