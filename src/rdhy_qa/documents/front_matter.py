"""Front matter: the YAML block at the top of a Markdown file."""

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import yaml

from rdhy_qa.documents.clean import clean
from rdhy_qa.errors import DocumentError

KINDS = ("post", "case-study", "background", "document")
_BLOCK = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def split_front_matter(text: str) -> tuple[dict[str, object], str]:
    """Metadata by the names of the fields of ``Metadata``, and the text below the block.

    Raises:
        DocumentError: when the block is no YAML mapping, has an unknown key or a bad value; the message names the key.

    """
    match = _BLOCK.match(text)
    if not match:
        return {}, text
    return _validated(_load(match[1])), text[match.end() :]


def _load(block: str) -> dict[object, object]:
    try:
        loaded = yaml.load(block, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 2}" if mark else ""
        raise DocumentError(f"Its front matter is not valid YAML{place}.", "Quote values that hold a colon.") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise DocumentError("Its front matter is not a list of keys and values.", "Write one `key: value` a line.")
    return loaded


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, which YAML would let win silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise DocumentError(f"Its front matter has the key {key!r} twice.", "Remove one of them.")
        return dict(super().construct_mapping(node, deep))


def _validated(loaded: dict[object, object]) -> dict[str, object]:
    metadata: dict[str, object] = {}
    for key, value in loaded.items():
        if key not in _FIELDS:
            raise DocumentError(f"Its front matter has the unknown key {key!r}.", f"Use {', '.join(_FIELDS)}.")
        if value is None:
            continue
        field, check, wanted = _FIELDS[str(key)]
        checked = check(value)
        if checked is None:
            raise DocumentError(f"{key!r} of its front matter is {value!r}.", f"Give it {wanted}.")
        metadata[field] = checked
    return metadata


def _text(value: object) -> str | None:
    if isinstance(value, (bool, dict, list)):
        return None
    return clean(str(value)) or None


def _identifier(value: object) -> str | None:
    return str(value) if not isinstance(value, bool) and _ID.fullmatch(str(value)) else None


def _kind(value: object) -> str | None:
    return str(value) if value in KINDS else None


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
    parts = urlsplit(str(value))
    return str(value) if parts.scheme in ("http", "https") and parts.netloc else None


def _form(value: object) -> bool | None:
    return {"original": True, "digest": False}.get(str(value))


def _language(value: object) -> str | None:
    return str(value) if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*", str(value)) else None


_Check = Callable[[object], object]
_FIELDS: dict[str, tuple[str, _Check, str]] = {
    "id": ("id", _identifier, "letters, digits, dots, dashes and underscores"),
    "title": ("title", _text, "a line of text"),
    "kind": ("kind", _kind, f"one of {', '.join(KINDS)}"),
    "series": ("series", _series, "a whole number from 1"),
    "author": ("author", _text, "a name"),
    "published": ("published", _date, "a date such as 2024-09-20"),
    "source_url": ("url", _url, "an address that starts with https://"),
    "language": ("language", _language, "a language code such as en"),
    "form": ("original", _form, "digest or original"),
    "rights": ("rights", _text, "a line of text"),
    "available": ("available", _flag, "true or false"),
}
