"""What plain layout tells about a line: marker, caption, quotation, speaker, heading, note."""

import re
from dataclasses import dataclass

from rdhy_qa.documents.clean import count_words

MAX_HEADING_WORDS = 12
MAX_TITLE_WORDS = 24
_MAX_CAPTION_WORDS = 30
_MAX_SPEAKER_WORDS = 14

_BULLET = re.compile(r"([•◦▪▫‣\u2043·●○■□➢➤►✓✔\u2013—*+-])\s+(?=\S)")
_ORDERED = re.compile(r"(\((?:\d{1,3}|[a-z]|[ivx]{1,4})\)|\d{1,3}[.)]|[a-z][.)]|[ivx]{1,4}[.)])\s+(?=\S)")
_CAPTION = re.compile(
    r"(?:image|photo|picture|graphic|screenshot|illustration)s?(?: (?:source|credit|courtesy|by))?s?\s*(?::|\bby\b|©)"
    r"|(?:image|photo|picture) (?:source|credit|courtesy)s?\b"
    r"|(?:source|credit|courtesy|caption)s?\s*:"
    r"|(?:figure|fig\.?|table|chart|exhibit|plate|diagram)\s+[\dA-Z][\d.\-]*\s*(?:[:.\u2013—|-]\s|$)",
    re.IGNORECASE,
)
_NOTE = re.compile(r"[\[(]?(?:Editor|Translator)['\u2019]?s?['\u2019]? note\b", re.IGNORECASE)
_OPENING_QUOTES = '„“”"«»‟'
_CLOSING_QUOTES = '“”"«»'
_QUOTATION = re.compile(rf"[{_OPENING_QUOTES}]\s*\S.*?\s*[.!?…]?[{_CLOSING_QUOTES}][.,]?$", re.DOTALL)
_DATE_LINE = re.compile(
    r"(?:[A-Z][a-z]+day,?\s+)?(?:\d{1,2}(?:st|nd|rd|th)?\.?\s+)?[A-Z][a-z]{2,8}\.?,?\s+(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?\d{4}$"
)
_BYLINE = re.compile(r"(?:written |posted |published )?by\s+[A-Z]", re.IGNORECASE)
_NOT_A_TITLE = re.compile(r"https?://|www\.|\S@[^\s@.]{1,64}\.\w|[{}<>=]|\S{40}|\s\|\s")
_UNFINISHED = frozenset(
    ("of", "the", "and", "or", "to", "for", "with", "a", "an", "by", "from", "that", "is", "are", "was")
)
_NUMBERED = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*\.?|[IVX]{1,5}\.|[A-Z]\.|§+\s*\d+)\s+(?=\S)")
_SERIES = re.compile(r"([^\W\d_]{2,20}) (\d{1,3})\s*(?:[-\u2013—:.|)]|\s)\s*\S")


@dataclass(frozen=True, slots=True)
class Marker:
    """The bullet or number that opens a list item."""

    shown: str
    """As it is in the source."""
    style: str
    """Alike for the items of one list: the bullet itself, or the form of the number."""
    number: int | None
    """Value of a decimal number or single letter; None for bullets and Roman numerals."""
    length: int
    """Characters up to the item's text."""

    @property
    def prefix(self) -> str:
        """What the canonical text shows: a dash for any bullet, the number as it is."""
        return "-" if len(self.style) == 1 else self.shown


def marker_of(line: str) -> Marker | None:
    """Return the list marker that a line (without indent) opens with."""
    bullet = _BULLET.match(line)
    if bullet:
        return Marker(bullet[1], bullet[1], None, bullet.end())
    ordered = _ORDERED.match(line)
    if not ordered:
        return None
    value = ordered[1].strip("().")
    number = int(value) if value.isdigit() else ord(value) - 96 if len(value) == 1 else None
    form = ordered[1].replace(value, "0" if value.isdigit() else "a")
    return Marker(ordered[1], form, number, ordered.end())


def is_caption(text: str) -> bool:
    """Whether a line on its own is the credit or title of a picture or table."""
    return _CAPTION.match(text) is not None and count_words(text) <= _MAX_CAPTION_WORDS


def is_note(text: str) -> bool:
    """Whether a paragraph is an editor's note."""
    return _NOTE.match(text) is not None


def is_quotation(text: str) -> bool:
    """Whether a line is one quotation from its first to its last character."""
    if _QUOTATION.match(text) is None or count_words(text) < 3:
        return False
    inner = text[1:].rstrip(" .,")[:-1]
    # '"This" is not "that"' opens and closes with quotes and is a sentence about words.
    return not re.search(rf"\w[.,!?]?\s?[{_CLOSING_QUOTES}]\s+\w", inner)


def may_be_speaker(text: str) -> bool:
    """Whether a line can name who said the quotation before it."""
    if text.endswith((".", "!", "?", ":", ";")) and not re.search(r"\b(?:Inc|Ltd|Jr|Sr|Co)\.$", text):
        return False
    return count_words(text) <= _MAX_SPEAKER_WORDS and _is_attribution(text)


def _is_attribution(text: str) -> bool:
    """Whether a line has the form of an attribution: a dash, or a name, then who that is."""
    stripped = text.lstrip("\u2013—-~ ")
    return stripped != text or (stripped[:1].isupper() and "," in stripped)


def is_title_like(text: str, max_words: int = MAX_HEADING_WORDS) -> bool:
    """Whether a line has the form of a heading: short, no end punctuation, not a date, byline or address."""
    if len(text) > 10 * max_words or text.endswith((".", "!", "?", ":", ";", ",", "…")):
        return False
    if not 1 <= count_words(text) <= max_words or not re.search(r"[^\W\d_]{2}", text):
        return False
    first = next((character for character in text if character.isalnum()), "")
    if first.islower() or _NOT_A_TITLE.search(text):
        return False
    if text.split()[-1].casefold() in _UNFINISHED:
        return False
    return not (_DATE_LINE.match(text) or _BYLINE.match(text))


def numbered_level(text: str) -> int | None:
    """Depth of a heading's number: 1 for "3. Scope", 2 for "3.1 Persons"; None without a number."""
    match = _NUMBERED.match(text)
    return match.group().strip(" .").count(".") + 1 if match else None


def series_key(text: str) -> tuple[str, int] | None:
    """Word and number of a line such as "Part 2 - The visit": ``("part", 2)``."""
    match = _SERIES.match(text)
    return (match[1].casefold(), int(match[2])) if match else None
