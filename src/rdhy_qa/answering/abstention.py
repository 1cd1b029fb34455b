"""Declining: when, for which reason, and what to say."""

from rdhy_qa.contracts import Reason

MESSAGES: dict[Reason, str] = {
    "no_evidence": "The documents say nothing about this.",
    "insufficient_evidence": "The documents touch on this but don't give the answer.",
    "out_of_scope": "This is outside what the documents cover.",
    "ambiguous": "The question could mean several things here; please say which one you mean.",
}


def message(reason: Reason, unknown: tuple[str, ...] = ()) -> str:
    """One polite sentence that declines; `unknown` are words of the question that the documents don't have."""
    if unknown and reason in {"no_evidence", "out_of_scope"}:
        words = " or ".join(f"“{word}”" for word in unknown[:2])
        return f"The documents don't mention {words}, so I can't answer this."
    return MESSAGES[reason]


NOT_ENGLISH = "I can only answer questions in English; please ask again in English."
