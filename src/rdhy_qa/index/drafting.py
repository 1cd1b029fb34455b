"""A new generation, put together document by document; those of unchanged files come from the generation before."""

import hashlib
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdhy_qa.documents.document import Document
from rdhy_qa.index.generation import NAMES, STORE, WORDS, Generation
from rdhy_qa.index.lexical import searchable_text
from rdhy_qa.index.manifest import Counts
from rdhy_qa.index.names import NameCounts
from rdhy_qa.index.rows import RowArray
from rdhy_qa.index.splitting import Passage
from rdhy_qa.index.store import StoreWriter
from rdhy_qa.index.words import PassageWords, WordCollector


class NewPassage(NamedTuple):
    """What the embedder needs of a passage that was not in the generation before."""

    text: str
    sentences: tuple[tuple[int, int], ...]
    digest: str
    """Of both: all that decides the passage's vectors, the model aside."""


class Drafted(NamedTuple):
    """What there is to be embedded."""

    counts: Counts
    new: dict[int, NewPassage]
    """The passages that were not taken over, by their rows."""
    origins: RowArray
    """For each passage its row in the generation before, -1 for a new one."""


class Draft:
    """Writes documents, passages and their words into the folder of a new generation.

    What it writes depends on the documents and their order alone, not on which of them are taken over.
    """

    def __init__(self, folder: Path, before: Generation | None) -> None:
        """Begin in a folder.

        Args:
            folder: Where the new generation is built.
            before: The generation that documents are taken over from; None where it was made in another way.

        """
        self._folder = folder
        self._before = before
        self._store = StoreWriter(folder / STORE, before.folder / STORE if before else None)
        self._words = WordCollector()
        self._names = before.names() if before else NameCounts()
        self._taken: set[str] = set()
        self._origins = array("q")
        self._new: dict[int, NewPassage] = {}

    def take_over(self, document_id: str) -> None:
        """Take a document of the generation before."""
        if self._before is None:
            raise ValueError(document_id)
        ordinal, rows = self._before.store.place(document_id)
        self._store.copy(ordinal, rows)
        self._origins.extend(rows)
        self._taken.add(document_id)

    def add(self, document: Document, source: str | None, passages: list[Passage]) -> None:
        """Take a document that was read; for `source` see ``Store.sources``."""
        new = new_passages(passages)
        self._store.add(document, source, passages, [one.digest for one in new])
        for passage, one in zip(passages, new, strict=True):
            self._words.add(searchable_text(passage, document.metadata.title, document.text))
            self._new[len(self._origins)] = one
            self._origins.append(-1)
        self._names.add(document)

    def __len__(self) -> int:
        """Return the number of passages so far."""
        return len(self._origins)

    def finish(self) -> Drafted:
        """Write what is left to write."""
        if self._before is not None:
            for known in self._before.documents():
                if known.id not in self._taken:
                    self._names.remove(self._before.document(known.id))
        origins = np.array(self._origins, dtype=np.int64)
        words = PassageWords.joined(self._before.words() if self._before else None, self._words, origins)
        words.save(self._folder / WORDS)
        self._names.save(self._folder / NAMES)
        return Drafted(self._store.counts(), self._new, origins)

    def close(self) -> None:
        """End the store's file."""
        self._store.close()


def new_passages(passages: Iterable[Passage]) -> list[NewPassage]:
    """Take of passages what the embedder needs."""
    return [NewPassage(passage.embed_text, passage.sentences, _digest(passage)) for passage in passages]


def _digest(passage: Passage) -> str:
    """Digest of all that decides a passage's vectors, the model aside: its text, and where its sentences stand."""
    return hashlib.sha256(repr((passage.embed_text, passage.sentences)).encode()).hexdigest()
