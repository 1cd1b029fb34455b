"""Which words of the corpus are proper names: those written with a capital where a sentence does not ask for one."""

import json
from collections import Counter
from pathlib import Path
from typing import Self

from rdhy_qa.documents.document import BlockKind, Document
from rdhy_qa.index.vocabulary import is_english
from rdhy_qa.terms import STOP_WORDS, stem, terms

# "Haier's Award" and "an award": a word is a name where it is written as one most of the time.
_MOST = 0.7
_TITLE_CASE = (BlockKind.HEADING, BlockKind.CAPTION)


class NameCounts:
    """How the documents write each folded word; they are sums, so that a document can be taken away again."""

    def __init__(self) -> None:
        """Begin with no documents."""
        self._inside: Counter[str] = Counter()
        """Of each word, how often it stands inside a sentence: not first, and not in a heading or caption."""
        self._capitals: Counter[str] = Counter()
        """How often of these with a capital."""
        self._heads: Counter[str] = Counter()
        """Uncommon words that open records, and how many."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote."""
        counts = cls()
        content = json.loads(path.read_bytes())
        counts._inside, counts._capitals, counts._heads = (Counter(content[name]) for name in _COUNTED)
        return counts

    def save(self, path: Path) -> None:
        """Write the counts to a file."""
        counted = zip(_COUNTED, (self._inside, self._capitals, self._heads), strict=True)
        content = {name: dict(sorted((+counts).items())) for name, counts in counted}
        path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")

    def add(self, document: Document) -> None:
        """Count a document's words."""
        self._count(document, 1)

    def remove(self, document: Document) -> None:
        """Take away what ``add`` counted of a document."""
        self._count(document, -1)

    def stems(self) -> set[str]:
        """Stems that are mostly written with a capital inside sentences, and uncommon words that open records."""
        inside: Counter[str] = Counter()
        capitals: Counter[str] = Counter()
        ordinary: set[str] = set()
        for folded, number in (+self._inside).items():
            stemmed = stem(folded)
            inside[stemmed] += number
            capitals[stemmed] += self._capitals[folded]
            if is_english(folded):
                ordinary.add(stemmed)
        names = {
            stemmed for stemmed, all_of in inside.items() if _is_name(capitals[stemmed], all_of, stemmed in ordinary)
        }
        return names | {stem(folded) for folded in +self._heads}

    def _count(self, document: Document, each: int) -> None:
        for sentence in document.sentences:
            if document.blocks[sentence.block].kind in _TITLE_CASE:
                continue
            text = document.text[sentence.start : sentence.end]
            for term in terms(text)[1:]:
                if term.folded not in STOP_WORDS:
                    self._inside[term.folded] += each
                    if text[term.start].isupper():
                        self._capitals[term.folded] += each
        for record in document.records:
            if record.head is not None:
                for term in terms(record.head.of(document.text)):
                    if not is_english(term.folded) and term.folded.isalpha():
                        self._heads[term.folded] += each


_COUNTED = ("inside", "capitals", "heads")


def _is_name(capitals: int, all_of: int, ordinary: bool) -> bool:
    """Tell whether a word is a name; one that English also has must be written as a name always, and more than once."""
    return capitals == all_of > 1 if ordinary else capitals >= _MOST * all_of
