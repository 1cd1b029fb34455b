"""Table rows as text that reads on its own."""

import re
from collections.abc import Sequence

from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.parts import Part

_DIGIT = re.compile(r"\d")


def row_part(headers: Sequence[str], cells: Sequence[str], list_id: int, page: int | None = None) -> Part | None:
    """One row as "Header: cell; Header: cell", or "cell | cell" without headers; None for an empty row.

    The head is the first cell.
    """
    pieces, head = [], None
    separator = "; " if any(headers) else " | "
    for index, cell in enumerate(cells):
        if not cell:
            continue
        header = headers[index] if index < len(headers) else ""
        label = f"{header}: " if header and header != cell else ""
        if index == 0:
            head = (len(label), len(label) + len(cell))
        pieces.append(label + cell)
    if not pieces:
        return None
    return Part(BlockKind.TABLE_ROW, separator.join(pieces), page=page, list_id=list_id, head=head)


def is_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a table's first row names its columns: no digits in it, all cells filled and different."""
    if len(set(first)) != len(first) or not all(first) or any(map(_DIGIT.search, first)):
        return False
    return any(_DIGIT.search(cell) for row in others for cell in row) or len(others) >= 2
