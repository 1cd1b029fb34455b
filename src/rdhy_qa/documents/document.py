"""What every reader produces: one canonical text, and blocks, sentences and records that point into it."""

from bisect import bisect_left
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter


class BlockKind(StrEnum):
    """The role of a block in its document."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    QUOTATION = "quotation"
    CAPTION = "caption"
    NOTE = "note"
    """An editor's note: says what others say, never what the document itself says."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of characters in a document's canonical text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the characters that the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item, table row, quotation, caption or editor's note."""

    kind: BlockKind
    start: int
    end: int
    section: tuple[str, ...] = ()
    """Titles of the headings above it, outermost first; a heading's own title is its last entry."""
    level: int = 0
    """Heading level (1 to 6); 0 for anything else."""
    page: int | None = None
    """One-based page of a paginated document."""
    list_id: int | None = None
    """The list or table it belongs to, unique in the document. A quotation or further paragraph that belongs to a
    list item carries it too."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The smallest unit that can be cited."""

    start: int
    end: int
    block: int
    """Position of its block in ``Document.blocks``."""


@dataclass(frozen=True, slots=True)
class Record:
    """A list item or table row, with what it is an item of."""

    list_id: int
    position: int
    """Zero-based place in its list."""
    start: int
    end: int
    """The item itself, and the quotations and further paragraphs that belong to it."""
    block: int
    """Position of the item's own block in ``Document.blocks``."""
    head: Span | None
    """The thing that the item is about, where it opens with one: a name, a title."""
    qualifier: Span | None
    """What stands with the head to tell it apart: "Brazil" in "raizen (Brazil)" or "raizen from Brazil", the author
    of a book."""
    lead_in: Span | None
    """The text that introduces the list."""
    section: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a document besides its text."""

    id: str
    title: str
    kind: str = "document"
    series: int | None = None
    author: str | None = None
    published: str | None = None
    """ISO 8601 date."""
    url: str | None = None
    """Address of the original."""
    language: str = "en"
    original: bool = False
    """True where the text is the original's own, so that a text fragment finds it at ``url``."""
    rights: str | None = None
    available: bool = True
    """False for a document that is known to exist but of which no text is held."""


@dataclass(frozen=True, slots=True)
class Document:
    """One post, case study or page."""

    metadata: Metadata
    text: str
    """Canonical text, NFC-normalised; every offset points into it."""
    blocks: tuple[Block, ...] = field(default=())
    sentences: tuple[Sentence, ...] = field(default=())
    records: tuple[Record, ...] = field(default=())

    @property
    def id(self) -> str:
        """The document's id."""
        return self.metadata.id

    def sentences_in(self, start: int, end: int) -> range:
        """Positions of the sentences that begin in a range of characters."""
        begin = attrgetter("start")
        return range(bisect_left(self.sentences, start, key=begin), bisect_left(self.sentences, end, key=begin))
