"""Right or wrong: an answer against what a right one has to hold."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from rdhy_qa.contracts import Answer
from rdhy_qa.terms import fold
from rdhy_qa_evals.questions import Case, Verdict

_WHOLE_WORD = 3


def normalise(text: str) -> str:
    """Case, white space and quotation marks evened out, citation marks removed."""
    text = unicodedata.normalize("NFKC", re.sub(r"\[\d+\]", " ", text))
    return " ".join(text.casefold().replace("’", "'").split())


def holds(text: str, variants: Iterable[str]) -> bool:
    """Whether a text holds one of the variants; short ones and figures as whole words."""
    haystack = normalise(text)
    for variant in variants:
        needle = normalise(variant)
        if len(needle) <= _WHOLE_WORD or needle[0].isdigit() or needle[-1].isdigit():
            if re.search(rf"(?<![\w.,]){re.escape(needle)}(?![\w]|[.,]\d)", haystack):
                return True
        elif needle in haystack:
            return True
    return False


def judge(case: Case, answer: Answer) -> Verdict:
    """The verdict on one answer.

    A list with items has to hold each expected item and nothing else; a list answered by a sentence, each item. Yes and
    no, and counts, are looked for in the short answer.
    """
    if not case.answerable:
        return "leaked" if answer.answered else "declined"
    if not answer.answered:
        return "missed"
    return "right" if is_right(case, answer) else "wrong"


def is_right(case: Case, answer: Answer) -> bool:
    """Whether an answer to an answerable question is right."""
    if case.items:
        if answer.items:
            precision, recall = list_scores(case, answer)
            return precision == recall == 1.0
        return all(holds(answer.answer, variants) for variants in case.items)
    if case.kind in {"yes-no", "count"}:
        return holds(answer.short_answer or "", case.accepted)
    return holds(f"{answer.short_answer or ''} | {answer.answer}", case.accepted)


def list_scores(case: Case, answer: Answer) -> tuple[float, float]:
    """Precision and recall of a list's items; an answer without items is taken as one item."""
    texts = [item.text for item in answer.items] or [answer.answer]
    wanted = sum(any(holds(text, variants) for variants in case.items) for text in texts)
    found = sum(any(holds(text, variants) for text in texts) for variants in case.items)
    return wanted / len(texts), found / len(case.items)


def token_f1(said: str, answer: str) -> float:
    """Token F1 of two short texts, articles and punctuation aside (SQuAD's measure: Rajpurkar et al., 2016)."""
    first, second = (_tokens(text) for text in (said, answer))
    same = sum((Counter(first) & Counter(second)).values())
    return 2 * same / (len(first) + len(second)) if same else 0.0


def best_f1(said: str, accepted: Sequence[str]) -> float:
    """Token F1 with the nearest accepted wording."""
    return max((token_f1(said, answer) for answer in accepted), default=0.0)


def _tokens(text: str) -> list[str]:
    words = "".join(c if c.isalnum() or c.isspace() else " " if c == "-" else "" for c in fold(text)).split()
    return [word for word in words if word not in {"a", "an", "the"}]
