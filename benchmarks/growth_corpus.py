"""A corpus of any size from the passages of Wikipedia in the shared data, and vectors for it at no cost."""

import gzip
import json
import random
import re
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rdhy_qa.models.embedder import Embedder, FloatArray, Ranges

SECTIONS = 40
"""Sections of one file; each is about a passage."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[^\w]+")
_SENTENCES = 5
_REPLACED = 8
_INVENTED_EVERY = 3
_SYLLABLES = "bel cor dan fen gol har kin lum mor nav pel quo ras sel tor zed".split()
_KEY = 60
_CHUNK = 128


class Wikipedia:
    """The real passages."""

    def __init__(self, path: Path) -> None:
        """Read them."""
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        self.titles = [row["title"].replace("_", " ") for row in rows]
        self.texts = [" ".join(row["text"].split()) for row in rows]

    def vectors(self, embedder: Embedder, cache: Path) -> FloatArray:
        """Embed them, longest first, or take what an earlier run has left in `cache`."""
        if cache.exists():
            return np.asarray(np.load(cache), dtype=np.float32)
        vectors = np.empty((len(self.texts), embedder.dimension), dtype=np.float32)
        order = sorted(range(len(self.texts)), key=lambda row: -len(self.texts[row]))
        for first in range(0, len(order), _CHUNK):
            rows = order[first : first + _CHUNK]
            texts = [f"{self.titles[row]}\n{self.texts[row]}" for row in rows]
            vectors[rows] = embedder.encode_passages(texts, [[] for _ in rows])[0]
        np.save(cache, vectors)
        return vectors


class Recombined:
    """Sections: the real ones first, then sentences of them put together anew, with some words changed for others."""

    def __init__(self, real: Wikipedia, seed: int) -> None:
        """Take the real passages."""
        self._real = real
        self._random = random.Random(seed)
        self._sentences = [sentence for text in real.texts for sentence in _SENTENCE_END.split(text)]
        self._words = [word for text in real.texts for word in text.split() if not _NOT_A_WORD.search(word)]

    def write(self, folder: Path, sections: int) -> int:
        """Write so many sections into Markdown files; returns how many of them are real."""
        folder.mkdir(parents=True)
        for first in range(0, sections, SECTIONS):
            parts = [self._section(number) for number in range(first, min(first + SECTIONS, sections))]
            content = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in parts)
            (folder / f"{first // SECTIONS:06}.md").write_text(content, encoding="utf-8")
        return min(sections, len(self._real.texts))

    def change(self, folder: Path, share: float) -> int:
        """Write a share of the files anew, evenly over all; returns how many."""
        files = sorted(folder.iterdir())
        changed = files[:: max(1, round(1 / share))]
        for file in changed:
            parts = [self._made() for _ in range(SECTIONS)]
            file.write_text("\n\n".join(f"## {heading}\n\n{text}" for heading, text in parts), encoding="utf-8")
        return len(changed)

    def _section(self, number: int) -> tuple[str, str]:
        if number < len(self._real.texts):
            return self._real.titles[number], self._real.texts[number]
        return self._made()

    def _made(self) -> tuple[str, str]:
        chance = self._random
        words = " ".join(chance.choices(self._sentences, k=_SENTENCES)).split()[:130]
        for number in range(_REPLACED):
            invented = number % _INVENTED_EVERY == 0
            words[chance.randrange(len(words))] = self._name() if invented else chance.choice(self._words)
        words[0] = self._name()  # or it could begin like a real passage, and get its vector
        return chance.choice(self._real.titles), " ".join(words)

    def _name(self) -> str:
        return "".join(self._random.choices(_SYLLABLES, k=self._random.choice((2, 2, 3, 4)))).title()


class StandIn:
    """An embedder that takes no time: real passages get their vectors, others one drawn near two real ones.

    The same text gets the same vector.
    """

    def __init__(self, embedder: Embedder, real: Wikipedia, vectors: FloatArray) -> None:
        """Take what the real embedder made of the real passages."""
        self._embedder = embedder
        self.name = embedder.name
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self.max_tokens = embedder.max_tokens
        self.seconds = 0.0
        """Time that making vectors has taken."""
        self._vectors = vectors
        self._known = {text[:_KEY]: row for row, text in enumerate(real.texts)}

    def encode_passages(self, texts: Sequence[str], ranges: Sequence[Ranges]) -> tuple[FloatArray, list[FloatArray]]:
        """Return the vectors of passages and of their sentences."""
        began = time.perf_counter()
        made = [self._vectors_of(text, len(of)) for text, of in zip(texts, ranges, strict=True)]
        vectors = np.stack([passage for passage, _ in made]), [sentences for _, sentences in made]
        self.seconds += time.perf_counter() - began
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count tokens."""
        return self._embedder.count_tokens(texts)

    def export(self, folder: Path) -> None:
        """Write the real embedder's query encoder."""
        self._embedder.export(folder)

    def _vectors_of(self, text: str, sentences: int) -> tuple[FloatArray, FloatArray]:
        chance = np.random.default_rng(zlib.crc32(text.encode()))
        row = self._known.get(text.partition("\n")[2][:_KEY])
        passage = self._vectors[row] if row is not None else self._near(chance)
        noise = chance.normal(scale=self.dimension**-0.5, size=(sentences, self.dimension))
        return passage, _unit(passage + noise.astype(np.float32))

    def _near(self, chance: np.random.Generator) -> FloatArray:
        """A vector between a real passage and one of the same article or the next, with a little noise."""
        first = int(chance.integers(len(self._vectors)))
        second = min(first + int(chance.integers(1, 20)), len(self._vectors) - 1)
        noise = chance.normal(scale=0.4 * self.dimension**-0.5, size=self.dimension)
        mixed = self._vectors[first] + 0.6 * self._vectors[second] + noise.astype(np.float32)
        return _unit(mixed[np.newaxis])[0]


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)
