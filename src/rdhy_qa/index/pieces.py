"""What a document is divided into before passages are made of it: pieces of text, and what introduces its lists."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rdhy_qa.documents.document import Block, BlockKind, Document

CountTokens = Callable[[Sequence[str]], list[int]]

_CREDIT = re.compile(
    r"\W*(?:(?:image|photo|picture|video|graphic|figure|illustration)s?\W+)?(?:source|credit|courtesy|copyright|©|by)s?\b"
    r"|\W*©",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Piece:
    """A block, or a sentence of a block that is too long for one passage."""

    block: Block
    start: int
    end: int
    tokens: int
    """0 where the embedder does not read it: headings and picture credits."""


@dataclass(frozen=True, slots=True)
class LeadIn:
    """The text that introduces a list."""

    start: int
    end: int
    text: str
    tokens: int
    """0 where it is too long for a prefix."""


def pieces_of(document: Document, count_tokens: CountTokens, room: int) -> list[Piece]:
    """Blocks in reading order; those of more than ``room`` tokens come as their sentences."""
    texts = [document.text[block.start : block.end] for block in document.blocks]
    counts = [0 if _unread(block, text) else None for block, text in zip(document.blocks, texts, strict=True)]
    counted = iter(count_tokens([text for text, count in zip(texts, counts, strict=True) if count is None]))
    tokens = [next(counted) if count is None else count for count in counts]
    too_long = {position for position, count in enumerate(tokens) if count > room}
    sentences = _sentence_pieces(document, too_long, count_tokens)
    pieces: list[Piece] = []
    for position, block in enumerate(document.blocks):
        whole = Piece(block, block.start, block.end, tokens[position])
        pieces.extend(sentences.get(position) or [whole])
    return pieces


def _unread(block: Block, text: str) -> bool:
    return block.kind is BlockKind.HEADING or (block.kind is BlockKind.CAPTION and _CREDIT.match(text) is not None)


def _sentence_pieces(document: Document, blocks: set[int], count_tokens: CountTokens) -> dict[int, list[Piece]]:
    sentences = [sentence for sentence in document.sentences if sentence.block in blocks]
    counts = count_tokens([document.text[sentence.start : sentence.end] for sentence in sentences])
    pieces: dict[int, list[Piece]] = {}
    for sentence, count in zip(sentences, counts, strict=True):
        piece = Piece(document.blocks[sentence.block], sentence.start, sentence.end, count)
        pieces.setdefault(sentence.block, []).append(piece)
    return pieces


def lead_ins_of(document: Document, count_tokens: CountTokens, limit: int) -> dict[int, LeadIn]:
    """Find what introduces each list, by the list's id."""
    spans = {record.list_id: record.lead_in for record in document.records if record.lead_in is not None}
    texts = [span.of(document.text) for span in spans.values()]
    counted = zip(spans.items(), texts, count_tokens(texts), strict=True)
    return {
        list_id: LeadIn(span.start, span.end, text, count if count <= limit else 0)
        for (list_id, span), text, count in counted
    }
