"""How alike two words are: same stem, one family, one group of synonyms, or near in the embedder's word vectors."""

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rdhy_qa.terms import fold, stem

_SYNONYM = 0.85
_FAMILY = 0.9
_MIN_FAMILY = 5


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[int]]:
    text = resources.files("rdhy_qa.answering").joinpath("synonyms.txt").read_text(encoding="utf-8")
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(text.splitlines()):
        if not line.startswith("#"):
            for word in line.split():
                groups.setdefault(stem(fold(word)), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in groups.items()}


@lru_cache(maxsize=1)
def _members() -> dict[int, list[str]]:
    members: dict[int, list[str]] = {}
    for word, numbers in _groups().items():
        for number in numbers:
            members.setdefault(number, []).append(word)
    return members


@lru_cache(maxsize=10_000)
def synonyms(word: str) -> frozenset[str]:
    """Stems that share a group with a stem."""
    return frozenset(other for number in _groups().get(word, ()) for other in _members()[number]) - {word}


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    """Ordinary English words: those of symspellpy's dictionary (SCOWL words by frequency)."""
    text = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    return frozenset(line.split(" ", 1)[0] for line in text.splitlines())


def is_english(folded: str) -> bool:
    """True for an ordinary English word, in any common form."""
    words = _english()
    return folded in words or folded.rstrip("s") in words or folded.replace("'", "") in words or folded.isdigit()


@lru_cache(maxsize=10_000)
def is_near_english(folded: str) -> bool:
    """True for what may be an English word with one slip of the pen."""
    if len(folded) < 5 or not folded.isascii():
        return False
    words = _english()
    if any(folded[:middle] in words and folded[middle:] in words for middle in range(4, len(folded) - 3)):
        return True
    match = process.extractOne(folded, _english(), scorer=OSA.distance, score_cutoff=1)
    return match is not None


@lru_cache(maxsize=500_000)
def likeness(first: str, second: str) -> float:
    """Likeness of two stems in [0, 1]: 1 the same, 0 no known relation.

    Words of one family share most of their letters from the start: "customis" and "custom".
    """
    if first == second:
        return 1.0
    groups = _groups()
    if not groups.get(first, frozenset()).isdisjoint(groups.get(second, frozenset())):
        return _SYNONYM
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) >= _MIN_FAMILY and longer.startswith(shorter[: max(_MIN_FAMILY, len(shorter) - 1)]):
        return _FAMILY if len(longer) - len(shorter) <= 4 else 0.0
    return 0.0


def nearest(word: str, stems: frozenset[str]) -> float:
    """Likeness of a stem to the nearest of a set: what ``likeness`` says of each, with most of them never looked at."""
    if word in stems:
        return 1.0
    family = word[:_MIN_FAMILY] if len(word) >= _MIN_FAMILY else None
    best = 0.0 if family is None else max((likeness(word, s) for s in stems if s.startswith(family)), default=0.0)
    return best if best >= _SYNONYM or stems.isdisjoint(synonyms(word)) else _SYNONYM


def is_foreign(words: Sequence[str], in_corpus: Sequence[bool]) -> bool:
    """Whether a question is in another language: most of its words are neither English nor in the corpus."""
    unknown = sum(not (known or is_english(word)) for word, known in zip(words, in_corpus, strict=True))
    strange = any(not word.isascii() and len(word) > _LONGEST_WORD for word in words)
    return strange or (unknown >= _SEVERAL and unknown * 2 > len(words))


_SEVERAL = 2
_LONGEST_WORD = 6
"""Letters beyond ASCII in a row from which a word is a sentence in a script that does not part its words."""


_NEGATION = frozenset("no not never without nor neither none nobody".split())


def is_negated(text: str) -> bool:
    """Whether a sentence or question says no."""
    return bool(set(text.lower().replace("n't", " not").split()) & _NEGATION)
