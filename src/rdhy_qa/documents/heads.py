"""The thing that a list item is about: its head, and the qualifier that stands with it."""

import re
from dataclasses import dataclass

from rdhy_qa.documents.clean import count_words

_MAX_HEAD_WORDS = 10
_MAX_SHORT_ITEM_WORDS = 9
_DASH = r"(?:\s+[-\u2013—]+\s*|\s*[\u2013—]\s*|(?<=\w)[-\u2013—]\s+)"
_BODY_BREAK = re.compile(r"\s+[-\u2013—]\s+|\s*—\s*|:\s+")
_FROM = re.compile(r"\s+from\s+(?:the\s+)?")
_BY = re.compile(r",?\s+by\s+")
_PARENTHESIS = re.compile(r"\s*\(([^()]{1,60})\)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONNECTORS = _words("of the and & for de da do del di du la le van von der den y e et und")
_VERBS = _words(
    """is are was were has have had be been am can could will would shall should may might must do does did isn't aren't
    wasn't weren't hasn't haven't don't doesn't didn't can't won't i'm we're it's they're i've we've"""
)
_OPENERS = _VERBS | _words(
    """i we you he she it they this that these those there here who what which how when where why our my your his her
    their its being let let's founded based born known described formerly"""
)
_STARTS_BODY = _OPENERS | _words("the a an in on at with for as since over by from and but")
_SENTENCE_PUNCTUATION = re.compile(r"[.!?…][\"”“\u2019»)]*$|[.!?]\s+[A-Z]|;\s")

Offsets = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Head:
    """Offsets of head and qualifier in an item's text."""

    head: Offsets | None = None
    qualifier: Offsets | None = None


def read_head(text: str, marked: Offsets | None = None) -> Head:
    """Head and qualifier of an item, from markup where there is some, else from the wording.

    An item that is a full sentence has neither.
    """
    if marked is not None:
        return _from_markup(text, marked)
    for reader in (_named_from, _with_parenthesis, _written_by, _before_break, _short_item):
        found = reader(text)
        if found is not None:
            return found
    return Head()


def _from_markup(text: str, marked: Offsets) -> Head:
    start, end = marked
    while end > start and text[end - 1] in ":.,;\u2013—- ":
        end -= 1
    if end <= start:
        return Head()
    at = end
    parenthesis = _PARENTHESIS.match(text, at)
    if parenthesis:
        if not _is_acronym(parenthesis[1], text[start:end]):
            return Head((start, end), parenthesis.span(1))
        at = parenthesis.end()
    for opening, ending in ((_FROM, _place_end), (_BY, _author_end)):
        match = opening.match(text, at)
        stop = ending(text, match.end()) if match else None
        if match and stop:
            return Head((start, end), (match.end(), stop))
    return Head((start, end))


def _named_from(text: str) -> Head | None:
    """Read "raizen from Brazil - Is an …"; the dash may be glued to the place or missing."""
    match = _FROM.search(text)
    if not match or not _is_name(text[: match.start()], may_be_lower=True):
        return None
    end = _place_end(text, match.end())
    return Head((0, match.start()), (match.end(), end)) if end else None


def _with_parenthesis(text: str) -> Head | None:
    """Read "raizen (Brazil): …", "raizen (Brazil)"."""
    match = _PARENTHESIS.search(text)
    if not match or not _is_name(text[: match.start()], may_be_lower=True):
        return None
    rest = text[match.end() :]
    if rest.strip() and not re.match(rf"{_DASH}|\s*:\s", rest):
        return None
    name = text[: match.start()]
    if _is_acronym(match[1], name):
        return Head((0, match.end()))
    return Head((0, match.start()), match.span(1))


def _written_by(text: str) -> Head | None:
    """Read "Proximity by Robert C. Wolcott & Kahn Krippendorff"."""
    for match in _BY.finditer(text):
        end = _author_end(text, match.end())
        if end and _is_title(text[: match.start()]):
            return Head((0, match.start()), (match.end(), end))
    return None


def _before_break(text: str) -> Head | None:
    """Read "San Yi Nico EMC - Trailblazer Award", "Owner: the team"."""
    match = _BODY_BREAK.search(text)
    if not match or not match.start() or match.end() == len(text):
        return None
    head = text[: match.start()]
    if count_words(head) > _MAX_HEAD_WORDS or _SENTENCE_PUNCTUATION.search(head) or _is_clause(head):
        return None
    return Head((0, match.start()))


def _short_item(text: str) -> Head | None:
    """Read "Medicine", "Beer & Culture tour": all of it is the head."""
    end = len(re.sub(r"[,;]?(?:\s+(?:and|or))?[,;]?$", "", text))
    if count_words(text) > _MAX_SHORT_ITEM_WORDS or _SENTENCE_PUNCTUATION.search(text) or _is_clause(text[:end]):
        return None
    return Head((0, end)) if end else None


def _is_clause(text: str) -> bool:
    """Whether a text opens like a sentence or holds a verb form that names don't have."""
    words = [word.strip(",'\"“”").casefold().replace("\u2019", "'") for word in text.split()]
    return not words or words[0] in _OPENERS or not _VERBS.isdisjoint(words)


def _place_end(text: str, start: int) -> int | None:
    """End of a run of capitalised words, stopped where a new sentence starts without any mark."""
    end = start
    for word in re.finditer(r"\S+", text[start:]):
        token = word.group()
        bare = token.rstrip(",.:;-\u2013—")
        if not bare or token[:1] in "-\u2013—(":
            break
        is_connector = bare.casefold() in _CONNECTORS
        if end > start and bare.casefold() in _STARTS_BODY and not is_connector:
            break
        if not (bare[:1].isupper() or (is_connector and end > start)):
            return None
        following = start + word.start() + len(bare)
        if end > start and bare.casefold() == "the" and bare[:1].isupper():
            break
        end = following
        if bare != token:
            break
    return _without_connectors(text, start, end) if end > start else None


def _author_end(text: str, start: int) -> int | None:
    """End of the authors' names where only names follow up to the item's end, a dash or a colon."""
    stop = _BODY_BREAK.search(text, start)
    end = stop.start() if stop else len(text.rstrip(" .;,"))
    tokens = text[start:end].split()
    names = [token for token in tokens if token.casefold() not in _CONNECTORS]
    if not names or len(tokens) > _MAX_HEAD_WORDS + 4:
        return None
    return end if all(name[:1].isupper() or name[:1] in "(&" for name in names) else None


def _without_connectors(text: str, start: int, end: int) -> int:
    while (last := text[start:end].rsplit(" ", 1))[-1].casefold() in _CONNECTORS and len(last) == 2:
        end = start + len(last[0])
    return end


def _is_name(text: str, *, may_be_lower: bool = False) -> bool:
    """Whether a text is a name: few words, capitalised but for connectors; a single lower-case word can be one."""
    tokens = text.split()
    if not tokens or len(tokens) > _MAX_HEAD_WORDS or tokens[0].casefold() in _OPENERS:
        return False
    if len(tokens) == 1:
        return may_be_lower or tokens[0][:1].isupper()
    return all(
        token.casefold() in _CONNECTORS or not token[:1].islower() for token in tokens
    ) and not _SENTENCE_PUNCTUATION.search(text)


def _is_title(text: str) -> bool:
    """Whether a text can be the title of a work: it opens with a capital or number and holds no verb form."""
    tokens = text.split()
    if not tokens or len(tokens) > 2 * _MAX_HEAD_WORDS or tokens[0][:1].islower():
        return False
    capitals = sum(1 for token in tokens if not token[:1].islower())
    return tokens[0].casefold() not in _OPENERS and capitals * 2 >= len(tokens)


def _is_acronym(short: str, name: str) -> bool:
    """Whether a word in parentheses is short for the name before it: (SINA) after Social Innovation Academy."""
    letters = [letter for letter in short if letter.isalpha()]
    if not 2 <= len(letters) <= 8 or " " in short or not short[:1].isupper() or sum(map(str.isupper, letters)) < 2:
        return False
    initials = [word[0].casefold() for word in re.findall(r"[^\W\d_]+", name)]
    if len(initials) < 2:
        return False
    matched = sum(1 for letter in letters if letter.casefold() in initials)
    return letters[0].casefold() == initials[0] and matched * 2 >= len(letters)
