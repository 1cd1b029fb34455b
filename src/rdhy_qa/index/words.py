"""The words of each passage, as numbers: what the lexical index is made of, and what the next build takes over."""

from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from rdhy_qa.index.rows import RowArray, firsts_of, stretches
from rdhy_qa.terms import STOP_WORDS, joined_names, terms

_WORDS = "words.txt"
_NUMBERS = "numbers.npy"
_FIRSTS = "firsts.npy"

NumberArray = npt.NDArray[np.int32]


class PassageWords:
    """All words of all passages, in order; rows are passage rows."""

    def __init__(self, words: list[str], numbers: NumberArray, firsts: RowArray) -> None:
        """Take the parts; use ``of``, ``joined`` or ``load``."""
        self.words = words
        """Each folded word once, sorted."""
        self.numbers = numbers
        """Places in ``words``, those of one passage after those of another."""
        self.firsts = firsts
        """Where each passage begins in ``numbers``, then the total."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Take the words of texts, one a passage, as ``searchable_text`` gives them."""
        collected = WordCollector()
        for text in texts:
            collected.add(text)
        return cls(*collected.parts())

    @classmethod
    def joined(cls, before: "PassageWords | None", new: "WordCollector", origins: RowArray) -> Self:
        """Put passages of two origins together.

        Args:
            before: What passages are taken over from.
            new: Those passages that are new, in order.
            origins: For each passage its row in ``before``, or -1 for the next one of ``new``.

        """
        words, numbers, firsts = new.parts()
        if before is None:
            return cls(words, numbers, firsts)
        all_words = sorted({*before.words, *words})
        places = {word: place for place, word in enumerate(all_words)}
        of_new, of_before = (
            np.fromiter((places[word] for word in some), dtype=np.int32, count=len(some))
            for some in (words, before.words)
        )
        parts = []
        done = 0
        for first, end, origin in stretches(origins):
            count = end - first
            if origin < 0:
                parts.append(of_new[numbers[firsts[done] : firsts[done + count]]])
                done += count
            else:
                parts.append(of_before[before.numbers[before.firsts[origin] : before.firsts[origin + count]]])
        lengths = np.empty(len(origins), dtype=np.int64)
        lengths[origins < 0] = np.diff(firsts)
        lengths[origins >= 0] = np.diff(before.firsts)[origins[origins >= 0]]
        together = np.concatenate(parts)
        del parts
        used = np.zeros(len(all_words), dtype=bool)
        used[together] = True
        renumbered = np.cumsum(used, dtype=np.int32) - 1
        return cls([all_words[place] for place in np.flatnonzero(used)], renumbered[together], firsts_of(lengths))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; the words of the passages stay on disk until they are used."""
        words = (folder / _WORDS).read_text(encoding="utf-8").split("\n")[:-1]
        return cls(words, np.load(folder / _NUMBERS, mmap_mode="r"), np.load(folder / _FIRSTS))

    def save(self, folder: Path) -> None:
        """Write the words into a new folder."""
        folder.mkdir()
        (folder / _WORDS).write_text("".join(f"{word}\n" for word in self.words), encoding="utf-8")
        np.save(folder / _NUMBERS, self.numbers)
        np.save(folder / _FIRSTS, self.firsts)

    def __len__(self) -> int:
        """Return the number of passages."""
        return len(self.firsts) - 1


class WordCollector:
    """Gathers the words of passages, one after the other."""

    def __init__(self) -> None:
        """Begin with none."""
        self._numbers: dict[str, int] = {}
        self._collected = array("i")
        self._firsts = array("q", [0])

    def add(self, text: str) -> None:
        """Take the words of one more passage: folded, without stop words, and with its joined names."""
        found = terms(text)
        words = [term.folded for term in found if term.folded not in STOP_WORDS] + joined_names(text, found)
        self._collected.extend(self._numbers.setdefault(word, len(self._numbers)) for word in words)
        self._firsts.append(len(self._collected))

    def parts(self) -> tuple[list[str], NumberArray, RowArray]:
        """Return sorted words, their numbers, and where each passage begins, as ``PassageWords`` has them."""
        words = sorted(self._numbers)
        places = np.empty(len(words), dtype=np.int32)
        places[[self._numbers[word] for word in words]] = np.arange(len(words), dtype=np.int32)
        return words, places[np.array(self._collected, dtype=np.int32)], np.array(self._firsts, dtype=np.int64)
