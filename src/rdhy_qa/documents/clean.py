"""Clean text: what every reader applies to a piece of text before it becomes a part."""

import re
import unicodedata
from urllib.parse import urlsplit

# What leaves no mark of its own would split a word for search, or hide in it what no reader sees: soft hyphens, marks
# of zero width or of direction, variation selectors, fillers, tags. Halves of characters can't even be stored. Joiners
# are dealt with below.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROL = "\\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_DROPPED = re.compile(f"[{_INVISIBLE}{_CONTROL}]+")
_JOINERS = re.compile("[\u200c\u200d]+")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_ADDRESS = re.compile(r"https?://[^\s\0-\x1f\x7f-\x9f]{1,2000}", re.IGNORECASE)
_LATIN = re.compile("[\0-\u036f\u1e00-\u1eff\\s]")


def clean(text: str) -> str:
    """One line of NFC text: control and invisible characters removed, ligatures opened, white space collapsed."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", _DROPPED.sub("", text).translate(_LIGATURES))
        text = _JOINERS.sub(_joiner, text)
    line = " ".join(text.split())
    return line if line.isascii() else unicodedata.normalize("NFC", line)


def _joiner(found: re.Match[str]) -> str:
    """Joiners belong between letters of some scripts, and in emoji; beside Latin letters and spaces they only hide."""
    start, end, text = found.start(), found.end(), found.string
    inside = start > 0 and end < len(text)
    return found[0][0] if inside and not _LATIN.match(text[start - 1]) and not _LATIN.match(text[end]) else ""


def count_words(text: str) -> int:
    """Count the white-space separated words that hold a letter or digit."""
    return sum(1 for word in text.split() if any(character.isalnum() for character in word))


def web_address(value: object) -> str | None:
    """A value where it is the address of a web page, and can be one in a header, a link and a log."""
    try:
        return str(value) if _ADDRESS.fullmatch(str(value)) and urlsplit(str(value)).netloc else None
    except ValueError:
        return None
