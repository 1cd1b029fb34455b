"""Fragments of a PDF page to lines: put together by place, running heads and page numbers left out."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.typography import BULLETS

_LEADER = re.compile(r"(?<!\s)\s*+(?:[.\u2026_]\s*+){4,}")
_PAGE_NUMBER = re.compile(
    r"(?:page|p\.|seite)?\s*[-\u2013\u2014|]*\s*(?:\d{1,4}|[ivxlc]{1,6})\s*(?:(?:/|of|von)\s*\d{1,4})?\s*[-\u2013\u2014|]*",
    re.IGNORECASE,
)
_MARGIN = 0.13
_EDGE_LINES = 3
_APART = 1.5
"""Gap between running heads and the text, in heights of type."""
_BROKEN_CELL_GAP = 0.7
_CELL_GAP = 2.0
"""Gap between two cells of a row, in heights of type."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Text that a PDF shows at one place."""

    text: str
    x: float
    y: float
    size: float
    width: float
    """Exact where the font tells, else estimated."""
    exact: bool = False
    bold: bool = False
    broken: bool = False
    """Whether a text of the file ends with it, so that pypdf does not tell whether a space follows."""
    spaced: bool = False
    """Whether the file shows a space right before it."""


@dataclass(frozen=True, slots=True)
class PdfLine:
    """One line of a page."""

    text: str
    cells: tuple[str, ...]
    """Its parts where wide gaps or dot leaders set them apart; one cell else."""
    x: float
    y: float
    end: float
    """Right edge, estimated."""
    size: float
    bold: bool
    page: int
    text_x: float
    """Where the text after a bullet starts; ``x`` without one."""


def page_lines(fragments: Sequence[Fragment], page: int) -> list[PdfLine]:
    """Lines of a page in the order in which they are shown."""
    groups: list[list[Fragment]] = []
    for fragment in fragments:
        if groups and _same_line(groups[-1], fragment):
            groups[-1].append(fragment)
        else:
            groups.append([fragment])
    return [line for group in groups if (line := _line(group, page)) is not None]


def drop_furniture(pages: Sequence[Sequence[PdfLine]], heights: Sequence[float]) -> list[list[PdfLine]]:
    """Pages without page numbers and without the lines that repeat at their top or bottom, digits aside."""
    edges = [_edges(lines, height) for lines, height in zip(pages, heights, strict=True)]
    seen = Counter(key for page in edges for key in {_key(line) for line in page})
    few = len(pages) < 6
    kept = []
    for lines, edge in zip(pages, edges, strict=True):
        dropped = {
            id(line)
            for line in edge
            if _PAGE_NUMBER.fullmatch(line.text) or (len(pages) > 1 and _is_repeated(line, seen[_key(line)], few=few))
        }
        kept.append([line for line in lines if id(line) not in dropped])
    return kept


def _is_repeated(line: PdfLine, count: int, *, few: bool) -> bool:
    needed = 2 if few or "#" in _key(line)[0] else 3
    return count >= needed and any(character.isalpha() for character in line.text)


def _edges(lines: Sequence[PdfLine], height: float) -> list[PdfLine]:
    """Lines at the top and bottom of a page that a gap sets apart from the text."""
    by_place = sorted(lines, key=lambda line: -line.y)
    top = _apart(by_place[: _EDGE_LINES + 1])
    bottom = _apart(by_place[: -_EDGE_LINES - 2 : -1])
    return [line for line in top if line.y > height * (1 - _MARGIN)] + [
        line for line in bottom if line.y < height * _MARGIN
    ]


def _apart(outermost_first: Sequence[PdfLine]) -> Sequence[PdfLine]:
    for count in range(len(outermost_first) - 1, 0, -1):
        outer, inner = outermost_first[count - 1], outermost_first[count]
        if abs(outer.y - inner.y) > _APART * max(outer.size, inner.size):
            return outermost_first[:count]
    return outermost_first if len(outermost_first) <= _EDGE_LINES else ()


def _key(line: PdfLine) -> tuple[str, int]:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.casefold()), round(line.y / 5)


def _same_line(group: Sequence[Fragment], fragment: Fragment) -> bool:
    last = group[-1]
    close = abs(last.y - fragment.y) <= 0.45 * max(last.size, fragment.size)
    return close and fragment.x >= last.x - 1


def _line(group: Sequence[Fragment], page: int) -> PdfLine | None:
    cells, text_x = _cells(group)
    cells = tuple(cell for cell in map(clean, cells) if cell)
    if not cells:
        return None
    last = group[-1]
    # The line has the size of most of its letters, so that a raised number does not change it.
    main = max(group, key=lambda fragment: len(fragment.text.strip()))
    letters = sum(len(fragment.text.strip()) for fragment in group)
    bold = sum(len(fragment.text.strip()) for fragment in group if fragment.bold)
    return PdfLine(
        text=" ".join(cells),
        cells=cells,
        x=group[0].x,
        y=main.y,
        end=last.x + last.width,
        size=main.size,
        bold=bold * 10 >= letters * 9,
        page=page,
        text_x=text_x,
    )


def _cells(group: Sequence[Fragment]) -> tuple[tuple[str, ...], float]:
    """Raw texts of the cells, and where the text after a bullet starts."""
    cells = [group[0].text]
    text_x = group[0].x
    for before, fragment in pairwise(group):
        if len(cells) == 1 and cells[0].strip() in BULLETS and cells[0].strip():
            text_x = fragment.x
            cells[0] = f"{cells[0].strip()} "
        elif _is_cell(before, fragment):
            cells.append("")
        elif _is_spaced(before, fragment):
            cells[-1] += " "
        cells[-1] += fragment.text
    return tuple(piece for cell in cells for piece in _LEADER.split(cell)), text_x


def _is_cell(before: Fragment, fragment: Fragment) -> bool:
    gap = fragment.x - before.x - before.width
    if not before.broken:
        return gap > _CELL_GAP * fragment.size
    return gap > _BROKEN_CELL_GAP * fragment.size + (0 if before.exact else 0.06 * before.width)


def _is_spaced(before: Fragment, fragment: Fragment) -> bool:
    if fragment.spaced:
        return True
    gap = fragment.x - before.x - before.width
    if not before.broken:
        return gap > 0.5 * fragment.size
    if before.exact:
        return gap > 0.12 * fragment.size
    # Widths are guessed: letters that are set one by one are one word, words that are set one by one are not.
    return len(before.text.strip()) > 1 or gap > 0.25 * fragment.size
