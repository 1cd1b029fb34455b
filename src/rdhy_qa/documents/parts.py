"""What a reader hands to assembly: the document's parts in reading order, not yet placed in one text."""

from dataclasses import dataclass, field

from rdhy_qa.documents.document import BlockKind


@dataclass(frozen=True, slots=True)
class Part:
    """One block before it has offsets."""

    kind: BlockKind
    text: str
    """Clean text on one line: markup removed, white space collapsed."""
    level: int = 0
    page: int | None = None
    list_id: int | None = None
    head: tuple[int, int] | None = None
    """Where markup (bold, a first table cell) sets the head of an item apart, offsets in ``text``."""
    marker: str = "-"
    """What stands before a list item: "-" for any bullet, its number where the list is ordered."""
    depth: int = 0
    """How many lists a list item's own list is nested in."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as its reader understood it."""

    parts: list[Part]
    metadata: dict[str, object] = field(default_factory=dict)
    """Metadata that the file itself declares: front matter, HTML meta tags, PDF information.

    Keys are the names of the fields of ``Metadata``."""
