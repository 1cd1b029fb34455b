"""Reader of Markdown (CommonMark with tables), with front matter."""

import re

from lxml import html  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

from rdhy_qa.documents.dom import parts_of
from rdhy_qa.documents.front_matter import split_front_matter
from rdhy_qa.documents.parts import Parsed

_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\]\s]+\]:[ \t]*", re.MULTILINE)
_FOOTNOTE_MARK = re.compile(r"(?<=\S)\[\^[^\]\s]+\]")
_parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def parse_markdown(text: str) -> Parsed:
    """Parts of a Markdown text.

    Raises:
        DocumentError: when its front matter is wrong.

    """
    metadata, body = split_front_matter(text)
    # A footnote's text is a paragraph where it stands; its mark in the sentence is not part of the sentence.
    body = _FOOTNOTE_MARK.sub("", _FOOTNOTE.sub("\n", body))
    tree = html.document_fromstring(f"<body>{_parser.render(body)}</body>")
    return Parsed(parts_of(tree, all_alt=True), metadata)
