"""Physical lines to logical ones: wrapped paragraphs joined, deliberate line breaks kept, tables found."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.layout import Marker, marker_of
from rdhy_qa.documents.tables import Table, find_tables

_MIN_WRAP = 50
_MAX_WRAP = 130
_SHORT = 30
_SENTENCE_END = re.compile(r"[.!?…:][\"”“\u2019»)\]]*$")
_CUT_WORD = re.compile(r"(?<=[^\W\d_]-)\n(?=[^\W\d_])")
_UNDERLINE = re.compile(r"([=\-~*#_])\1{2,}$")


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line that is not blank."""

    text: str
    """Clean text."""
    raw: str
    """As in the file, without line end; tabs kept."""
    indent: int
    """Leading columns of white space."""
    gap: bool
    """Whether blank lines or the start of the document stand before it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A logical line: a heading, a whole paragraph, a list item, a whole table."""

    text: str
    gap: bool = True
    indent: int = 0
    marker: Marker | None = None
    table: Table | None = None
    """Set where the run is a whole table; its text is empty then."""
    page: int | None = None
    level: int | None = None
    """Heading level where type size or an underline tells; 0 where it tells that this is none; None where unknown."""


def split_lines(text: str) -> list[Line]:
    """Split a text into the lines that hold something, each with whether a gap stands before it."""
    lines, gap = [], True
    for raw in text.split("\n"):
        text = clean(raw)
        if text:
            expanded = raw.expandtabs(4)
            lines.append(Line(text, raw, len(expanded) - len(expanded.lstrip()), gap))
        gap = not text
    return lines


def join_lines(lines: Sequence[Line]) -> list[Run]:
    """Logical lines of a plain text, in order. Only white space, underlines and quotes of CSV cells are dropped."""
    width = _wrap_width(lines)
    tables = find_tables([line.raw for line in lines], [line.gap for line in lines])
    runs: list[Run] = []
    position = 0
    while position < len(lines):
        table = tables.get(position)
        if table:
            runs.append(Run("", lines[position].gap, table=table))
            position += table.lines
            continue
        taken, run = _run_at(lines, position, width, runs, tables)
        position += taken
        if run is not None:
            runs.append(run)
    return runs


def _run_at(
    lines: Sequence[Line], position: int, width: int, runs: list[Run], tables: Container[int]
) -> tuple[int, Run | None]:
    first = lines[position]
    underline = _UNDERLINE.match(first.text)
    if underline:
        if runs and not first.gap and runs[-1].marker is None and not runs[-1].table:
            title = runs.pop()
            runs.append(Run(title.text, title.gap, title.indent, level=1 if underline[1] == "=" else 2))
        return 1, None
    marker = marker_of(first.text)
    taken = 1
    while position + taken < len(lines) and position + taken not in tables:
        if not _continues(lines, position, taken, width, marker):
            break
        taken += 1
    # A hyphen at a line's end stays: without a dictionary nobody knows whether it belongs to the word.
    text = _CUT_WORD.sub("", "\n".join(line.text for line in lines[position : position + taken])).replace("\n", " ")
    if marker is None or not any(map(str.isalnum, text[marker.length :])):
        return taken, Run(text, first.gap, first.indent)
    return taken, Run(text[marker.length :], first.gap, first.indent, marker)


def _continues(lines: Sequence[Line], start: int, taken: int, width: int, marker: Marker | None) -> bool:
    """Whether the line after ``taken`` lines from ``start`` goes on with their text."""
    first, before, line = lines[start], lines[start + taken - 1], lines[start + taken]
    if line.gap or _UNDERLINE.match(line.text):
        return False
    ended = bool(_SENTENCE_END.search(before.text))
    full = not _fits(before, line, width)
    next_marker = marker_of(line.text)
    if next_marker:
        return _is_wrapped_marker(next_marker, marker, ended=ended, full=full)
    if marker and line.indent > first.indent:
        return True
    if ended and line.indent >= before.indent + 2 and not marker and taken > 1:
        return False  # first-line indent
    if before.text.endswith(":") and len(line.text) < 0.7 * width and line.text[:1].isupper():
        return False
    if line.text[:1].islower() and not ended and (full or len(before.text) >= max(_SHORT, width / 2)):
        return True
    return full


def _is_wrapped_marker(following: Marker, marker: Marker | None, *, ended: bool, full: bool) -> bool:
    """Whether what looks like a marker is a dash or number inside of a wrapped sentence."""
    if marker and marker.style == following.style:
        return False
    if following.style in "\u2013—-*+":
        return full and not ended and marker is None
    in_order = following.number in (None, 1) or following.shown.strip("().") == "i"
    return full and not ended and not in_order and len(following.style) > 1


def _fits(before: Line, line: Line, width: int) -> bool:
    """Whether the next line's first word had room, so that the break is deliberate."""
    if not width:
        return True
    return before.indent + len(before.text) + 1 + len(line.text.split(" ", 1)[0]) <= 0.8 * width


def _wrap_width(lines: Sequence[Line]) -> int:
    """Columns at which the text was wrapped by hand; 0 where every line is a paragraph."""
    lengths = sorted(len(line.text) for line, following in pairwise(lines) if not following.gap)
    if not lengths:
        return 0
    typical = lengths[int(0.95 * (len(lengths) - 1))]
    long_lines = sum(1 for length in lengths if length > _MAX_WRAP)
    if typical > _MAX_WRAP or long_lines * 5 > len(lengths):
        return 0
    return max(_MIN_WRAP, typical)
