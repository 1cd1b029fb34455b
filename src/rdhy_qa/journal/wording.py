"""When two questions count as asked in the same words."""

from rdhy_qa.terms import terms


def wording(question: str) -> str:
    """The same for questions that differ in case, diacritics, punctuation and white space only."""
    return " ".join(term.folded for term in terms(question)) or " ".join(question.casefold().split())
