"""Logical lines to parts: what is a heading, an item, a quotation, a caption is told by the layout alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from rdhy_qa.documents.clean import count_words
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.layout import (
    MAX_TITLE_WORDS,
    is_caption,
    is_note,
    is_quotation,
    is_title_like,
    may_be_speaker,
    numbered_level,
    series_key,
)
from rdhy_qa.documents.lines import Run
from rdhy_qa.documents.lists import ListStack
from rdhy_qa.documents.parts import Part
from rdhy_qa.documents.tables import row_part

_SERIES_MIN = 3
_MAX_HEADINGS_IN_A_ROW = 3


class _Role(Enum):
    BODY = auto()
    HEADING = auto()
    ITEM = auto()
    TABLE = auto()
    SERIES = auto()
    QUOTATION = auto()
    SPEAKER = auto()
    CAPTION = auto()
    NOTE = auto()


_TRANSPARENT = (_Role.CAPTION, _Role.NOTE)


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
    roles = [_role(run) for run in kept]
    _find_series(kept, roles)
    _find_speakers(kept, roles)
    has_title = _has_title(kept, roles)
    _find_headings(kept, roles)
    if has_title:
        roles[0] = _Role.HEADING
    return Structure(_Builder(kept, roles, has_title).build(), kept[0].text if has_title else None)


def _role(run: Run) -> _Role:
    if run.table:
        return _Role.TABLE
    if run.level:
        return _Role.HEADING
    if run.marker:
        return _Role.ITEM
    if is_note(run.text):
        return _Role.NOTE
    if is_caption(run.text):
        return _Role.CAPTION
    return _Role.QUOTATION if is_quotation(run.text) else _Role.BODY


def _find_series(runs: Sequence[Run], roles: list[_Role]) -> None:
    """Lines that count up behind one word ("Part 1 …", "Part 2 …") are a list though no bullet says so."""
    start = 0
    while start < len(runs):
        end = start + 1
        key = series_key(runs[start].text) if roles[start] is _Role.BODY else None
        while key and end < len(runs) and roles[end] is _Role.BODY:
            if series_key(runs[end].text) != (key[0], key[1] + end - start):
                break
            end += 1
        if end - start >= _SERIES_MIN and not any(runs[at].level for at in range(start, end)):
            roles[start:end] = [_Role.SERIES] * (end - start)
        start = end


def _find_speakers(runs: Sequence[Run], roles: list[_Role]) -> None:
    for at in range(1, len(runs)):
        run, quotation = runs[at], runs[at - 1]
        if roles[at - 1] is not _Role.QUOTATION or run.level:
            continue
        dashed = run.marker is not None and run.marker.shown in "\u2013—-"
        close = not run.gap or run.indent == quotation.indent > 0
        if not (dashed and (at + 1 == len(runs) or roles[at + 1] is not _Role.ITEM)) and run.marker:
            continue
        if may_be_speaker(run.text) or ((close or dashed) and _is_short(run.text)):
            roles[at] = _Role.SPEAKER


def _is_short(text: str) -> bool:
    return count_words(text) <= 14 and not text.endswith((".", "!", "?", ":", ";"))


def _has_title(runs: Sequence[Run], roles: Sequence[_Role]) -> bool:
    if len(runs) < 2 or roles[0] not in (_Role.BODY, _Role.HEADING) or runs[0].level == 0:
        return False
    if runs[0].level:
        return True
    if not is_title_like(runs[0].text, MAX_TITLE_WORDS):
        return False
    # The first line of a run of short lines (an address, a poem) titles nothing.
    return runs[1].gap or roles[1] is not _Role.BODY or count_words(runs[1].text) > count_words(runs[0].text)


def _find_headings(runs: Sequence[Run], roles: list[_Role]) -> None:
    """Mark title-like lines that stand alone and have something below; from the end, since headings stack."""
    gaps = any(run.gap for run in runs[1:])
    below: tuple[Run, _Role] | None = None
    stacked = 0
    for at in range(len(runs) - 1, -1, -1):
        run, role = runs[at], roles[at]
        if role in (_Role.BODY, _Role.ITEM) and run.level is None:
            alone = (run.gap or not gaps) and stacked < _MAX_HEADINGS_IN_A_ROW
            if alone and below and _is_heading(runs, roles, at, *below):
                role = roles[at] = _Role.HEADING
        stacked = stacked + 1 if role is _Role.HEADING else 0
        if role not in _TRANSPARENT:
            below = None if role is _Role.BODY and is_title_like(run.text, MAX_TITLE_WORDS) else (run, role)


def _is_heading(runs: Sequence[Run], roles: Sequence[_Role], at: int, following: Run, below: _Role) -> bool:
    text = runs[at].text
    if not is_title_like(text):
        return False
    if roles[at] is _Role.BODY:
        return below is not _Role.BODY or count_words(following.text) > count_words(text) / 2
    # A number opens a heading ("2. Scope") where paragraphs follow it, an item where items stand beside it.
    marker = runs[at].marker
    if marker is None or marker.style != "0." or below not in (_Role.BODY, _Role.HEADING):
        return False
    before = next((role for role in reversed(roles[:at]) if role not in _TRANSPARENT), None)
    return before is not _Role.ITEM or not _is_next_item(runs, roles, at)


def _is_next_item(runs: Sequence[Run], roles: Sequence[_Role], at: int) -> bool:
    """Whether the item before it carries the number before its own."""
    marker = runs[at].marker
    for run, role in zip(reversed(runs[:at]), reversed(roles[:at]), strict=True):
        if role is _Role.ITEM and run.marker and marker and run.marker.style == marker.style:
            return run.marker.number is not None and run.marker.number + 1 == marker.number
        if role not in (*_TRANSPARENT, _Role.ITEM):
            return False
    return False


class _Builder:
    """Walks the lines once and keeps the lists that are open."""

    def __init__(self, runs: Sequence[Run], roles: Sequence[_Role], has_title: bool) -> None:
        self._runs = runs
        self._roles = roles
        self._has_title = has_title
        self._lists = ListStack()
        self._parts: list[Part] = []

    def build(self) -> list[Part]:
        for at, (run, role) in enumerate(zip(self._runs, self._roles, strict=True)):
            if role is _Role.HEADING:
                self._heading(at, run)
            elif role is _Role.ITEM:
                self._item(run)
            elif role is _Role.SERIES:
                self._series(at, run)
            elif role is _Role.TABLE:
                self._table(run)
            elif role is _Role.QUOTATION:
                self._add(BlockKind.QUOTATION, run, self._list_of_quotation(at, run))
            elif role is _Role.SPEAKER:
                self._speaker(run)
            elif role is _Role.CAPTION:
                self._add(BlockKind.CAPTION, run)
            elif role is _Role.NOTE:
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

    def _series(self, at: int, run: Run) -> None:
        follows = at > 0 and self._roles[at - 1] is _Role.SERIES
        list_id = self._parts[-1].list_id if follows else self._lists.new_id()
        key, before = series_key(run.text), series_key(self._runs[at - 1].text) if follows else None
        if key and before and key[0] != before[0]:
            list_id = self._lists.new_id()
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
        later = (role for role in self._roles[at + 1 :] if role not in (*_TRANSPARENT, _Role.QUOTATION, _Role.SPEAKER))
        if self._lists.is_inside(run.indent) or next(later, None) is _Role.ITEM:
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
