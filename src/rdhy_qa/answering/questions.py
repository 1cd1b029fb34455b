"""What a question asks for: its kind, the word that names the answer, and the words that the evidence has to meet."""

import re
from dataclasses import dataclass
from enum import StrEnum

from rdhy_qa.answering.spans import SpanType
from rdhy_qa.terms import STOP_WORDS, Term, fold, terms


class Kind(StrEnum):
    """The kinds of question that are answered differently."""

    NAME = "name"
    """who, whom, which company: a name."""
    DATE = "date"
    PLACE = "place"
    NUMBER = "number"
    """how many, how much: a number in the text, or the count of a list."""
    DURATION = "duration"
    CATEGORY = "category"
    """which category, which award: what a list is a list of."""
    LIST = "list"
    YES_NO = "yes_no"
    DEFINITION = "definition"
    REASON = "reason"
    MANNER = "manner"
    STATEMENT = "statement"
    """anything else: the sentence that says it."""


SPAN_OF_KIND = {
    Kind.NAME: SpanType.NAME,
    Kind.DATE: SpanType.DATE,
    Kind.PLACE: SpanType.PLACE,
    Kind.NUMBER: SpanType.NUMBER,
    Kind.DURATION: SpanType.DURATION,
}

# Words that shape the question and are not looked for in the evidence.
_MACHINERY = frozenset(
    """list name names give enumerate mention mentioned named called tell know find show say says said according
    acc please pls thanks thank hi hello hey ok question answer exactly actually really roughly approximately
    about kind sort type many much number amount count total overall all every each full complete whole entire
    mr mrs ms dr prof sir madam
    one ones two three four everyone everybody anyone someone thing things stuff etc vs versus
    briefly explain describe define meaning mean means short stand stands listed up out off down now way go goes
    went come comes came got get let lets us here there just also still ever else e.g i.e rough take took""".split()
)


def _any_of(words: str) -> str:
    return "|".join(words.split())


# What the word behind "which" or "what" says of the answer.
_PERSON_NOUNS = _any_of(
    """person people guy man woman author writer journalist speaker founder co-?founder leader boss ceo chairman
    president director host moderator manager scientist king queen actor singer player politician thinker star"""
)
_ORGANISATION_NOUNS = _any_of(
    """company companies organi[sz]ations? firms? business(?:es)? institutions? institutes? universit(?:y|ies) teams?
    groups? agenc(?:y|ies) winners? nominees? magazine newspaper book books brand club band school part(?:y|ies)"""
)
NAMED_THINGS = rf"(?:{_PERSON_NOUNS}|{_ORGANISATION_NOUNS}|individuals?|moderators|speakers|leaders|founders)"
"""Nouns for what has a proper name."""
_PLACE_NOUNS = _any_of(
    """cit(?:y|ies) towns? villages? countr(?:y|ies) nations? places? locations? venues? hotels? states? continents?
    regions? provinces? islands? rivers? mountains? headquarters"""
)
_DATE_NOUNS = _any_of("years? dates? days? months? centur(?:y|ies) decades? weekday time")
_NUMBER_NOUNS = _any_of(
    """percentages? percent proportion shares? numbers? amounts? sum counts? headcount population size age price cost
    rate height length distance speed temperature salary budget revenue turnover profit"""
)
_CATEGORY_NOUNS = _any_of(
    r"categor(?:y|ies) catagor(?:y|ies) awards?(?!\s(?:money|ceremony)) prizes?(?!\s(?:money|ceremony)) headings? class"
    " division section"
)
_ANSWER_NOUNS = (
    rf"(?:{_PERSON_NOUNS}|{_ORGANISATION_NOUNS}|{_PLACE_NOUNS}|{_DATE_NOUNS}|{_NUMBER_NOUNS}|{_CATEGORY_NOUNS})"
)
_VERBS = _any_of("is are was were did does do has have had can could will would should may might")
_AUXILIARY = rf"(?:(?:{_VERBS})(?:n't)?|can't|won't)"

_TEXT_ITSELF = frozenset("post blog article text page document story".split())
_DEFINITE = re.compile(r"\b(?:the|this|that|your|blog|in|of)\s$")
_OPENERS = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|so|well|and|but|please|pls|excuse me|quick question|just wondering|i was wondering"
    r"|i wonder|(?:can|could|would|will) (?:you|u|someone|anybody|anyone) (?:please )?"
    r"(?:tell|give|say|explain|list|name|show|help)(?: (?:me|us|to))?"
    r"|do you (?:know|happen to know)|i(?:'d| would) (?:like|love) to know|i (?:want|need) to know"
    r"|tell me|let me know|does anyone know)"
    r"[\s,:;!.-]*(?:if |whether )?)+",
    re.IGNORECASE,
)
_PREAMBLE = re.compile(
    r"[^?]{8,}?\b(?:would (?:like|love) to (?:know|hear|learn)|(?:i'm |am |i was |was )?(?:just )?wonder(?:ing)?"
    r"|please tell me|tell me|my question(?: is)?|do you know|can you tell me)\b[\s,:]*(?:if |whether )?(?=\S+ \S+ \S+)"
)
"""What people say of themselves before they ask: it names things that the answer need not have."""
_WH = re.compile(
    r"\b(?:who(?:m|se|'s|s|ever)?|what(?:'s|s)?|wh?ich|when(?:'s|s)?|where(?:'s|s)?|why|how(?:'s|s)?|wher)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood from its words alone."""

    text: str
    kind: Kind
    plural: bool
    """The answer may have several parts: "who were", "which companies", "list"."""
    count: bool
    """A count is asked for ("how many winners")."""
    focus: tuple[Term, ...]
    """What the answer is an instance of: "employees" in "how many employees …", "company" in "which company …"."""
    terms: tuple[Term, ...]
    """The words that the evidence has to meet, focus included, the question's own machinery left out."""
    relation: Term | None = None
    """The relation that is asked for, where the question names it: "founder" in "founder of X", "invented" in "who
    invented X", "profit" in "what is X's profit"."""

    @property
    def wanted(self) -> SpanType | None:
        """The type of span that has to be in the answer, where one has to."""
        return SPAN_OF_KIND.get(self.kind)


def _has(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(rf"\b(?:{pattern})\b", text)


def _is_plural(word: str) -> bool:
    return word in {"people", "staff", "media", "criteria"} or (
        word.endswith("s") and not word.endswith(("ss", "us", "is", "'s")) and len(word) > 3
    )


_FOCUS_STOP = re.compile(
    rf"^(?:{_AUXILIARY}|that|which|who|whom|to|in|on|at|by|for|from|with|of|as|about|among|during|does|went|got|get|gets|took|take|takes"
    r"|comes?|came|belongs?|has|have|gave|give|gives|made|make|makes|won|win|wins|received|founded|began|happened|joined|and|or|,)$"
)


_NO_FOCUS = frozenset("different other many much kind sort type kinds".split())


def _focus_after(words: list[Term], start: int) -> list[Term]:
    """The noun phrase that opens at a character position: up to four words, until a verb or preposition."""
    phrase: list[Term] = []
    for word in words:
        if word.start < start:
            continue
        if _FOCUS_STOP.match(word.folded) and phrase:
            break
        if word.folded in STOP_WORDS or word.folded in _NO_FOCUS or (not phrase and word.folded in _MACHINERY):
            if phrase:
                break
            continue
        phrase.append(word)
        if len(phrase) == 4:
            break
    return phrase


_SHORT = 4
"""Words up to which a phrase that ends in a plural names what is looked for: "open water winners"."""


def _keyword_kind(low: str) -> tuple[Kind, bool, int]:
    """Questions without a question word: "headcount of ASA Group", "books that came up at the event"."""
    low = low.rstrip(" ?!.")
    if _has(_AUXILIARY, low.split(" ", 1)[0]):
        return Kind.YES_NO, False, 0
    if re.match(r"(?:the )?[\w'-]+s (?:of|in|from|at|on|for)\b", low) and _is_plural(
        low.removeprefix("the ").split()[0]
    ):
        return Kind.LIST, True, 0
    for kind, pattern in (
        (Kind.NUMBER, r"(?:number|amount|count) of|^count(?: the)?|headcount|percentage|how (?:many|much)"),
        (Kind.DATE, r"(?:date|year|day) (?:of|when)|in (?:which|what) year"),
        (Kind.PLACE, r"(?:location|venue|home country|headquarters|country) of|country\W*$"),
        (Kind.DEFINITION, r"meaning of|definition of|stands? for|short for"),
        (Kind.CATEGORY, rf"(?:{_CATEGORY_NOUNS})\W*$"),
        (Kind.NAME, rf"(?:{_PERSON_NOUNS})(?: of| name)?\b|names? of|name"),
    ):
        if match := _has(pattern, low):
            plural = kind is Kind.NAME and bool(
                re.search(r"\b(?:names|moderators|founders|authors|speakers|people)\b", low)
            )
            if kind is Kind.NUMBER and low[match.end() :].strip(" ?!.") == "":
                return kind, plural, max(0, low.rfind(" ", 0, max(0, match.start() - 1)))
            return kind, plural, match.end() if match.group().endswith(("of", "when")) else match.start()
    first = re.match(
        r"(?:list|name|give|enumerate|(?P<all>all)|the|every|show)?\s*(?:me |us )?(?:all |every |the |of )*([\w'-]+)",
        low,
    )
    words = low.split()
    listed = (first is not None and _is_plural(first.group(2))) or (0 < len(words) <= _SHORT and _is_plural(words[-1]))
    if first is not None and first["all"]:  # "all the open water winners that came"
        listed = listed or any(_is_plural(word.folded) for word in _focus_after(terms(low), first.start(2)))
    return (Kind.LIST if listed else Kind.STATEMENT), listed, 0


_WHO_IS = re.compile(r"(?:who (?:is|was)|who'?s) (?!the |an? |your )[\w'.-]+(?: [\w'.-]+){0,2}\W*")


_WHY = re.compile(
    r"why|how come\b|what(?:'?s)? (?:for\b|(?:(?:is|was|were|are) )?(?:the )?(?:reasons?|(?:point|purpose|sense) of)\b)"
)


_PURPOSE = re.compile(r"(?:is|are|was|were|'s)\b.* (?:for|about)\W*$")
"""What follows "what" where the purpose or the subject of a thing is asked for: "what is the prize for"."""


def _wh_kind(low: str, wh: re.Match[str]) -> tuple[Kind, bool, int]:
    """Kind, plurality and where the focus opens, for a question with a question word."""
    word = wh.group().lower().rstrip("'")
    rest = low[wh.end() :].strip()
    after = wh.end()
    if _WHY.match(f"{word} {rest}"):
        return Kind.REASON, False, after
    if word.startswith("how"):
        if match := re.match(r"\s*(?:many|much)\b", low[after:]):
            at = after + match.end()
            if not low[at:].strip(" ?!."):
                at = max(0, low.rfind(" ", 0, max(0, wh.start() - 1)))
            return Kind.NUMBER, False, at
        if re.match(r"(?:long|fast|quickly|soon|old)\b", rest):
            return Kind.DURATION, False, after + 1
        if match := re.match(
            r"\s*(?:big|large|high|tall|far|often|deep|wide|heavy)\b(?: (?:is|are|was|were))?", low[after:]
        ):
            return Kind.NUMBER, False, after + match.end()
        return Kind.MANNER, False, after
    if word.startswith("when"):
        return Kind.DATE, False, after
    if word.startswith("whe"):
        return Kind.PLACE, bool(re.match(r"(?:are|were)\b", rest)), after
    if word.startswith("who"):
        return _who_kind(word, rest, after)
    return _what_kind(low, rest, after)


def _who_kind(word: str, rest: str, after: int) -> tuple[Kind, bool, int]:
    if _WHO_IS.fullmatch(f"{word} {rest}") and not _has(_PERSON_NOUNS, rest):
        return Kind.DEFINITION, False, after
    single = word.endswith(("'s", "whos")) or re.match(r"(?:is|was)\b", rest)
    plural = bool(re.match(r"(?:are|were|else|all)\b", rest)) or not single
    return Kind.NAME, plural, after


def _what_kind(low: str, rest: str, after: int) -> tuple[Kind, bool, int]:
    head = re.match(r"(?:(?:is|are|was|were|the|of|'s)\s)*((?:[\w'&-]+\s?){1,4})", rest)
    phrase = head.group(1) if head else rest
    early = " ".join(phrase.split()[:3])
    nouns = [word for word in phrase.split() if word not in STOP_WORDS and not word.endswith("'s")]
    # "which company makes cans": what follows a noun for the answer is a verb, whatever it ends in.
    complete = bool(nouns) and re.fullmatch(_ANSWER_NOUNS, nouns[0]) is not None
    plural = bool(re.match(r"(?:are|were)\b", rest)) or (
        not re.match(r"(?:does|did|do|has|have|had)\b", rest)
        and any(_is_plural(word) for word in nouns[: 1 if complete else 2])
    )
    if re.match(r"of\b|one\b", rest):
        return Kind.NAME, False, after
    if _PURPOSE.match(rest):
        return Kind.STATEMENT, False, after
    if re.search(r"stands? for|short for|\bmean(?:s|t|ing)?\b|definition of", low):
        return Kind.DEFINITION, False, after
    if (
        re.match(r"(?:did|has|have|do|does)\b.*\b(?:win|won|awarded)\b", rest)
        or (not rest.strip(" ?!.") and re.search(r"\b(?:won|win|wins|awarded)\b", low))
        or re.match(r"(?:group|kind|class|type) of (?:winners?|awards?|prizes?)\b", rest)
    ):
        return Kind.CATEGORY, False, after
    if re.match(r"(?:made|makes|caused|led|enables|allows)\b", rest) or "what makes it possible" in low:
        return Kind.REASON, False, after
    if (kind := _kind_of_noun(early)) is not None:
        listed = plural and kind in {Kind.NAME, Kind.CATEGORY, Kind.PLACE}
        return Kind.LIST if listed else kind, plural, after
    if re.match(r"(?:is|are|was|were|'s)?\s*(?:an? |the )?[\w&.'-]+(?: [\w&.'-]+){0,3}\W*$", rest) and re.match(
        r"\s*(?:is|are|'s|s)?\b", low[after - 1 :]
    ):
        copula = re.match(r"(?:is|are|was|were)\s", rest) or low[after - 2 : after] in {"'s", "ts"}
        if copula and " of " not in rest:
            return Kind.DEFINITION, False, after
    return (Kind.LIST, True, after) if plural else (Kind.STATEMENT, False, after)


def _kind_of_noun(phrase: str) -> Kind | None:
    """What the noun behind "which" or "what" says of the answer."""
    for kind, pattern in (
        (Kind.CATEGORY, _CATEGORY_NOUNS),
        (Kind.PLACE, _PLACE_NOUNS),
        (Kind.NUMBER, _NUMBER_NOUNS),
        (Kind.DATE, _DATE_NOUNS),
        (Kind.NAME, rf"{_PERSON_NOUNS}|{_ORGANISATION_NOUNS}"),
    ):
        if _has(pattern, phrase):
            return kind
    return None


def analyse(text: str) -> Question:
    """Read a question's kind, focus and terms off its words; people may write it in any case, with or without "?"."""
    low = fold(text).replace("’", "'") if len(fold(text)) == len(text) else text.lower().replace("’", "'")
    opener = _OPENERS.match(low)
    offset = opener.end() if opener and opener.end() < len(low) else 0
    if preamble := _PREAMBLE.match(low, offset):
        offset = preamble.end()
    body = low[offset:]
    asks_list = bool(
        re.match(
            r"(?:list|name|enumerate|give (?:me |us )?(?:all|every|the|a list)|show (?:me )?all"
            r"|what are (?:all )?the)\b",
            body,
        )
    )
    wh = _WH.search(low, offset)
    late = wh is not None and wh.start() > offset + 60 and not low.rstrip().endswith("?")
    starts_auxiliary = re.match(rf"{_AUXILIARY}\b", body) is not None
    if asks_list and not re.match(r"name of the (?:person|company|guy|man|woman|polish|firm)", body):
        kind, plural, focus_at = Kind.LIST, True, offset
    elif wh is None or late or (starts_auxiliary and wh.start() > offset):
        kind, plural, focus_at = _keyword_kind(body)
        focus_at += offset
    else:
        kind, plural, focus_at = _wh_kind(low, wh)
    words = terms(low)
    asked = tuple(
        term
        for term in words
        if term.start >= offset
        and not (term.folded in _TEXT_ITSELF and _DEFINITE.search(low[: term.start]))
        and (len(term.folded) > 1 or term.folded.isdigit())
        and term.folded not in STOP_WORDS
        and term.folded not in _MACHINERY
        and not _WH.fullmatch(term.folded)
    )
    focus = tuple(term for term in _focus_after(words, focus_at) if term.folded not in _MACHINERY)
    if wh is not None and low.startswith("who", wh.start()):
        focus = focus[:1]  # the verb: "hosted" in "who hosted the show"
    if kind is Kind.CATEGORY:
        focus = tuple(term for term in focus if re.fullmatch(_CATEGORY_NOUNS, term.folded))
    count = kind is Kind.NUMBER and bool(re.search(r"how many|number of|\bcount\b", low))
    return Question(text, kind, plural, count, focus, asked, _relation(body, offset, asked))


# Nouns that hold no relation of their own, and verbs that do.
_LIGHT = frozenset(
    """part parts end beginning start middle rest lot most many some name names title date day number list way side one
    case field group line kind version role view story topic subject meaning use people person country city""".split()
)
_RELATION_VERBS = _any_of(
    """founded started created established invented discovered owns owned wrote published designed built composed
    directed painted leads runs heads chairs hosted moderated killed married bought acquired succeeded trained funded"""
)
_RELATIONS = [
    re.compile(pattern)
    for pattern in (
        r"(?:what|who)(?:'s| is| was| are| were)\s(?:the |an? )?(?:[\w'-]+ )?(?P<noun>[\w-]+) (?:of|for)\b",
        r"(?:the |an? )?(?:[\w'-]+ )?(?P<noun>[\w-]+) of\b",
        r"what(?:'s| is| was)\s(?:[\w'-]+ )*[\w-]+'s (?:[\w-]+ )*?(?P<noun>[\w-]+)\W*$",
        rf"who (?P<noun>{_RELATION_VERBS})\b",
    )
]


def _relation(body: str, offset: int, asked: tuple[Term, ...]) -> Term | None:
    """The word for the relation, by the shape of the question."""
    for pattern in _RELATIONS:
        match = pattern.match(body)
        if match and match["noun"] not in _LIGHT:
            at = match.start("noun") + offset
            return next((term for term in asked if term.start == at), None)
    return None
