"""Markup to a tree that is safe to walk: nothing hidden in it, and nothing that would keep its readers for hours."""

import re
from itertools import islice

from lxml import etree, html  # type: ignore[import-untyped]

from rdhy_qa.documents.dom_text import Element, span
from rdhy_qa.documents.hidden import drop_hidden

# The parser compares each attribute of a tag with all others.
_TAG = re.compile(
    r"(<[a-z][^\s<>/\"']*+)((?:[\s/]++[^\s<>/=\"']++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s<>\"']++))?+)++)",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"(?<![\s/])[\s/]++[^\s<>/=\"']++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s<>\"']++))?+")
_MOST_ATTRIBUTES = 500
_MOST_CELLS = 500
"""In one row: cells are counted anew for each of them."""
_MOST_SPANNED = 20_000
"""Cells that other cells stand for, in a whole page."""


def tree_of(page: str) -> Element | None:
    """The tree of a page, without what is hidden; None where there is none."""
    try:
        tree = html.document_fromstring(_TAG.sub(_with_few_attributes, page))
    except etree.ParserError:
        return None
    drop_hidden(tree)
    _bound_tables(tree)
    return tree


def _with_few_attributes(tag: re.Match[str]) -> str:
    """A tag as it is, but for attributes beyond any use."""
    if len(tag[0]) < 2 * _MOST_ATTRIBUTES:
        return tag[0]
    kept = [attribute[0] for attribute in islice(_ATTRIBUTE.finditer(tag[2]), _MOST_ATTRIBUTES + 1)]
    return tag[0] if len(kept) <= _MOST_ATTRIBUTES else tag[1] + "".join(kept)


def _bound_tables(tree: Element) -> None:
    """Leave tables that are out of all proportion as text."""
    for row in list(tree.iter("tr")):
        if len(row) > _MOST_CELLS:
            for element in (row, *row):
                element.tag = "div"
    spanning = tree.xpath("//td[@rowspan or @colspan] | //th[@rowspan or @colspan]")
    if sum(span(cell, "rowspan") * span(cell, "colspan") for cell in spanning) > _MOST_SPANNED:
        for cell in spanning:
            cell.attrib.pop("rowspan", None)
            cell.attrib.pop("colspan", None)
