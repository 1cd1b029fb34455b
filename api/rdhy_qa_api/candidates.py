"""Questions that a document may answer, made from its own words: the lead-ins of its lists, and plain statements.

Nothing here knows what a corpus is about. Whether a question is answered well is for the engine to say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rdhy_qa.documents.document import BlockKind, Document, Record, Sentence

MAX_CHARACTERS = 100
"""A longer question is no invitation."""

_NUMBERS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[2-9]|[1-9][0-9]"
_THING = r"(?P<thing>[A-Z][^,;:()]{1,60}?)"
# What a sentence or a lead-in has to look like, and the question that it answers.
_SHAPES = (
    ("list", re.compile(rf"(?P<number>{_NUMBERS}) (?P<rest>[a-z][^,;:]*):", re.IGNORECASE), "Which {number} {rest}?"),
    ("meaning", re.compile(rf"{_THING} stands for \S.*"), "What does {thing} stand for?"),
    ("time", re.compile(rf"{_THING} (?:took|takes) place on .*\d.*"), "When did {thing} take place?"),
    (
        "person",
        re.compile(rf"{_THING} (?:was|were) (?P<verb>created|founded|invented|moderated|opened|written) by [A-Z].*"),
        "Who {verb} {thing}?",
    ),
)
_PAST = {"written": "wrote"}
# What such a sentence is about stands in another one.
_POINTING = re.compile(r"(?:He|Her|His|It|Its|She|That|Their|There|These|They|This|Those)\b")
_NAME = re.compile(r"(?<=\s)[A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, with the place that should answer it."""

    question: str
    shape: str
    """Which kind of statement it was made from."""
    document_id: str
    start: int
    end: int


def candidates(document: Document) -> Iterator[Candidate]:
    """The questions that a document suggests, in its order, each once."""
    found = sorted((*_from_lists(document), *_from_sentences(document)), key=lambda one: (one.start, one.question))
    seen: set[str] = set()
    for candidate in found:
        if candidate.question not in seen and len(candidate.question) <= MAX_CHARACTERS:
            seen.add(candidate.question)
            yield candidate


def _from_lists(document: Document) -> Iterator[Candidate]:
    lists: dict[int, list[Record]] = {}
    for record in document.records:
        lists.setdefault(record.list_id, []).append(record)
    for records in lists.values():
        lead_in = records[0].lead_in
        if lead_in is None:
            continue
        inside = [one for one in document.sentences if lead_in.start <= one.start < lead_in.end]
        if inside:
            yield from _from(document, inside[-1], inside[-1].start, records[-1].end)


def _from_sentences(document: Document) -> Iterator[Candidate]:
    for sentence in document.sentences:
        if document.blocks[sentence.block].kind is BlockKind.PARAGRAPH:
            yield from _from(document, sentence, sentence.start, sentence.end)


def _from(document: Document, sentence: Sentence, start: int, end: int) -> Iterator[Candidate]:
    """The question that a sentence answers together with what follows it up to ``end``."""
    text = " ".join(document.text[sentence.start : sentence.end].split())
    for shape, pattern, question in _SHAPES:
        said = pattern.fullmatch(text)
        # A list has items behind its lead-in, and nothing else has.
        if said is None or (shape == "list") != (end > sentence.end) or _POINTING.match(text):
            continue
        words = {name: _inside_a_sentence(word) for name, word in said.groupdict().items()}
        asked = question.format(**words)
        if _NAME.search(asked):  # without a name in it, nobody knows what it is about
            yield Candidate(asked, shape, document.id, start, end)


def _inside_a_sentence(words: str) -> str:
    """What began a sentence, as it reads in the middle of one."""
    words = re.sub(rf"^(The|A|An|{_NUMBERS})\b", lambda word: word[0].lower(), words, flags=re.IGNORECASE)
    return _PAST.get(words, words)
