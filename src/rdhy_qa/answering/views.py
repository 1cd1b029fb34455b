"""A document as the answering stage looks at it: the stems of its sentences, and of what stands around them."""

from dataclasses import dataclass
from functools import lru_cache

from rdhy_qa.answering.instructions import speaks_to_machine
from rdhy_qa.answering.places import countries_in
from rdhy_qa.documents.document import BlockKind, Document, Record
from rdhy_qa.documents.typography import is_disguised
from rdhy_qa.terms import STOP_WORDS, joined_names, stem, terms


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a sentence, as stems."""

    own: frozenset[str]
    item: frozenset[str]
    frame: frozenset[str]
    countries: frozenset[str]
    own_sequence: tuple[str, ...]


class DocumentView:
    """Stems of a document's sentences and blocks, computed once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._sentences: dict[int, tuple[str, ...]] = {}
        self._section: dict[tuple[str, ...], frozenset[str]] = {}
        self._countries: dict[tuple[int, int], frozenset[str]] = {}
        self.records = {record.block: record for record in document.records}
        self._by_block: dict[int, list[int]] = {}
        for index, sentence in enumerate(document.sentences):
            self._by_block.setdefault(sentence.block, []).append(index)
        self._owner = self._quotation_owners()
        metadata = document.metadata
        self.not_evidence = self._blocks_to_machines()
        self.title = frozenset(_stem_sequence(f"{metadata.title}. {metadata.author or ''}"))

    def _quotation_owners(self) -> dict[int, Record]:
        owners: dict[int, Record] = {}
        for record in self.document.records:
            for position in range(record.block, len(self.document.blocks)):
                block = self.document.blocks[position]
                if block.start >= record.end:
                    break
                owners[position] = record
        return owners

    def _blocks_to_machines(self) -> frozenset[int]:
        """Blocks that give orders to a machine or have names in disguise, with the items of lists that they open."""
        text = self.document.text
        found = {
            number
            for number, block in enumerate(self.document.blocks)
            if speaks_to_machine(said := text[block.start : block.end]) or is_disguised(said)
        }
        numbers = {block.start: number for number, block in enumerate(self.document.blocks)}
        for number, record in self._owner.items():
            if record.lead_in is not None and numbers.get(record.lead_in.start) in found:
                found.add(number)
        return frozenset(found)

    def record_of(self, block: int) -> Record | None:
        """The record that a block belongs to."""
        return self._owner.get(block)

    def stems(self, index: int) -> tuple[str, ...]:
        """Stems of a sentence in order."""
        if index not in self._sentences:
            sentence = self.document.sentences[index]
            self._sentences[index] = _stem_sequence(self.document.text[sentence.start : sentence.end])
        return self._sentences[index]

    def stems_between(self, start: int, end: int) -> frozenset[str]:
        """Stems of a range of characters."""
        return _stems_of(self.document.text[start:end])

    def countries(self, start: int, end: int) -> frozenset[str]:
        """Countries named in a range of characters."""
        if (start, end) not in self._countries:
            found = countries_in(self.document.text[start:end])
            self._countries[(start, end)] = frozenset(place.country for place in found)
        return self._countries[(start, end)]

    def section(self, titles: tuple[str, ...]) -> frozenset[str]:
        """Stems of a section path."""
        if titles not in self._section:
            self._section[titles] = frozenset(found for title in titles for found in _stem_sequence(title))
        return self._section[titles]

    def sentences_of(self, block: int) -> list[int]:
        """Positions of a block's sentences."""
        return self._by_block.get(block, [])

    def frame(self, index: int) -> Frame:
        """What stands around a sentence."""
        sentence = self.document.sentences[index]
        block = self.document.blocks[sentence.block]
        sequence = self.stems(index)
        own = frozenset(sequence)
        record = self.record_of(sentence.block)
        item = own.union(*(self.stems(other) for other in self.sentences_of(sentence.block)))
        countries = self.countries(sentence.start, sentence.end)
        frame = item | self.section(block.section) | self.title
        if record is not None:
            item |= self.stems_between(record.start, record.end)
            countries |= self.countries(record.start, record.end)
            frame |= item
            if record.lead_in is not None:
                frame |= self.stems_between(record.lead_in.start, record.lead_in.end)
        else:
            for position in (sentence.block - 1, sentence.block + 1):
                if 0 <= position < len(self.document.blocks) and self.document.blocks[position].kind in _RUNNING_TEXT:
                    frame = frame.union(*(self.stems(other) for other in self.sentences_of(position)))
            countries |= self.countries(block.start, block.end)
        return Frame(own, item, frame, countries, sequence)


_RUNNING_TEXT = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTATION, BlockKind.HEADING})


@lru_cache(maxsize=50_000)
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(_stem_sequence(text))


def _stem_sequence(text: str) -> tuple[str, ...]:
    """Stems of a text's words in order, then those of its names written as one: "Gary Hamel" also gives "garyhamel"."""
    found = terms(text)
    words = [t.stem for t in found if t.folded not in STOP_WORDS]
    return (*words, *(stem(name) for name in joined_names(text, found)))
