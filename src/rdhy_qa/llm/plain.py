"""Plain prose out of what a model writes: emphasis is taken off, and what is more than prose is not taken at all."""

import re
import unicodedata

from rdhy_qa.answering.instructions import speaks_to_machine

_LEAD = re.compile(r"^(?:[-*•–]\s+|\(?\d{1,2}[.)]\s+)")
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_MORE_THAN_PROSE = re.compile(
    r"[\[\]<>{}|\\]|^\s*#|^\s*>|\]\(|://|\bwww\.|&#?\w+;|={3,}|(?<!\w)@\w|\b(?:data|javascript|mailto):", re.IGNORECASE
)
LONGEST = 400
"""Characters of a sentence."""


def plain(text: str) -> str | None:
    """A sentence as plain prose; None where it holds markup, a link, an order to a machine, or is far too long."""
    said = " ".join(_EMPHASIS.sub("", _LEAD.sub("", text.strip())).split())
    if not said or len(said) > LONGEST or said.endswith("?"):
        return None
    if any(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs", "Cn"} for character in said):
        return None
    if _MORE_THAN_PROSE.search(said) or speaks_to_machine(said):
        return None
    return said if said.endswith((".", "!", "…")) else said.rstrip(" ,;:") + "."
