"""Which list an item of plain layout belongs to."""

from dataclasses import dataclass

from rdhy_qa.documents.layout import Marker


@dataclass(slots=True)
class _Open:
    list_id: int
    style: str
    indent: int
    number: int | None


class ListStack:
    """The lists that are open at a place of the text, outermost first."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._resumable: _Open | None = None
        self._next = 0

    @property
    def is_open(self) -> bool:
        """Whether an item may go on with a list."""
        return bool(self._open)

    @property
    def current(self) -> int | None:
        """The innermost open list."""
        return self._open[-1].list_id if self._open else None

    def new_id(self) -> int:
        """Return an id that no list of the document has yet."""
        self._next += 1
        return self._next - 1

    def is_inside(self, indent: int) -> bool:
        """Whether a line of this indent belongs to the last item rather than to what comes after the list."""
        return bool(self._open) and indent > self._open[-1].indent

    def close(self, *, forget: bool = False) -> None:
        """End all lists; a numbered one can go on after a paragraph unless it is forgotten."""
        if self._open and self._open[0].number is not None:
            self._resumable = self._open[0]
        if forget:
            self._resumable = None
        self._open = []

    def place(self, marker: Marker, indent: int) -> tuple[int, int]:
        """List and depth of the next item."""
        at = self._matching(marker, indent)
        if at is None:
            self._push(marker, indent)
        else:
            del self._open[at + 1 :]
            self._open[at].number = marker.number
        return self._open[-1].list_id, len(self._open) - 1

    def _matching(self, marker: Marker, indent: int) -> int | None:
        for at in range(len(self._open) - 1, -1, -1):
            candidate = self._open[at]
            if (
                candidate.style == marker.style
                and abs(candidate.indent - indent) <= 1
                and self._counts_on(candidate, marker)
            ):
                return at
        return None

    @staticmethod
    def _counts_on(candidate: _Open, marker: Marker) -> bool:
        if marker.number is None or candidate.number is None:
            return True
        return marker.number > candidate.number

    def _push(self, marker: Marker, indent: int) -> None:
        resumed = self._resumable
        if not self._open and resumed and resumed.style == marker.style and _follows(marker, resumed):
            resumed.number = marker.number
            self._open = [resumed]
            return
        while self._open and (
            indent < self._open[-1].indent - 1
            or (self._open[-1].style == marker.style and indent <= self._open[-1].indent + 1)
        ):
            self._open.pop()
        self._open.append(_Open(self.new_id(), marker.style, indent, marker.number))


def _follows(marker: Marker, resumed: _Open) -> bool:
    return resumed.number is not None and marker.number == resumed.number + 1
