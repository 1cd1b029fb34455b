"""Front matter: the YAML block at the top of a Markdown file."""

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import yaml

from rdhy_qa.documents.clean import clean
from rdhy_qa.errors import DocumentError

_BLOCK = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_KIND = 100


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
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 2}" if mark else ""
        raise DocumentError(f"Its front matter is not valid YAML{place}.", "Quote values that hold a colon.") from error


class _Loader(yaml.SafeLoader):
    """Refuses a key of ours that is given twice, which YAML would let win silently."""

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
        checked = None if value is None or isinstance(value, (dict, list, set, tuple, bytes)) else check(value)
        if checked is not None:
            metadata[field] = checked
        elif key == "id" and value is not None:
            wanted = "Give it letters, digits, dots, dashes and underscores."
            raise DocumentError(f"'id' of its front matter is {str(value)[:50]!r}.", wanted)
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


def _url(value: object) -> str | None:
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return None
    return str(value) if parts.scheme in ("http", "https") and parts.netloc else None


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
    "source_url": ("url", _url),
    "language": ("language", _language),
    "form": ("original", _form),
    "rights": ("rights", _text),
    "available": ("available", _flag),
}
