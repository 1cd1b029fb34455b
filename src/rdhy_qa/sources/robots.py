"""robots.txt: which pages of a site a program may fetch (RFC 9309).

The standard library's reader knows no ``*`` in a path and takes the first rule that fits instead of the longest, so it
would fetch what sites forbid.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote

from rdhy_qa.sources.asking import NAME

MAX_BYTES = 500 * 1024
"""As much as a program has to read of it."""

_LINE = re.compile(r"^[ \t]*([a-z-]+)[ \t]*:([^#\n]*)", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z_-]+|\*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_KEPT = "%/?#[]@!$&'()*+,;=:~"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(slots=True)
class Robots:
    """The rules for us. Without any, everything may be fetched."""

    rules: list[tuple[str, bool]] = field(default_factory=list)
    """Patterns of paths, and whether what fits them may be fetched."""
    delay: float = 0.0
    """Seconds that the site wants between two requests."""

    def allows(self, path: str) -> bool:
        """Tell whether a path, with its query, may be fetched: the longest rule that fits decides, or the milder."""
        target = _normal(path)
        fitting = [(len(pattern), allowed) for pattern, allowed in self.rules if fits(pattern, target)]
        return max(fitting)[1] if fitting else True


def parse_robots(text: str) -> Robots:
    """The rules of the groups for us; of those for everybody where there are none."""
    groups: dict[str, Robots] = {}
    agents: list[str] = []
    in_rules = False
    for key, value in _LINE.findall(text.lstrip("\ufeff").replace("\r", "\n")):
        name, value = key.lower(), value.strip()
        if name == "user-agent":
            token = _TOKEN.match(value)
            agents = [*([] if in_rules else agents), token[0].lower() if token else ""]
            in_rules = False
            groups.setdefault(agents[-1], Robots())
        elif name in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for agent in dict.fromkeys(agents):
                _add(groups[agent], name, value)
    return groups.get(NAME) or groups.get("*") or Robots()


def _add(group: Robots, name: str, value: str) -> None:
    if name == "crawl-delay":
        if re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", value):
            group.delay = float(value)
    elif value:  # an empty rule forbids nothing
        group.rules.append((_normal(value), name == "allow"))


def fits(pattern: str, path: str) -> bool:
    """Tell whether a path begins as the pattern says; ``*`` stands for anything, a last ``$`` for the path's end."""
    # Piece by piece, in one pass: a regular expression made of a hostile pattern could take for ever.
    to_the_end = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if to_the_end:
        if not others:
            return at == len(path)
        last = others.pop()
        if not path.endswith(last):
            return False
        path = path[: len(path) - len(last)]
        if at > len(path):
            return False
    for piece in others:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _normal(path: str) -> str:
    """One spelling for paths that mean the same."""

    def plain(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else f"%{match[1].upper()}"

    return quote(_ESCAPE.sub(plain, path), safe=_KEPT)
