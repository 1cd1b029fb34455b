"""Whether a page that came is what was wanted: sites answer with error, login and consent pages as if all were well.

What is doubted does not replace a good copy; a person looks at it. So it is better to doubt once too often.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from rdhy_qa.sources.media import HTML

_SHORT = 150
"""Words; an article has more, and a page that stands in for one has fewer."""
_TINY = 15
_SHRUNK = 0.5
_COOKIE_SHARE = 0.03

_PASSWORD = re.compile(rb"<input\b[^>]{0,500}\btype\s*=\s*[\"']?password", re.IGNORECASE)
_ERROR = re.compile(
    r"\b(?:[45]0[0-9]|error|not found|(?:doesn.t|does not|no longer) exists?|access denied|forbidden|unavailable"
    r"|just a moment|attention required|are you (?:a )?(?:human|robot)|verify(?:ing)? (?:that )?you|captcha"
    r"|fehler|nicht gefunden|introuvable|non trovat[ao]|no encontrad[ao]|n[ãa]o encontrad[ao]|niet gevonden)\b"
    r"|未找到|不存在|找不到|エラー|見つかりません",
    re.IGNORECASE,
)
_SCRIPT_ONLY = re.compile(r"\b(?:enable|requires?|turn on|activate)\b.{0,30}\bjavascript\b", re.IGNORECASE)
_COOKIES = re.compile(r"\b(?:cookies?|consent|gdpr|privacy|tracking)\b", re.IGNORECASE)
_DETOUR = re.compile(
    r"(?:^|[/._-])(?:log[-_]?in|sign[-_]?in|auth|sso|consent|captcha|challenge|account)(?:[/._-]|$)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to judge a page by."""

    asked: str
    """The address that was asked for,"""
    address: str
    """and the one that it came from in the end."""
    suffix: str
    raw: bytes
    title: str
    text: str
    words: int
    language: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of the copy that is held, or of our digest."""

    language: str | None = None
    suffix: str | None = None
    words: int = 0


def doubt_about(page: Page, expected: Expected) -> str | None:
    """One sentence that says why a page is probably not what was wanted; None where nothing speaks against it."""
    return _sent_elsewhere(page) or _stands_in(page) or _changed(page, expected)


def _sent_elsewhere(page: Page) -> str | None:
    asked, came = urlsplit(page.asked), urlsplit(page.address)
    if came.path in ("", "/") and not came.query and asked.path not in ("", "/"):
        return f"It leads to the front page of {came.hostname}."
    where, before = f"{came.hostname}{came.path}", f"{asked.hostname}{asked.path}"
    if where != before and _DETOUR.search(where) and not _DETOUR.search(before):
        return f"It leads to what looks like a login or consent page: {came.hostname}{came.path}."
    return None


def _stands_in(page: Page) -> str | None:
    """A short page that says something else than what was wanted."""
    if page.suffix != HTML or page.words >= _SHORT:
        return f"It has only {page.words} words." if page.words < _TINY else None
    if _SCRIPT_ONLY.search(page.text):
        return "It shows nothing without JavaScript."
    if _PASSWORD.search(page.raw):
        return "It looks like a login page."
    if _ERROR.search(page.title) or _ERROR.search(page.text[:200]):
        return f"It looks like an error page: {page.title[:80]!r}."
    if len(_COOKIES.findall(page.text)) > _COOKIE_SHARE * page.words:
        return "It looks like a page that asks for consent to cookies."
    return f"It has only {page.words} words." if page.words < _TINY else None


def _changed(page: Page, expected: Expected) -> str | None:
    if expected.language and page.language and page.language != expected.language:
        return f"Its language is {page.language!r}, where {expected.language!r} was expected."
    if expected.suffix and page.suffix != expected.suffix:
        return f"It is a {page.suffix} now, where it was a {expected.suffix} before."
    if page.words < _SHRUNK * expected.words:
        return f"It has shrunk to {page.words:,} words; the copy that is held has {expected.words:,}."
    return None
