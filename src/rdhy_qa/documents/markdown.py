"""Reader of Markdown (CommonMark with tables), with front matter."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from rdhy_qa.documents.dom import parts_of
from rdhy_qa.documents.front_matter import split_front_matter
from rdhy_qa.documents.markup import tree_of
from rdhy_qa.documents.parts import Parsed

_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\]\s]{1,100}\]:[ \t]*", re.MULTILINE)
_FOOTNOTE_MARK = re.compile(r"(?<=\S)\[\^[^\]\s]{1,100}\]")
_LONGEST_PARAGRAPH = 20_000
"""Characters up to which a paragraph's markup is read: each mark may be compared with all others of the paragraph."""


def _read_inline(state: StateCore) -> None:
    """Read the markup inside of paragraphs, headings and cells; one that is far too long is plain text."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = token.children or []
        if len(token.content) > _LONGEST_PARAGRAPH:
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)


_parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_parser.core.ruler.at("inline", _read_inline)


def parse_markdown(text: str) -> Parsed:
    """Parts of a Markdown text.

    Raises:
        DocumentError: when its front matter is wrong.

    """
    metadata, body = split_front_matter(text)
    # A footnote's text is a paragraph where it stands; its mark in the sentence is not part of the sentence.
    body = _FOOTNOTE_MARK.sub("", _FOOTNOTE.sub("\n", body))
    tree = tree_of(f"<body>{_parser.render(body)}</body>")
    return Parsed([] if tree is None else parts_of(tree, all_alt=True), metadata)
