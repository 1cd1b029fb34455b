"""Front matter: the YAML block at the top of a Markdown file."""

import re
from collections.abc import Callable
from datetime import date

import yaml

from rdhy_qa.documents.clean import clean, web_address
from rdhy_qa.errors import DocumentError

_LONGEST = 65_535
"""Characters; reading YAML takes a thousand times as long as reading text, and what is longer is no front matter."""
_BLOCK = re.compile(rf"---[ \t]*\n(.{{0,{_LONGEST}}}?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_LONGEST_KIND = 100
_MERGE = "tag:yaml.org,2002:merge"


def split_front_matter(text: str) -> tuple[dict[str, object], str]:
    """Metadata by the names of the fields of ``Metadata``, and the text below the block.

    Keys that other programs use are ignored, and so are values that say nothing here: a file that is at home in
    another system is still read. Only an ``id`` must be right where it is given, since links and filters name it.

    Raises:
        DocumentError: when the block is not valid YAML, or has a bad id or one of our keys twice.

    """
    match = _BLOCK.match(text)
    if not match:
        return {}, text
    loaded = _load(match[1])
    if loaded is None:
        return {}, text[match.end() :]
    if not isinstance(loaded, dict):  # text between two rules
        return {}, text
    return _metadata(loaded), text[match.end() :]


def _load(block: str) -> object:
    try:
        return yaml.load(block, Loader=_Loader)
    except DocumentError:
        raise
    except Exception as error:  # values that are none of their type raise all kinds
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 2}" if mark else ""
        raise DocumentError(f"Its front matter is not valid YAML{place}.", "Quote values that hold a colon.") from error


class _Loader(yaml.SafeLoader):
    """Refuses a key of ours that is given twice, which YAML would let win silently.

    Mappings are not merged into others: nine merges of nine, ten deep, are three billion keys.
    """

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave merges out."""
        node.value = [(key, value) for key, value in node.value if key.tag != _MERGE]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [key.value for key, _ in node.value]
        for key in _FIELDS:
            if keys.count(key) > 1:
                raise DocumentError(f"Its front matter has the key {key!r} twice.", "Remove one of them.")
        return dict(super().construct_mapping(node, deep))


def _metadata(loaded: dict[object, object]) -> dict[str, object]:
    metadata: dict[str, object] = {}
    for key, (field, check) in _FIELDS.items():
        value = loaded.get(key)
        simple = not isinstance(value, (dict, list, set, tuple, bytes))
        checked = check(value) if simple and value is not None else None
        if checked is not None:
            metadata[field] = checked
        elif key == "id" and value is not None:
            wanted = "Give it up to 200 letters, digits, dots, dashes and underscores."
            # A list may hold itself, or a billion times the same.
            found = repr(str(value)[:50]) if simple else "no text"
            raise DocumentError(f"'id' of its front matter is {found}.", wanted)
    return metadata


def _text(value: object) -> str | None:
    return None if isinstance(value, bool) else clean(str(value)) or None


def _identifier(value: object) -> str | None:
    return str(value) if not isinstance(value, bool) and _ID.fullmatch(str(value)) else None


def _kind(value: object) -> str | None:
    text = _text(value)
    return text if text and len(text) <= _LONGEST_KIND else None


def _series(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: object) -> str | None:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return None


def _form(value: object) -> bool | None:
    return {"original": True, "digest": False}.get(str(value))


def _language(value: object) -> str | None:
    return str(value) if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*", str(value)) else None


_FIELDS: dict[str, tuple[str, Callable[[object], object]]] = {
    "id": ("id", _identifier),
    "title": ("title", _text),
    "kind": ("kind", _kind),
    "series": ("series", _series),
    "author": ("author", _text),
    "published": ("published", _date),
    "source_url": ("url", web_address),
    "language": ("language", _language),
    "form": ("original", _form),
    "rights": ("rights", _text),
    "available": ("available", _flag),
}
