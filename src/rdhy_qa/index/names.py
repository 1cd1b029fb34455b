"""Which words of the corpus are proper names: those written with a capital where a sentence does not ask for one."""

from collections import Counter
from collections.abc import Iterable

from rdhy_qa.documents.document import BlockKind, Document
from rdhy_qa.index.vocabulary import is_english
from rdhy_qa.terms import STOP_WORDS, terms

# "Haier's Award" and "an award": a word is a name where it is written as one most of the time.
_MOST = 0.7
_TITLE_CASE = (BlockKind.HEADING, BlockKind.CAPTION)


def name_stems(documents: Iterable[Document]) -> set[str]:
    """Stems that are mostly written with a capital inside sentences, and uncommon words that open records."""
    capitals: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    heads: set[str] = set()
    ordinary: set[str] = set()
    for document in documents:
        for sentence in document.sentences:
            if document.blocks[sentence.block].kind in _TITLE_CASE:
                continue
            text = document.text[sentence.start : sentence.end]
            for term in terms(text)[1:]:
                if term.folded not in STOP_WORDS:
                    all_of[term.stem] += 1
                    if is_english(term.folded):
                        ordinary.add(term.stem)
                    capitals[term.stem] += text[term.start].isupper()
        for record in document.records:
            if record.head is not None:
                found = terms(record.head.of(document.text))
                heads.update(term.stem for term in found if not is_english(term.folded) and term.folded.isalpha())
    return heads | {stem for stem, number in capitals.items() if _is_name(number, all_of[stem], stem in ordinary)}


def _is_name(capitals: int, all_of: int, ordinary: bool) -> bool:
    """Tell whether a word is a name; one that English also has must be written as a name always, and more than once."""
    return capitals == all_of > 1 if ordinary else capitals >= _MOST * all_of
