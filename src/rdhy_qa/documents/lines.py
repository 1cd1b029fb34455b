"""Physical lines to logical ones: hard-wrapped paragraphs joined, deliberate line breaks kept, rows of columns found."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.layout import Marker, marker_of

_MIN_WRAP = 50
_MAX_WRAP = 130
_GAP = re.compile(r"\t+| {3,}")
_SENTENCE_END = re.compile(r"[.!?…:][\"”“’»)\]]*$")
_MIN_ROWS = 3
_MAX_CELL = 60
_UNDERLINE = re.compile(r"([=\-~*#_])\1{2,}$")
_RULE_CELLS = re.compile(r"[\s|:+=-]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line that is not blank."""

    raw: str
    """As in the file, without line end; tabs kept."""
    gap: bool
    """Whether blank lines or the start of the document stand before it."""

    @property
    def indent(self) -> int:
        """Leading columns of white space."""
        expanded = self.raw.expandtabs(4)
        return len(expanded) - len(expanded.lstrip())

    @property
    def text(self) -> str:
        """Clean text."""
        return clean(self.raw)


@dataclass(frozen=True, slots=True)
class Run:
    """A logical line: a heading, a whole paragraph, a list item, a table row."""

    text: str
    gap: bool = True
    indent: int = 0
    marker: Marker | None = None
    cells: tuple[str, ...] = ()
    """The cells of a table row."""
    page: int | None = None
    level: int | None = None
    """Heading level where type size or an underline tells; 0 where it tells that this is none; None where unknown."""


def split_lines(text: str) -> list[Line]:
    """The lines of a text that hold something, each with whether a gap stands before it."""
    lines, gap = [], True
    for raw in text.split("\n"):
        if clean(raw):
            lines.append(Line(raw.replace("\u00a0", " "), gap))
            gap = False
        else:
            gap = True
    return lines


def join_lines(lines: Sequence[Line]) -> list[Run]:
    """Logical lines of a plain text, in order. Only white space, underlines and quotes of CSV cells are dropped."""
    width = _wrap_width(lines)
    runs: list[Run] = []
    position = 0
    while position < len(lines):
        rows = _table_at(lines, position)
        if rows:
            runs.extend(
                Run(" | ".join(filter(None, cells)), lines[position].gap and not at, cells=cells)
                for at, cells in enumerate(rows)
                if any(cells)
            )
            position += len(rows)
            continue
        taken, run = _run_at(lines, position, width, runs)
        position += taken
        if run is not None:
            runs.append(run)
    return runs


def _run_at(lines: Sequence[Line], position: int, width: int, runs: list[Run]) -> tuple[int, Run | None]:
    first = lines[position]
    underline = _UNDERLINE.match(first.text)
    if underline:
        if runs and not first.gap and runs[-1].marker is None and not runs[-1].cells:
            title = runs.pop()
            runs.append(Run(title.text, title.gap, title.indent, level=1 if underline[1] == "=" else 2))
        return 1, None
    marker = marker_of(first.text)
    taken = 1
    while position + taken < len(lines) and _continues(lines, position, taken, width, marker):
        taken += 1
    text = " ".join(line.text for line in lines[position : position + taken])
    return taken, Run(text[marker.length :] if marker else text, first.gap, first.indent, marker)


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
    if line.text[:1].islower() and not ended and (full or len(before.text) >= width / 2):
        return True
    return full


def _is_wrapped_marker(following: Marker, marker: Marker | None, *, ended: bool, full: bool) -> bool:
    """Whether what looks like a marker is a dash or number inside of a wrapped sentence."""
    if marker and marker.style == following.style:
        return False
    if following.style in "–—-*+":
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
    lengths = sorted(
        len(line.text) for line, following in zip(lines, lines[1:], strict=False) if not following.gap
    )
    if not lengths:
        return 0
    typical = lengths[int(0.95 * (len(lengths) - 1))]
    long_lines = sum(1 for length in lengths if length > _MAX_WRAP)
    if typical > _MAX_WRAP or long_lines * 5 > len(lengths):
        return 0
    return max(_MIN_WRAP, typical)


def _table_at(lines: Sequence[Line], position: int) -> list[tuple[str, ...]]:
    """Rows of the table that starts here, rules between rows as empty tuples; empty where there is none."""
    first = lines[position].raw
    for split in (_split_pipes, _split_columns, _split_csv):
        count = len(split(first))
        if count < 2:
            continue
        rows: list[tuple[str, ...]] = []
        for offset, line in enumerate(lines[position:]):
            if offset and line.gap and split is not _split_pipes:
                break
            cells = split(line.raw)
            if cells and len(cells) != count:
                break
            if not cells and not _RULE_CELLS.fullmatch(line.raw):
                break
            rows.append(cells)
        if _is_table(rows):
            return rows
    return []


def _is_table(rows: Sequence[tuple[str, ...]]) -> bool:
    filled = [cells for cells in rows if cells]
    lengths = sorted(len(cell) for cells in filled for cell in cells)
    return len(filled) >= _MIN_ROWS and lengths[int(0.9 * (len(lengths) - 1))] <= _MAX_CELL


def _split_pipes(raw: str) -> tuple[str, ...]:
    if "|" not in raw or _RULE_CELLS.fullmatch(raw):
        return ()
    return _cells(raw.strip().strip("|").split("|"))


def _split_columns(raw: str) -> tuple[str, ...]:
    if marker_of(raw.strip()):
        return ()
    return tuple(cell for cell in _cells(_GAP.split(raw.strip())) if cell)


def _split_csv(raw: str) -> tuple[str, ...]:
    for delimiter in ";,":
        # In prose a space follows the comma, in data it does not.
        if raw.count(delimiter) >= 2 and raw.count(delimiter + " ") * 4 <= raw.count(delimiter):
            try:
                return _cells(next(csv.reader([raw], delimiter=delimiter)))
            except (csv.Error, StopIteration):
                return ()
    return ()


def _cells(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(clean(cell) for cell in cells)
