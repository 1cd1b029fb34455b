"""Whether the cited quotations hold what a statement claims: ALCE's citation recall and precision, without an LLM.

ALCE (Gao et al., "Enabling Large Language Models to Generate Text with Citations", 2023) asks a natural-language
inference model whether the cited passages entail a statement. Ours is a test of words, exact about what matters most in
a cited answer and blind to paraphrase: every figure and every name of the claim has to stand in the quotations, and
most of its other content words. What stands in the cited section's headings counts as said, since a quotation is shown
with them. It never calls a made-up name or number supported; it may call a good paraphrase unsupported.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rdhy_qa.contracts import Answer, Citation
from rdhy_qa.terms import STOP_WORDS, terms

_ENOUGH = 0.75
"""Share of a claim's plain content words that the quotations have to hold."""
_MARK = re.compile(r"\[(\d+)\]")
_LEAD = re.compile(
    r"^(?:(?:yes|no|editor's note)[.:,]\s*|\w+(?: \(\d+\))?: |both give the same number\. )", re.IGNORECASE
)
"""What the service says of an answer as a whole: yes or no, or how many items follow."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of an answer, with the numbers of the citations that stand behind it."""

    text: str
    marks: tuple[int, ...]


def claims_of(answer: Answer) -> list[Claim]:
    """The answer in parts, each up to and with its citation marks; words with no mark after them are a claim too."""
    text = (
        _LEAD.sub("", answer.answer, count=1) if answer.items or answer.short_answer in {"Yes", "No"} else answer.answer
    )
    claims: list[Claim] = []
    said, at = "", 0
    marks: list[int] = []
    for match in _MARK.finditer(text):
        between = text[at : match.start()]
        if marks and between.strip(" ,.;:"):
            claims.append(Claim(said.strip(" ,.;:"), tuple(marks)))
            said, marks = "", []
        said += between
        marks.append(int(match[1]))
        at = match.end()
    if marks:
        claims.append(Claim(said.strip(" ,.;:"), tuple(marks)))
    if (rest := text[at:].strip(" ,.;:")) and terms(rest):
        claims.append(Claim(rest, ()))
    return claims


def supported(claim: str, citations: Sequence[Citation]) -> bool:
    """Whether quotations, taken together with the headings that they stand under, hold a claim."""
    held = {
        form
        for citation in citations
        for text in (citation.quote, *citation.section, citation.title)
        for term in terms(text)
        for form in (term.stem, term.folded)
    }
    plain: list[bool] = []
    for term in terms(claim):
        inside = term.stem in held or term.folded in held
        if term.folded[0].isdigit() or (claim[term.start].isupper() and term.start > 0):
            if not inside and term.folded not in STOP_WORDS:
                return False
        elif term.folded not in STOP_WORDS:
            plain.append(inside)
    return bool(citations) and (not plain or sum(plain) / len(plain) >= _ENOUGH)


def unsupported_claims(answer: Answer) -> list[Claim]:
    """What an answer says that its citations don't hold."""
    by_number = {citation.n: citation for citation in answer.citations}
    return [
        claim
        for claim in claims_of(answer)
        if not supported(claim.text, [by_number[n] for n in claim.marks if n in by_number])
    ]


def citation_scores(answer: Answer) -> tuple[float, float]:
    """Citation precision and recall of an answer that was given.

    Recall: the share of claims that their citations support. Precision: the share of citations that are needed, which
    is to say that the claim is supported, and that the citation supports it alone or is missed when left out.
    """
    by_number = {citation.n: citation for citation in answer.citations}
    held, needed = [], []
    for claim in claims_of(answer):
        cited = [by_number[n] for n in claim.marks if n in by_number]
        whole = supported(claim.text, cited)
        held.append(whole)
        for citation in cited:
            others = [other for other in cited if other is not citation]
            alone = supported(claim.text, [citation])
            needed.append(whole and (alone or not supported(claim.text, others)))
    return (
        sum(needed) / len(needed) if needed else 0.0,
        sum(held) / len(held) if held else 0.0,
    )
