"""Lines of a PDF to logical lines: paragraphs joined, also over pages; headings told by the size of type."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rdhy_qa.documents.clean import clean, count_words
from rdhy_qa.documents.layout import Marker, is_caption, is_title_like, marker_of, numbered_level
from rdhy_qa.documents.lines import Run
from rdhy_qa.documents.pdf_fonts import estimated_width
from rdhy_qa.documents.pdf_lines import PdfLine
from rdhy_qa.documents.tables import table_of
from rdhy_qa.documents.typography import BULLETS

_ENDED = re.compile(r"[.!?:;\u2026][\"\u201c\u201d\u2019\u00bb)\]]*(?:\[?\d{0,3}\]?)$")
_HYPHEN = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_LAST_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_]++)[-\u00ad\u2010]$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_HYPHENATED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_KEEPS_HYPHEN = frozenset(
    ("self", "non", "cross", "well", "two", "three", "four", "five", "six", "ten", "high", "user")
)
_MAX_HEADING_WORDS = 20
_LARGER = 1.12
_HEADING_LEADING = 1.35


@dataclass(frozen=True, slots=True)
class _Page:
    """Measures of the whole document that lines are compared with."""

    size: float
    """Of the type that most letters are set in."""
    leading: float
    """From line to line, in heights of type."""
    heading_sizes: tuple[float, ...]
    has_bold: bool
    rights: dict[int, float]
    """Right edge of the column, by where its lines start."""
    vocabulary: Counter[str]


def runs_of(pages: Sequence[Sequence[PdfLine]]) -> list[Run]:
    """Logical lines of all pages in order; the page of each is the one that it starts on."""
    lines = [line for page in pages for line in page]
    if not lines:
        return []
    measures = _measure(lines)
    runs: list[Run] = []
    position = 0
    while position < len(lines):
        rows = _rows_at(lines, position)
        if rows:
            table = table_of([line.cells for line in lines[position : position + rows]])
            runs.append(Run("", table=table, page=lines[position].page))
            position += rows
            continue
        taken = 1
        while position + taken < len(lines) and _continues(lines, position, taken, measures):
            taken += 1
        runs.append(_run(lines[position : position + taken], measures))
        position += taken
    return runs


def _measure(lines: Sequence[PdfLine]) -> _Page:
    sizes: Counter[float] = Counter()
    bold: Counter[bool] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
        bold[line.bold] += len(line.text)
    size = sizes.most_common(1)[0][0]
    steps = Counter(
        round((before.y - line.y) / size, 1)
        for before, line in pairwise(lines)
        if before.page == line.page and before.y > line.y and _rounded(line.size) == size
    )
    larger = sorted({_rounded(line.size) for line in lines if line.size > size * _LARGER}, reverse=True)
    vocabulary = Counter(word.casefold() for line in lines for word in _HYPHENATED.findall(line.text)[:-1])
    # Where paragraphs are short, gaps between them may outnumber the lines inside of them.
    common = [step for step, count in steps.items() if count > 1 and count * 8 >= steps.total()]
    leading = min(common, default=1.2)
    rights: dict[int, float] = {}
    for line in lines:
        # An indent of a few letters leaves a line in its column.
        for column in range(_column(line.x, size) - 2, _column(line.x, size) + 3):
            rights[column] = max(rights.get(column, 0.0), line.end)
    return _Page(size, max(leading, 0.9), tuple(larger), 0 < bold[True] < bold[False], rights, vocabulary)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _column(x: float, size: float) -> int:
    return round(x / (2 * size))


def _rows_at(lines: Sequence[PdfLine], position: int) -> int:
    """Count the lines from a position on that are rows of a table: at least two, each with several cells."""
    count = 0
    for at in range(position, len(lines)):  # a slice would copy the rest of the document for each line
        line = lines[at]
        if len(line.cells) < 2 or line.page != lines[position].page or marker_of(line.text):
            break
        if max(map(len, line.cells)) > 70 or (count and abs(len(line.cells) - len(lines[position].cells)) > 2):
            break
        count += 1
    return count if count > 1 else 0


def _continues(lines: Sequence[PdfLine], start: int, taken: int, measures: _Page) -> bool:
    first, before, line = lines[start], lines[start + taken - 1], lines[start + taken]
    if before.text in BULLETS:
        return True
    if _rows_at(lines, start + taken) or _is_item(line) or abs(before.size - line.size) > 0.8:
        return False
    if before.bold != line.bold and (before.bold or line.bold) and _starts_heading(first, measures):
        return False
    if line.page != before.page or line.y > before.y + 1:
        return _goes_on(before, line, measures)
    step = (before.y - line.y) / max(line.size, 1)
    if step > (_HEADING_LEADING if before.size > measures.size * _LARGER else measures.leading * 1.3 + 0.05):
        return False
    if _is_item(first) and line.x < _text_x(first) - 0.6 * line.size:
        return False
    indented = line.x > before.x + 0.8 * line.size and not _is_item(before)
    if _ENDED.search(before.text) and (indented or _ends_short(before, line, measures)):
        return False
    return not (
        _starts_heading(first, measures) and _ends_short(before, line, measures) and before.bold and not line.bold
    )


def _goes_on(before: PdfLine, line: PdfLine, measures: _Page) -> bool:
    """Whether a paragraph goes on in the next column or on the next page."""
    if _ENDED.search(before.text) or is_caption(before.text) or is_caption(line.text):
        return False
    if _starts_heading(before, measures) or _starts_heading(line, measures):
        return False
    return line.text[:1].islower() or bool(_HYPHEN.search(before.text)) or not _ends_short(before, line, measures)


def _ends_short(before: PdfLine, line: PdfLine, measures: _Page) -> bool:
    """Whether the next line's first word had ample room on the line before."""
    word = estimated_width(line.text.split(" ", 1)[0], line.size)
    right = measures.rights[_column(before.x, measures.size)]
    return before.end + word < right - 0.15 * (right - before.x)


def _is_item(line: PdfLine) -> bool:
    return line.text in BULLETS or _marker(line.text) is not None


def _marker(text: str) -> Marker | None:
    found = marker_of(text)
    if found and found.style in "-*+\u2013\u2014" and text[:1] not in BULLETS:
        return found if len(text) > found.length else None
    return found


def _text_x(line: PdfLine) -> float:
    return line.text_x if line.text_x > line.x else line.x


def _starts_heading(line: PdfLine, measures: _Page) -> bool:
    return line.size > measures.size * _LARGER or (measures.has_bold and line.bold)


def _run(lines: Sequence[PdfLine], measures: _Page) -> Run:
    first = lines[0]
    text = clean(_joined([line.text for line in lines], measures.vocabulary))
    level = _level(first, text, lines, measures)
    indent = round(first.x / max(measures.size, 1) * 2)
    run = Run(text, indent=indent, page=first.page, level=level)
    marker = None if level else _marker(text)
    return replace(run, text=text[marker.length :], marker=marker) if marker else run


def _level(first: PdfLine, text: str, lines: Sequence[PdfLine], measures: _Page) -> int | None:
    """Level by size of type; 0 for what is no heading, None where the document's type tells nothing."""
    if not measures.heading_sizes and not measures.has_bold:
        return None
    if count_words(text) > _MAX_HEADING_WORDS or not any(character.isalpha() for character in text):
        return 0
    size = _rounded(first.size)
    if size in measures.heading_sizes:
        return 0 if text.endswith((".", ",", ";")) else min(6, measures.heading_sizes.index(size) + 1)
    is_bold = measures.has_bold and all(line.bold for line in lines)
    if is_bold and is_title_like(text) and not is_caption(text) and text[:1] not in BULLETS and size >= measures.size:
        return min(6, len(measures.heading_sizes) + (numbered_level(text) or 1))
    return 0


def _joined(texts: Sequence[str], vocabulary: Counter[str]) -> str:
    joined = texts[0]
    for text in texts[1:]:
        if _HYPHEN.search(joined) and text[:1].isalnum():
            keep = not text[:1].islower() or _keeps_hyphen(joined, text, vocabulary)
            joined = (joined if keep else joined[:-1]) + text
        else:
            joined += f" {text}"
    return joined


def _keeps_hyphen(before: str, after: str, vocabulary: Counter[str]) -> bool:
    """Whether the hyphen at a line's end belongs to the word: the rest of the document tells, else its first half."""
    left, right = _LAST_WORD.search(before), _FIRST_WORD.match(after)
    if not left or not right or before.endswith("\u00ad"):
        return False
    first, second = left[1].casefold(), right.group().casefold()
    if vocabulary[first + second]:
        return False
    return bool(vocabulary[f"{first}-{second}"]) or first in _KEEPS_HYPHEN
