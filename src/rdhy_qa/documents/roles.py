"""What each logical line is, told from the line and its neighbours."""

from collections.abc import Sequence
from enum import Enum, auto

from rdhy_qa.documents.clean import count_words
from rdhy_qa.documents.layout import (
    MAX_TITLE_WORDS,
    is_caption,
    is_note,
    is_quotation,
    is_title_like,
    may_be_speaker,
    series_key,
)
from rdhy_qa.documents.lines import Run

_SERIES_MIN = 3
_MAX_UNMARKED_WORDS = 20
_MAX_HEADINGS_IN_A_ROW = 3


class Role(Enum):
    """What a logical line is."""

    BODY = auto()
    HEADING = auto()
    ITEM = auto()
    TABLE = auto()
    SERIES = auto()
    UNMARKED = auto()
    QUOTATION = auto()
    SPEAKER = auto()
    CAPTION = auto()
    NOTE = auto()


TRANSPARENT = (Role.CAPTION, Role.NOTE)


def find_roles(runs: Sequence[Run]) -> tuple[list[Role], bool]:
    """Role of each logical line, and whether the first is the title."""
    roles = [_role(run) for run in runs]
    _find_series(runs, roles)
    _find_unmarked(runs, roles)
    _find_speakers(runs, roles)
    has_title = _has_title(runs, roles)
    _find_headings(runs, roles)
    if has_title:
        roles[0] = Role.HEADING
    return roles, has_title


def _role(run: Run) -> Role:
    if run.table:
        return Role.TABLE
    if run.level:
        return Role.HEADING
    if run.marker:
        return Role.ITEM
    if is_note(run.text):
        return Role.NOTE
    if is_caption(run.text):
        return Role.CAPTION
    return Role.QUOTATION if is_quotation(run.text) else Role.BODY


def _find_series(runs: Sequence[Run], roles: list[Role]) -> None:
    """Lines that count up behind one word ("Part 1 …", "Part 2 …") are a list though no bullet says so."""
    start = 0
    while start < len(runs):
        end = start + 1
        key = series_key(runs[start].text) if roles[start] is Role.BODY else None
        while key and end < len(runs) and roles[end] is Role.BODY:
            if series_key(runs[end].text) != (key[0], key[1] + end - start):
                break
            end += 1
        if end - start >= _SERIES_MIN and not any(runs[at].level for at in range(start, end)):
            roles[start:end] = [Role.SERIES] * (end - start)
        start = end


def _find_unmarked(runs: Sequence[Run], roles: list[Role]) -> None:
    """Short lines right below a line that ends in a colon are a list though no bullet says so."""
    for start in range(len(runs) - 2):
        if roles[start] is not Role.BODY or not runs[start].text.endswith(":"):
            continue
        end = start + 1
        while end < len(runs) and roles[end] is Role.BODY and _may_be_unmarked(runs[end]):
            end += 1
        goes_on = end < len(runs) and not runs[end].gap
        if goes_on and end - start > 2 and _stands_out(runs[end - 1], runs[start + 1 : end - 1]):
            end -= 1
        if end - start > 2:
            roles[start + 1 : end] = [Role.UNMARKED] * (end - start - 1)


def _may_be_unmarked(run: Run) -> bool:
    return (
        not run.gap
        and run.level is None
        and count_words(run.text) <= _MAX_UNMARKED_WORDS
        and not run.text.endswith((".", "!", "?", ":"))
    )


def _stands_out(last: Run, others: Sequence[Run]) -> bool:
    """Whether the last line is much longer or shorter than the others: the heading of what follows."""
    lengths = [count_words(run.text) for run in others]
    return count_words(last.text) > 2 * max(lengths) or count_words(last.text) * 2 < min(lengths)


def _find_speakers(runs: Sequence[Run], roles: list[Role]) -> None:
    for at in range(1, len(runs)):
        run, quotation = runs[at], runs[at - 1]
        if roles[at - 1] is not Role.QUOTATION or run.level:
            continue
        dashed = run.marker is not None and run.marker.shown in "\u2013—-"
        close = not run.gap or run.indent == quotation.indent > 0
        if not (dashed and (at + 1 == len(runs) or roles[at + 1] is not Role.ITEM)) and run.marker:
            continue
        if may_be_speaker(run.text) or ((close or dashed) and _is_short(run.text)):
            roles[at] = Role.SPEAKER


def _is_short(text: str) -> bool:
    return count_words(text) <= 14 and not text.endswith((".", "!", "?", ":", ";"))


def _has_title(runs: Sequence[Run], roles: Sequence[Role]) -> bool:
    if len(runs) < 2 or roles[0] not in (Role.BODY, Role.HEADING) or runs[0].level == 0:
        return False
    if runs[0].level:
        return True
    if not is_title_like(runs[0].text, MAX_TITLE_WORDS):
        return False
    # The first line of a run of short lines (an address, a poem) titles nothing.
    return runs[1].gap or roles[1] is not Role.BODY or count_words(runs[1].text) > count_words(runs[0].text)


def _find_headings(runs: Sequence[Run], roles: list[Role]) -> None:
    """Mark title-like lines that stand alone and have something below; from the end, since headings stack."""
    gaps = any(run.gap for run in runs[1:])
    below: tuple[Run, Role] | None = None
    stacked = 0
    for at in range(len(runs) - 1, -1, -1):
        run, role = runs[at], roles[at]
        if role in (Role.BODY, Role.ITEM) and run.level is None:
            alone = (run.gap or not gaps) and stacked < _MAX_HEADINGS_IN_A_ROW
            if alone and below and _is_heading(runs, roles, at, *below):
                role = roles[at] = Role.HEADING
        stacked = stacked + 1 if role is Role.HEADING else 0
        if role not in TRANSPARENT:
            below = None if role is Role.BODY and is_title_like(run.text, MAX_TITLE_WORDS) else (run, role)


def _is_heading(runs: Sequence[Run], roles: Sequence[Role], at: int, following: Run, below: Role) -> bool:
    text = runs[at].text
    if not is_title_like(text):
        return False
    if roles[at] is Role.BODY:
        return below is not Role.BODY or count_words(following.text) > count_words(text) / 2
    # A number opens a heading ("2. Scope") where paragraphs follow it, an item where items stand beside it.
    marker = runs[at].marker
    if marker is None or marker.style != "0." or below not in (Role.BODY, Role.HEADING):
        return False
    before = next((roles[back] for back in range(at - 1, -1, -1) if roles[back] not in TRANSPARENT), None)
    return before is not Role.ITEM or not _is_next_item(runs, roles, at)


def _is_next_item(runs: Sequence[Run], roles: Sequence[Role], at: int) -> bool:
    """Whether the item before it carries the number before its own."""
    marker = runs[at].marker
    for back in range(at - 1, -1, -1):
        run, role = runs[back], roles[back]
        if role is Role.ITEM and run.marker and marker and run.marker.style == marker.style:
            return run.marker.number is not None and run.marker.number + 1 == marker.number
        if role not in (*TRANSPARENT, Role.ITEM):
            return False
    return False
