"""Right or wrong: an answer against what a right one has to hold."""

import re
import unicodedata

from rdhy_qa.contracts import Answer
from rdhy_qa_evals.questions import Case, Verdict

_WHOLE_WORD = 3


def normalise(text: str) -> str:
    """Case, white space and quotation marks evened out, citation marks removed."""
    text = unicodedata.normalize("NFKC", re.sub(r"\[\d+\]", " ", text))
    return " ".join(text.casefold().replace("’", "'").split())


def holds(text: str, variants: tuple[str, ...]) -> bool:
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
    return "right" if _is_right(case, answer) else "wrong"


def _is_right(case: Case, answer: Answer) -> bool:
    if case.items:
        if answer.items:
            texts = [item.text for item in answer.items]
            every = all(any(holds(text, variants) for text in texts) for variants in case.items)
            return every and all(any(holds(text, variants) for variants in case.items) for text in texts)
        return all(holds(answer.answer, variants) for variants in case.items)
    if case.kind in {"yes-no", "count"}:
        return holds(answer.short_answer or "", case.accepted)
    return holds(f"{answer.short_answer or ''} | {answer.answer}", case.accepted)
