"""Citations that hold their claim, and citations that are needed."""

import pytest

from rdhy_qa.contracts import Answer, Citation, Item
from rdhy_qa_evals.support import Claim, citation_scores, claims_of, supported, unsupported_claims


def cited(n: int, quote: str, section: tuple[str, ...] = ()) -> Citation:
    return Citation(
        n=n, document_id="a", title="The Lamp", section=section, url=None, view_url="/", page=None, published=None,
        start=0, end=len(quote), quote=quote,
    )  # fmt: skip


def reply(text: str, *quotes: str, items: tuple[str, ...] = (), short: str | None = None) -> Answer:
    return Answer(
        question="?",
        answered=True,
        short_answer=short,
        answer=text,
        items=tuple(Item(text=item, citations=(n,)) for n, item in enumerate(items, 1)),
        confidence=0.5,
        citations=tuple(cited(n, quote) for n, quote in enumerate(quotes, 1)),
        generation="g",
    )


@pytest.mark.parametrize(
    ("claim", "quote", "held"),
    [
        ("The keeper Ada lit the lamp in 1812.", "Ada, the keeper, lit the lamp in 1812.", True),
        ("The keeper Ada lit the lamp in 1813.", "Ada, the keeper, lit the lamp in 1812.", False),
        ("The keeper Bo lit the lamp.", "Ada, the keeper, lit the lamp in 1812.", False),
        ("Rope was sold cheaply to sailors.", "Ada, the keeper, lit the lamp in 1812.", False),
        ("Lit the lamp twice", "Ada, the keeper, lit the lamp in 1812.", False),
    ],
)
def test_names_and_figures_have_to_stand_in_the_quotation_and_most_other_words(claim: str, quote: str, held: bool):
    assert supported(claim, [cited(1, quote)]) is held


def test_nothing_is_supported_without_a_citation():
    assert not supported("Ada lit the lamp.", [])


def test_the_headings_that_a_quotation_is_shown_with_count():
    assert supported("Saltby won Quiet Harbours", [cited(1, "Saltby won.", ("Quiet Harbours",))])
    assert not supported("Saltby won Quiet Harbours", [cited(1, "Saltby won.")])


def test_a_list_is_a_claim_an_item_without_the_count_before_it():
    answer = reply("Two: Ada [1]; Bo [2].", "Ada lit it.", "Bo watched.", items=("Ada", "Bo"))
    assert claims_of(answer) == [Claim("Ada", (1,)), Claim("Bo", (2,))]
    assert citation_scores(answer) == (1.0, 1.0)


def test_words_with_no_mark_behind_them_are_an_unsupported_claim():
    answer = reply("Ada lit it. [1] Bo invented rope in 1700.", "Ada lit it.")
    assert claims_of(answer)[1] == Claim("Bo invented rope in 1700", ())
    assert citation_scores(answer) == (1.0, 0.5)
    assert unsupported_claims(answer) == [Claim("Bo invented rope in 1700", ())]


def test_a_citation_that_adds_nothing_costs_precision():
    # The first quotation holds the claim alone; the second neither does nor is missed.
    answer = reply("Ada lit the lamp [1][2].", "Ada lit the lamp.", "Rope was cheap.")
    assert citation_scores(answer) == (0.5, 1.0)


def test_two_citations_that_hold_a_claim_together_are_both_needed():
    answer = reply("Ada: lit the lamp [1][2].", "Ada was the keeper.", "The keeper lit the lamp.")
    assert citation_scores(answer) == (1.0, 1.0)


def test_yes_is_no_claim_of_its_own():
    answer = reply("Yes. Ada lit the lamp. [1]", "Ada lit the lamp.", short="Yes")
    assert claims_of(answer) == [Claim("Ada lit the lamp", (1,))]
