"""Logical lines to parts: what is a heading, an item, a quotation, a caption is told by the layout alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.layout import numbered_level, series_key
from rdhy_qa.documents.lines import Run
from rdhy_qa.documents.lists import ListStack
from rdhy_qa.documents.parts import Part
from rdhy_qa.documents.roles import TRANSPARENT, Role, find_roles
from rdhy_qa.documents.tables import row_part


@dataclass(frozen=True, slots=True)
class Structure:
    """Parts of a text that has no markup."""

    parts: list[Part]
    title: str | None
    """The first line, where it has the form of a title."""


def structure(runs: Sequence[Run]) -> Structure:
    """Tell the kind of each logical line and put it in its list.

    No text is dropped but for lines without any letter or digit.
    """
    kept = [run for run in runs if run.table or any(character.isalnum() for character in run.text)]
    roles, has_title = find_roles(kept)
    return Structure(_Builder(kept, roles, has_title).build(), kept[0].text if has_title else None)


class _Builder:
    """Walks the lines once and keeps the lists that are open."""

    def __init__(self, runs: Sequence[Run], roles: Sequence[Role], has_title: bool) -> None:
        self._runs = runs
        self._roles = roles
        self._has_title = has_title
        self._below = _roles_below(roles)
        self._lists = ListStack()
        self._parts: list[Part] = []

    def build(self) -> list[Part]:
        for at, (run, role) in enumerate(zip(self._runs, self._roles, strict=True)):
            if role is Role.HEADING:
                self._heading(at, run)
            elif role is Role.ITEM:
                self._item(run)
            elif role in (Role.SERIES, Role.UNMARKED):
                self._bare_item(at, run)
            elif role is Role.TABLE:
                self._table(run)
            elif role is Role.QUOTATION:
                self._add(BlockKind.QUOTATION, run, self._list_of_quotation(at, run))
            elif role is Role.SPEAKER:
                self._speaker(run)
            elif role is Role.CAPTION:
                self._add(BlockKind.CAPTION, run)
            elif role is Role.NOTE:
                self._add(BlockKind.NOTE, run)
            else:
                self._paragraph(at, run)
        return self._parts

    def _add(self, kind: BlockKind, run: Run, list_id: int | None = None) -> None:
        self._parts.append(Part(kind, run.text, page=run.page, list_id=list_id))

    def _heading(self, at: int, run: Run) -> None:
        text = f"{run.marker.shown} {run.text}" if run.marker else run.text
        if run.level:
            level = run.level
        elif at == 0 and self._has_title:
            level = 1
        else:
            level = min(6, 1 + (numbered_level(text) or 1))
        self._lists.close(forget=True)
        self._parts.append(Part(BlockKind.HEADING, text, level=level, page=run.page))

    def _item(self, run: Run) -> None:
        assert run.marker
        list_id, depth = self._lists.place(run.marker, run.indent)
        self._parts.append(
            Part(
                BlockKind.LIST_ITEM,
                run.text,
                page=run.page,
                list_id=list_id,
                marker=run.marker.prefix,
                depth=depth,
            )
        )

    def _bare_item(self, at: int, run: Run) -> None:
        """Add an item that no marker sets apart."""
        follows = at > 0 and self._roles[at - 1] is self._roles[at]
        key, before = series_key(run.text), series_key(self._runs[at - 1].text) if follows else None
        if key and before and key[0] != before[0] and self._roles[at] is Role.SERIES:
            follows = False
        list_id = self._parts[-1].list_id if follows else self._lists.new_id()
        self._lists.close()
        self._parts.append(Part(BlockKind.LIST_ITEM, run.text, page=run.page, list_id=list_id))

    def _table(self, run: Run) -> None:
        assert run.table
        self._lists.close()
        list_id = self._lists.new_id()
        if run.table.header:
            self._parts.append(Part(BlockKind.PARAGRAPH, " | ".join(filter(None, run.table.header)), page=run.page))
        for cells in run.table.rows:
            # A row with fewer cells does not tell which columns they are in.
            header = run.table.header if len(cells) == len(run.table.header) else ()
            part = row_part(header, cells, list_id, run.page)
            if part:
                self._parts.append(part)

    def _list_of_quotation(self, at: int, run: Run) -> int | None:
        """Find the list of the item that the quotation belongs to: it stands between items, or is set in below one."""
        last = next((part for part in reversed(self._parts) if part.kind is not BlockKind.CAPTION), None)
        if last is None or last.list_id is None or not self._lists.is_open:
            return None
        if last.kind not in (BlockKind.LIST_ITEM, BlockKind.QUOTATION, BlockKind.PARAGRAPH):
            return None
        if self._lists.is_inside(run.indent) or self._below[at] is Role.ITEM:
            return last.list_id
        return None

    def _speaker(self, run: Run) -> None:
        quotation = self._parts[-1]
        name = run.text.lstrip("\u2013—-~ ") or run.text
        self._parts[-1] = replace(quotation, text=f"{quotation.text} — {name}")

    def _paragraph(self, at: int, run: Run) -> None:
        inside = self._lists.is_open and self._lists.is_inside(run.indent) and at > 0
        if inside:
            self._add(BlockKind.PARAGRAPH, run, self._lists.current)
            return
        self._lists.close()
        self._add(BlockKind.PARAGRAPH, run)


def _roles_below(roles: Sequence[Role]) -> list[Role | None]:
    """For each line the role of the next one that is no quotation, and nothing that stands with one."""
    below: list[Role | None] = [None] * len(roles)
    for at in range(len(roles) - 2, -1, -1):
        after = roles[at + 1]
        below[at] = below[at + 1] if after in (*TRANSPARENT, Role.QUOTATION, Role.SPEAKER) else after
    return below
