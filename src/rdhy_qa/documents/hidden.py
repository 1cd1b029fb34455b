"""What a reader of a page does not see is not the page's text: somebody may have hidden it there for machines."""

import re
from collections.abc import Iterator

from rdhy_qa.documents.dom_text import Element

_FOR_LISTENERS = frozenset(("sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text"))
_NUMBER = re.compile(r"\s*([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(px|pt|em|rem|ex|ch|vw|vh|%)?\s*")
_PIXELS = {"pt": 1.33, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "vw": 10.0, "vh": 8.0, "%": 0.16}
_OFFSETS = ("left", "right", "top", "bottom", "text-indent", "margin-left")
_SIZES = ("width", "height", "max-width", "max-height")
_FAR = -500.0
_TINY = 2.0
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_CHANNELS = re.compile(r"rgba?\(([^()]{1,60})\)")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0)}
_WHITE = (255, 255, 255)
_ALIKE = 24

Colour = tuple[int, int, int]


def drop_hidden(root: Element) -> None:
    """Empty what is not shown; its place stays. Styles are judged where they stand on the element itself."""
    for element in list(root.iter()):
        if isinstance(element.tag, str) and element.tag not in ("html", "head", "body") and _is_hidden(element):
            element.clear(keep_tail=True)


def _is_hidden(element: Element) -> bool:
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if not _FOR_LISTENERS.isdisjoint((element.get("class") or "").split()):
        return True
    style = _style(element)
    if _is_not_shown(style) or _is_away(style):
        return True
    return (_is_tiny(style) and not _restyled(element, "font")) or (
        _is_unseen(element, style) and not _restyled(element, "color")
    )


def _style(element: Element) -> dict[str, str]:
    """Properties of the element's own style, in lower case."""
    written = (element.get("style") or "").lower()
    pairs = (part.partition(":") for part in written.split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value.strip()}


def _is_not_shown(style: dict[str, str]) -> bool:
    # Not by its opacity: pages let their own text appear out of nothing.
    return style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse")


def _is_tiny(style: dict[str, str]) -> bool:
    sizes = [style.get("font-size", ""), *re.split(r"[\s/]+", style.get("font", ""))]
    lengths = [size for size in sizes if size.strip("0.") == "" or not size[-1].isdecimal()]
    return any(_is_below(length, _TINY) for length in lengths)


def _restyled(element: Element, name: str) -> bool:
    """Whether something inside of it may look otherwise: a size of 0 is also a way to close the gaps between parts."""
    return any(
        inner.get("class") or name in (inner.get("style") or "").lower() or inner.get(name) is not None
        for inner in element.iterdescendants()
        if isinstance(inner.tag, str)
    )


def _is_away(style: dict[str, str]) -> bool:
    """Whether it is put outside of the page, or into a box that has no room."""
    if any(_is_below(style.get(name, ""), _FAR) for name in _OFFSETS):
        return True
    if style.get("clip", "").replace(" ", "").startswith(("rect(0", "rect(1px,1px,1px,1px")):
        return True
    if style.get("clip-path", "").replace(" ", "") in ("inset(50%)", "inset(100%)", "circle(0)"):
        return True
    clipped = style.get("overflow", style.get("overflow-y", "")) in ("hidden", "clip")
    return clipped and any(_is_below(style.get(name, ""), _TINY) for name in _SIZES)


def _is_below(value: str, limit: float) -> bool:
    number = _number(value)
    return number is not None and number < limit


def _number(value: str) -> float | None:
    """A length in pixels, roughly; a number as it is."""
    found = _NUMBER.fullmatch(value)
    return float(found[1]) * _PIXELS.get(found[2] or "", 1.0) if found else None


def _is_unseen(element: Element, style: dict[str, str]) -> bool:
    """Whether it is written in the colour of what it stands on, or in none."""
    written = style.get("color") or (element.get("color") or "").strip().lower()
    if not written:
        return False
    if written == "transparent" or (len(parts := _channels(written)) == 4 and not parts[3].strip("0.%")):
        return True
    colour = _colour(written)
    behind = _behind(element)
    if colour is None or behind is None:
        return False
    return all(abs(one - other) < _ALIKE for one, other in zip(colour, behind, strict=True))


def _behind(element: Element) -> Colour | None:
    """The colour behind an element; None where a class or a picture may have set it."""
    for around in _around(element):
        style = _style(around)
        declared = style.get("background-color") or style.get("background") or around.get("bgcolor")
        if declared:
            return _colour(declared.strip().lower())
        if around.get("class") or around.get("background"):
            return None
    return _WHITE


def _around(element: Element) -> Iterator[Element]:
    yield element
    yield from element.iterancestors()


def _colour(value: str) -> Colour | None:
    if value in _NAMED:
        return _NAMED[value]
    if _HEX.fullmatch(value):
        digits = value[1:]
        pairs = [digit * 2 for digit in digits[:3]] if len(digits) < 6 else [digits[at : at + 2] for at in (0, 2, 4)]
        red, green, blue = (int(pair, 16) for pair in pairs)
        return red, green, blue
    parts = _channels(value)[:3]
    return (int(parts[0]), int(parts[1]), int(parts[2])) if len(parts) == 3 and all(map(str.isdecimal, parts)) else None


def _channels(value: str) -> list[str]:
    found = _CHANNELS.fullmatch(value)
    return re.split(r"[\s,/]+", found[1].strip()) if found else []
