"""Documents keep their part, and the parts are of the sizes that are said."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa_evals.splits import part_of


@given(st.text())
def test_a_document_is_always_in_the_same_part_and_never_trained_on_where_nothing_is(name: str):
    assert part_of(name) == part_of(name)
    assert part_of(name, trained=False) != "train"
    assert part_of(name) in {"train", part_of(name, trained=False)}


def test_five_of_six_documents_are_trained_on_and_the_others_halved():
    parts = Counter(part_of(f"document {number}") for number in range(6000))
    assert 4850 < parts["train"] < 5150
    assert 400 < parts["fit"] < 600
    assert 400 < parts["measure"] < 600
