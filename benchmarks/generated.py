"""Files made on the fly that read a little like the corpus, and cheap vectors for their passages."""

import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import numpy as np
from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-untyped]
from reportlab.platypus import Paragraph, SimpleDocTemplate  # type: ignore[import-untyped]

from rdhy_qa.documents.document import BlockKind, Document
from rdhy_qa.documents.reading import read_paths
from rdhy_qa.models.embedder import Embedder, FloatArray, Ranges

SECTIONS = 40
"""Sections of one generated document; each is about a passage."""

_SENTENCES = 6
_ITEMS = (3, 6)
_LISTS_EVERY = 5
_INVENTED_SHARE = 0.3
_SYLLABLES = (
    "bel",
    "cor",
    "dan",
    "fen",
    "gol",
    "har",
    "kin",
    "lum",
    "mor",
    "nav",
    "pel",
    "quo",
    "ras",
    "sel",
    "tor",
    "zed",
)
_MAX_BYTES = 2**26

Section = tuple[str, list[str], list[str]]
"""Heading, sentences (the last one introduces the list) and list items, which may be none."""


class Prose:
    """Sentences from a Markov chain over the words of the corpus, with some of its names replaced by invented ones."""

    def __init__(self, corpus: Path, seed: int) -> None:
        """Learn which word follows two others."""
        self._random = random.Random(seed)
        self._next: dict[tuple[str, str], list[str]] = defaultdict(list)
        for document in read_paths([corpus], max_bytes=_MAX_BYTES):
            if isinstance(document, Document):
                self._learn(document)

    def _learn(self, document: Document) -> None:
        for sentence in document.sentences:
            if document.blocks[sentence.block].kind is not BlockKind.HEADING:
                words = ["", "", *document.text[sentence.start : sentence.end].rstrip(".:;!?").split(), "."]
                for first, second, third in zip(words, words[1:], words[2:], strict=False):
                    self._next[first, second].append(third)

    def sentence(self) -> str:
        """Make a sentence of 5 to 30 words."""
        while True:
            words = ["", ""]
            while words[-1] != "." and len(words) <= 32:
                words.append(self._random.choice(self._next[words[-2], words[-1]]))
            if len(words) >= 8 and words[-1] == ".":
                return " ".join(self._renamed(word) for word in words[2:-1]) + "."

    def name(self) -> str:
        """Invent a name of one or two words."""
        words = ["".join(self._random.choices(_SYLLABLES, k=2)).title() for _ in range(self._random.choice((1, 2)))]
        return " ".join(words)

    def section(self, with_list: bool) -> Section:
        """Make a section of about 100 words."""
        heading = " ".join(self.sentence().rstrip(".").split()[:4])
        if not with_list:
            return heading, [self.sentence() for _ in range(_SENTENCES)], []
        number = self._random.randint(*_ITEMS)
        items = [f"{self.name()} ({self.name()}): {self.sentence()}" for _ in range(number)]
        return heading, [self.sentence(), f"{number} organisations won {self.name()}:"], items

    def document(self, sections: int) -> list[Section]:
        """Make a document."""
        return [self.section(number % _LISTS_EVERY == 0) for number in range(sections)]

    def _renamed(self, word: str) -> str:
        if word[:1].isupper() and word.isalpha() and self._random.random() < _INVENTED_SHARE:
            return self.name()
        return word


def write_markdown(path: Path, sections: Sequence[Section]) -> None:
    """Write a document as Markdown."""
    lines = []
    for heading, sentences, items in sections:
        lines += [f"## {heading}", "", " ".join(sentences), "", *(f"- {item}" for item in items), ""]
    path.with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")


def write_html(path: Path, sections: Sequence[Section]) -> None:
    """Write a document as a web page."""
    parts = []
    for heading, sentences, items in sections:
        entries = "".join(f"<li>{escape(item)}</li>" for item in items)
        parts.append(f"<h2>{escape(heading)}</h2><p>{escape(' '.join(sentences))}</p>")
        parts.append(f"<ul>{entries}</ul>" if items else "")
    page = f"<!doctype html><html><body><article>{''.join(parts)}</article></body></html>"
    path.with_suffix(".html").write_text(page, encoding="utf-8")


def write_text(path: Path, sections: Sequence[Section]) -> None:
    """Write a document as plain text."""
    lines = []
    for heading, sentences, items in sections:
        lines += [heading, "", " ".join(sentences), "", *(f"• {item}" for item in items), ""]
    path.with_suffix(".txt").write_text("\n".join(lines), encoding="utf-8")


def write_pdf(path: Path, sections: Sequence[Section]) -> None:
    """Write a document as PDF."""
    styles = getSampleStyleSheet()
    flow = []
    for heading, sentences, items in sections:
        flow.append(Paragraph(escape(heading), styles["Heading2"]))
        flow.append(Paragraph(escape(" ".join(sentences)), styles["BodyText"]))
        flow += [Paragraph(escape(item), styles["BodyText"], bulletText="•") for item in items]
    SimpleDocTemplate(str(path.with_suffix(".pdf"))).build(flow)


FORMATS: tuple[Callable[[Path, Sequence[Section]], None], ...] = (write_markdown, write_html, write_text, write_pdf)


class Recorder:
    """An embedder that remembers what it was given and what it answered."""

    def __init__(self, embedder: Embedder) -> None:
        """Wrap an embedder."""
        self._embedder = embedder
        self.name = embedder.name
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self.max_tokens = embedder.max_tokens
        self.known: dict[str, tuple[FloatArray, FloatArray]] = {}

    def encode_passages(self, texts: Sequence[str], ranges: Sequence[Ranges]) -> tuple[FloatArray, list[FloatArray]]:
        """Return the vectors of passages and of their sentences."""
        passages, sentences = self._embedder.encode_passages(texts, ranges)
        self.known.update(zip(texts, zip(passages, sentences, strict=True), strict=True))
        return passages, sentences

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count tokens."""
        return self._embedder.count_tokens(texts)

    def export(self, folder: Path) -> None:
        """Write the real embedder's query encoder."""
        self._embedder.export(folder)


class Imitator(Recorder):
    """An embedder that is cheap: a passage that is not known gets the vector of a known one with noise added.

    So questions are about as near to generated passages as to real ones. The same text gets the same vector.
    """

    def __init__(self, embedder: Embedder, known: dict[str, tuple[FloatArray, FloatArray]]) -> None:
        """Take what the real embedder made of the corpus."""
        super().__init__(embedder)
        self._real = known
        self._models = np.stack([passage for passage, _ in known.values()])

    def encode_passages(self, texts: Sequence[str], ranges: Sequence[Ranges]) -> tuple[FloatArray, list[FloatArray]]:
        """Return the vectors of passages and of their sentences."""
        made = [self._real.get(text) or self._imitate(text, len(of)) for text, of in zip(texts, ranges, strict=True)]
        return np.stack([passage for passage, _ in made]), [sentences for _, sentences in made]

    def _imitate(self, text: str, sentences: int) -> tuple[FloatArray, FloatArray]:
        chance = np.random.default_rng(zlib.crc32(text.encode()))
        noise = chance.normal(scale=self.dimension**-0.5, size=(sentences + 1, self.dimension))
        vectors = self._models[chance.integers(len(self._models))] + noise
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return vectors[0], vectors[1:]
