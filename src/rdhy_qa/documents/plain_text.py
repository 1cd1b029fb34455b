"""Reader of plain text: structure from layout alone."""

from rdhy_qa.documents.lines import join_lines, split_lines
from rdhy_qa.documents.parts import Parsed
from rdhy_qa.documents.structure import structure


def parse_plain_text(text: str) -> Parsed:
    """Parts of a text without markup: every word of it, in order."""
    found = structure(join_lines(split_lines(text)))
    return Parsed(found.parts, {"title": found.title} if found.title else {})
