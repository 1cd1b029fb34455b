"""Tables: found in plain lines, and rows as text that reads on its own."""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rdhy_qa.documents.clean import clean
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.layout import marker_of
from rdhy_qa.documents.parts import Part

_Split = Callable[[str], tuple[str, ...]]

_DIGIT = re.compile(r"\d")
# A year names a column, any other number is data.
_VALUE = re.compile(r"(?<![\d.,])(?!(?:19|20)\d\d(?![\d.,]))\d+")
_GAP = re.compile(r"\t+| {3,}")
_RULE = re.compile(r"[\s|:+=-]+")
_MIN_ROWS = 3
_MAX_CELL = 60
_LONG_CELL = 400
"""Where a character sets cells apart, they may be longer than where only space does."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a plain text."""

    lines: int
    """Physical lines that it takes."""
    header: tuple[str, ...]
    """Names of its columns; empty where the first row is data."""
    rows: list[tuple[str, ...]]
    """Its rows, the header not among them."""


def row_part(headers: Sequence[str], cells: Sequence[str], list_id: int, page: int | None = None) -> Part | None:
    """One row as "Header: cell; Header: cell", or "cell | cell" without headers; None for an empty row.

    The head is the first cell.
    """
    pieces, head = [], None
    for index, cell in enumerate(cells):
        if not cell:
            continue
        header = headers[index] if index < len(headers) else ""
        label = f"{header.rstrip(':')}: " if header and header != cell else ""
        if index == 0:
            head = (len(label), len(label) + len(cell))
        pieces.append(label + cell)
    if not pieces:
        return None
    separator = "; " if any(headers) else " | "
    return Part(BlockKind.TABLE_ROW, separator.join(pieces), page=page, list_id=list_id, head=head)


def find_tables(lines: Sequence[str], gaps: Sequence[bool]) -> dict[int, Table]:
    """Tables by the position of their first line: columns set apart by bars, tabs, wide gaps or as CSV.

    ``gaps`` tells for each line whether a blank line stands before it.
    """
    tables: dict[int, Table] = {}
    position = 0
    while position + _MIN_ROWS <= len(lines):
        taken = 1
        for split, max_cell in ((_split_pipes, _LONG_CELL), (_split_columns, _MAX_CELL), (_split_csv, _LONG_CELL)):
            rows = _rows_at(lines, gaps, position, split)
            taken = max(taken, len(rows))
            if _is_table(rows, max_cell):
                tables[position] = table_of(rows)
                taken = len(rows)
                break
        position += taken
    return tables


def _rows_at(lines: Sequence[str], gaps: Sequence[bool], position: int, split: _Split) -> list[tuple[str, ...]]:
    """Cells of the lines from a position on that have as many cells as the first; rules as empty tuples."""
    first = split(lines[position])
    if len(first) < 2:
        return []
    rows = [first]
    # The corner above the names of rows is often blank.
    corner = position + 1 < len(lines) and len(split(lines[position + 1])) == len(first) + 1
    count = len(first) + corner
    for index in range(position + 1, len(lines)):
        cells = split(lines[index])
        if gaps[index] or (len(cells) != count and not _RULE.fullmatch(lines[index])):
            break
        rows.append(cells)
    return rows


def _is_table(rows: Sequence[tuple[str, ...]], max_cell: int) -> bool:
    filled = [cells for cells in rows if cells]
    lengths = sorted(len(cell) for cells in filled for cell in cells)
    return len(filled) >= _MIN_ROWS and lengths[int(0.9 * (len(lengths) - 1))] <= max_cell


def table_of(rows: Sequence[tuple[str, ...]]) -> Table:
    """Tell a table's header from its rows; a rule is an empty tuple."""
    ruled = not rows[1]
    filled = [cells for cells in rows if any(cells)]
    if len(filled[0]) + 1 == min(map(len, filled[1:]), default=0) and _names_columns(filled[0], filled[1:]):
        return Table(len(rows), ("", *filled[0]), filled[1:])
    if ruled or _names_columns(filled[0], filled[1:]):
        return Table(len(rows), filled[0], filled[1:])
    return Table(len(rows), (), filled)


def _names_columns(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    if len(set(first)) != len(first) or not all(first) or any(map(_VALUE.search, first)):
        return False
    return any(_DIGIT.search(cell) for row in others for cell in row)


def _split_pipes(raw: str) -> tuple[str, ...]:
    if "|" not in raw or _RULE.fullmatch(raw):
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
