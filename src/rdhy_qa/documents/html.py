"""Reader of web pages: trafilatura tells which part of the page is its content, the page's own tree its structure."""

import codecs
import logging
import re
from typing import Any

import trafilatura
from lxml import html  # type: ignore[import-untyped]
from trafilatura.metadata import extract_metadata

from rdhy_qa.documents.clean import clean, count_words, web_address
from rdhy_qa.documents.document import BlockKind
from rdhy_qa.documents.dom import parts_of
from rdhy_qa.documents.dom_text import Element, text_of
from rdhy_qa.documents.encoding import decode
from rdhy_qa.documents.markup import tree_of
from rdhy_qa.documents.parts import Parsed, Part

# What it can't extract is our concern, not the reader's of a terminal.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_WORD = re.compile(r"[\W_]+")
_LEAVES = ("p", "li", "td", "th", "dd", "dt", "pre", "blockquote", "figcaption", "div", "section", "article", "span")
_ALWAYS_DROPPED = frozenset(("nav", "form", "dialog", "menu"))
_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "complementary", "menu"))
_HINTS = frozenset(
    (
        *("cookie", "cookies", "consent", "gdpr", "breadcrumb", "breadcrumbs", "nav", "navbar", "navigation", "menu"),
        *("sidebar", "footer", "share", "sharing", "social", "newsletter", "subscribe", "related", "recommended"),
        *("popup", "modal", "banner", "advert", "advertisement", "ads", "promo", "comments", "pagination", "pager"),
        *("masthead", "skip", "toc", "toolbar", "widget", "hidden"),
    )
)
_FURNITURE = re.compile(
    r"©|\(c\) \d{4}|all rights reserved|\bcookies?\b|privacy policy|terms of (?:use|service)|skip to (?:main )?content"
    r"|^(?:share|tweet|print|menu|search|log ?in|sign (?:in|up)|subscribe|follow us|read more|back to top)\b",
    re.IGNORECASE,
)
_MORE = re.compile(r"\b(?:related|recommended|you may also|read next|share this|tags|categories)\b", re.IGNORECASE)
_MIN_ANCHOR = 15
_MANY_LINKS = 0.7
_MAX_FURNITURE_WORDS = 40
_MANY_ELEMENTS = 10_000


def parse_html(data: bytes) -> Parsed:
    """Parts of a page's main content, navigation and the like left out, with what its head says about it.

    Raises:
        DocumentError: when the bytes are not text.

    """
    page = _XML_DECLARATION.sub("", _decode(data))
    if not page.strip():
        return Parsed([])
    tree = tree_of(page)
    if tree is None:
        return Parsed([])
    page = html.tostring(tree, encoding="unicode")
    metadata = _metadata(page, tree)
    body = tree.find("body")
    if body is None:
        return Parsed([], metadata)
    content = _Content(page, body)
    return Parsed(_with_title(content.parts(), body), metadata)


def _decode(data: bytes) -> str:
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return decode(data.decode(declared[1].decode("ascii")).encode("utf-8"))
        except (LookupError, UnicodeError):
            pass
    return decode(data)


def _with_title(parts: list[Part], body: Element) -> list[Part]:
    """Put the page's one main heading first, also where it stands outside of the content."""
    headings = [text for heading in body.iter("h1") if (text := text_of(heading))]
    if len(headings) != 1 or not parts:
        return parts
    if any(part.kind is BlockKind.HEADING and part.text == headings[0] for part in parts):
        return parts
    return [Part(BlockKind.HEADING, headings[0], level=1), *parts]


class _Content:
    """Decides which elements of a page are its content."""

    def __init__(self, page: str, body: Element) -> None:
        # The second opinion that it takes on a poor page compares each paragraph with all others.
        large = sum(1 for _ in body.iter()) > _MANY_ELEMENTS
        kept = trafilatura.extract(page, fast=large, include_comments=False, include_tables=True, favor_recall=True)
        self._kept = _folded(kept or "")
        self._body = body
        self._anchors = [leaf for leaf in body.iter(*_LEAVES) if self._is_anchor(leaf)] if self._kept else []
        self._holders = {ancestor for anchor in self._anchors for ancestor in (anchor, *anchor.iterancestors())}

    def parts(self) -> list[Part]:
        """Parts of the content; of the whole body where nothing of it looks like content."""
        container = self._container()
        found = parts_of(container, skip=self._skip)
        if not found and container is not self._body:
            found = parts_of(self._body, skip=self._skip)
        return found or parts_of(self._body)

    def _is_anchor(self, leaf: Element) -> bool:
        own = _folded(leaf.text or "") if len(leaf) else ""
        text = _folded(text_of(leaf)) if leaf.tag in ("p", "li", "td", "blockquote", "pre") or not len(leaf) else own
        return len(text) >= _MIN_ANCHOR and text in self._kept

    def _container(self) -> Element:
        """Return the innermost article or main element around all that trafilatura kept, else the body."""
        if self._anchors:
            common = [self._anchors[0], *self._anchors[0].iterancestors()]
            for anchor in self._anchors[1:]:
                around = {anchor, *anchor.iterancestors()}
                common = [element for element in common if element in around]
            candidates = common
        else:
            found = self._body.xpath(".//main | .//*[@role='main'] | .//article")
            candidates = found if len(found) == 1 else []
        for element in candidates:
            if element.tag in ("article", "main") or element.get("role") == "main":
                return element
        return self._body

    def _skip(self, element: Element) -> bool:
        if element in (self._body,) or element.tag in ("h1", "td", "th", "tr", "tbody", "thead"):
            return False
        if element.tag in _ALWAYS_DROPPED or element.get("role") in _ROLES:
            return element.tag != "form" or not self._holds_content(element)
        if element.tag == "footer":
            return not element.xpath("ancestor::blockquote")
        if _has_hint(element) and _link_share(element) > _MANY_LINKS:
            return True
        if element.tag in ("header", "aside") or _has_hint(element):
            return not self._holds_content(element) and element.find(".//h1") is None
        return self._is_furniture(element)

    def _holds_content(self, element: Element) -> bool:
        return element in self._holders

    def _is_furniture(self, element: Element) -> bool:
        """Short text that trafilatura left out and that is made of links or formulas of the trade."""
        if element.tag not in ("p", "div", "ul", "ol", "section", "span", "a", "table") or self._holds_content(element):
            return False
        text = text_of(element)
        if not text or _folded(text) in self._kept:
            return False
        if count_words(text) <= _MAX_FURNITURE_WORDS and _FURNITURE.search(text):
            return element.tag not in ("span", "a")
        return _link_share(element) > _MANY_LINKS and not self._is_list_of_content(element)

    def _is_list_of_content(self, element: Element) -> bool:
        """Links below a heading or lead-in inside of the content are a list like any other."""
        before = element.getprevious()
        if element.tag not in ("ul", "ol", "table") or before is None or before.tag not in ("p", "h2", "h3", "h4"):
            return False
        return not _MORE.search(text_of(before)) and bool(set(element.iterancestors()) & self._holders - {self._body})


def _link_share(element: Element) -> float:
    """Share of an element's letters that are links, where there are at least two."""
    links = element.xpath(".//a")
    return sum(len(text_of(link)) for link in links) / max(len(text_of(element)), 1) if len(links) > 1 else 0.0


def _has_hint(element: Element) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    return bool(_HINTS.intersection(re.split(r"[\s_-]+", names)))


def _folded(text: str) -> str:
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def _metadata(page: str, tree: Element) -> dict[str, object]:
    found = extract_metadata(page, extensive=False)
    url = _first(tree, "//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
    url = web_address(url)
    title = _first(tree, "//meta[@property='og:title']/@content") or _only_heading(tree) or _first(tree, "//title")
    language = _first(tree, "/html/@lang", "/html/@xml:lang")
    return {
        "title": title,
        "author": clean(found.author) if found.author else None,
        "published": found.date,
        "url": url,
        "original": url is not None,
        "language": language if language and re.fullmatch(r"[A-Za-z]{2,3}(-\w+)*", language) else None,
    }


def _only_heading(tree: Element) -> str | None:
    headings = tree.xpath("//body//h1")
    return text_of(headings[0]) or None if len(headings) == 1 else None


def _first(tree: Element, *paths: str) -> str | None:
    for path in paths:
        for value in tree.xpath(path):
            text: Any = value if isinstance(value, str) else value.text_content()
            if cleaned := clean(text):
                return cleaned
    return None
