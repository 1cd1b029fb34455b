"""Text and tables of an element tree."""

from typing import Any

from rdhy_qa.documents.clean import clean

Element = Any
"""An lxml element; lxml ships no types."""

DROPPED = frozenset(
    ("script", "style", "template", "noscript", "svg", "iframe", "object", "head", "select", "textarea", "button")
)
INLINE = frozenset(
    (
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i"),
        *("ins", "kbd", "label", "mark", "meter", "nobr", "output", "q", "rp", "rt", "ruby", "s", "samp", "small"),
        *("span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "input"),
    )
)
_LAYOUT_CONTENT = ".//table | .//ul | .//ol | .//h1 | .//h2 | .//h3 | .//h4 | .//blockquote | .//p[2]"


def text_of(element: Element) -> str:
    """Return the clean text of an element, with a space between blocks."""
    pieces: list[str] = []
    _gather(element, pieces)
    return clean("".join(pieces))


def _gather(element: Element, pieces: list[str]) -> None:
    pieces.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str) and child.tag not in DROPPED and not is_reference(child):
            pad = "" if child.tag in INLINE else " "
            pieces.append(pad)
            _gather(child, pieces)
            pieces.append(pad)
        pieces.append(child.tail or "")


def is_reference(element: Element) -> bool:
    """Whether it is a footnote mark or edit link, which are not part of the sentence that they stand in."""
    kinds = set((element.get("class") or "").split())
    if kinds & {"mw-editsection", "footnote-ref", "footnote-backref"}:
        return True
    return element.tag == "sup" and bool(kinds & {"reference"} or element.xpath(".//a[starts-with(@href, '#')]"))


def is_layout(table: Element) -> bool:
    """Whether a table only arranges the page."""
    cells = list(table.iter("td", "th"))
    if any(cell.xpath(_LAYOUT_CONTENT) for cell in cells):
        return True
    return len(cells) < 2 or max(len(row.findall("td") + row.findall("th")) for row in table.iter("tr")) < 2


def table_rows(table: Element) -> tuple[list[str], list[list[str]]]:
    """Names of a table's columns (empty where it has none), and its rows; cells that span are repeated downwards."""
    header: list[str] = []
    rows: list[list[str]] = []
    carried: dict[int, tuple[str, int]] = {}
    for row in table.iter("tr"):
        cells = list(row.iter("td", "th"))
        texts = _row_texts(cells, carried)
        is_head = row.getparent().tag == "thead" or all(cell.tag == "th" for cell in cells)
        if is_head and not rows and cells:
            header = [" ".join(filter(None, pair)) for pair in zip(header, texts, strict=False)] if header else texts
        else:
            rows.append(texts)
    return header, rows


def _row_texts(cells: list[Element], carried: dict[int, tuple[str, int]]) -> list[str]:
    texts: list[str] = []
    for cell in cells:
        _take_carried(texts, carried)
        text = text_of(cell)
        down = span(cell, "rowspan")
        if down > 1:
            carried[len(texts)] = (text, down - 1)
        texts += [text, *[""] * (span(cell, "colspan") - 1)]
    _take_carried(texts, carried)
    return texts


def _take_carried(texts: list[str], carried: dict[int, tuple[str, int]]) -> None:
    while len(texts) in carried:
        text, left = carried.pop(len(texts))
        if left > 1:
            carried[len(texts)] = (text, left - 1)
        texts.append(text)


def span(cell: Element, name: str) -> int:
    """How many rows or columns a cell takes."""
    value = cell.get(name) or "1"
    return min(max(int(value), 1), 100) if value.isdecimal() and len(value) < 10 else 1
