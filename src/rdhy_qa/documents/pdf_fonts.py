"""How wide a text is in a typeface of a PDF."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_FIXED = re.compile(r"mono|courier|cmtt|typewriter|consol", re.IGNORECASE)
_SERIF = re.compile(r"times|roman|serif|garamond|cmr|georgia", re.IGNORECASE)
_NARROW = frozenset("iljtfrI.,:;'!|()[]{} -\u2019\u2018")
_WIDE = frozenset("mwMW@%&\u2014\u2026")


@dataclass(frozen=True, slots=True)
class Typeface:
    """What is known of a font."""

    bold: bool = False
    fixed: bool = False
    """Whether all letters have one width."""
    scale: float = 1.0
    """Width of its letters against those of Helvetica."""
    widths: Mapping[str, float] = field(default_factory=dict)
    """Widths that the file gives, in heights of type; empty where it gives none."""

    @property
    def exact(self) -> bool:
        """Whether widths are known rather than estimated."""
        return self.fixed or bool(self.widths)

    def width(self, text: str, size: float) -> float:
        """Width of a text at a size of type."""
        if self.fixed:
            return 0.6 * size * len(text)
        known = self.widths
        return size * sum(known[letter] if letter in known else self.scale * _estimate(letter) for letter in text)


def typeface(font: Mapping[str, Any] | None) -> Typeface:
    """Read a font's dictionary."""
    if not font:
        return Typeface()
    name = str(font.get("/BaseFont", ""))
    return Typeface(
        bold=bool(_BOLD.search(name)),
        fixed=bool(_FIXED.search(name)),
        scale=0.89 if _SERIF.search(name) else 1.0,
        widths=_widths(font),
    )


def _widths(font: Mapping[str, Any]) -> dict[str, float]:
    """Widths of the ASCII letters of a simple font, whose codes are those of ASCII where it has all of them."""
    try:
        first = int(font["/FirstChar"])
        widths = [float(width) / 1000 for width in font["/Widths"]]
    except (KeyError, TypeError, ValueError):
        return {}
    found = {chr(first + at): width for at, width in enumerate(widths) if 32 < first + at < 127 and width > 0}
    return found if sum(1 for letter in "etaoinsr" if letter in found) >= 6 else {}


def _estimate(letter: str) -> float:
    if letter in _NARROW:
        return 0.29
    if letter in _WIDE:
        return 0.85
    return 0.66 if letter.isupper() else 0.556 if letter.isdigit() else 0.51


def estimated_width(text: str, size: float) -> float:
    """Width of a text in a common typeface."""
    return size * sum(map(_estimate, text))
