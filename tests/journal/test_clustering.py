"""Questions that ask the same thing come together, and the others don't."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from rdhy_qa.journal.clustering import average_linkage, groups_of
from rdhy_qa.models.embedder import load_embedder
from rdhy_qa.models.query_encoder import QueryEncoder


def as_groups(labels: np.ndarray) -> list[list[int]]:
    return sorted([np.flatnonzero(labels == label).tolist() for label in set(labels)])


@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_the_groups_are_those_of_average_linkage(number: int, seed: int, farthest: float):
    condensed = np.random.default_rng(seed).random(number * (number - 1) // 2)
    groups = average_linkage(squareform(condensed) if number > 1 else np.zeros((1, 1)), farthest)
    if number == 1:
        assert groups == [[0]]
    else:
        assert groups == as_groups(fcluster(linkage(condensed, "average"), farthest, "distance"))


@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), max_size=25), st.floats(0, 2))
def test_each_question_is_in_one_group_even_where_all_are_equally_far(points: list[list[int]], farthest: float):
    array = np.array(points, dtype=np.float64).reshape(-1, 3)
    groups = average_linkage(np.abs(array[:, None] - array[None]).sum(-1), farthest)
    assert sorted(position for group in groups for position in group) == list(range(len(points)))


def test_a_chain_of_small_steps_does_not_join_its_ends():
    line = np.arange(10.0)
    groups = average_linkage(np.abs(line[:, None] - line[None]), 1.5)
    assert max(map(len, groups)) <= 3


@pytest.fixture(scope="module")
def embed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], np.ndarray]:
    """The packaged embedder's vectors of questions."""
    folder: Path = tmp_path_factory.mktemp("encoder") / "embedder"
    load_embedder("all-MiniLM-L6-v2", 2).export(folder)
    return QueryEncoder.load(folder).encode_query


@pytest.mark.parametrize(
    "same",
    [
        ("Who is the CEO of Google?", "who is the CEO of Gogle", "who is ceo of gooogle?"),
        ("What is the revenue of Haier Europe?", "what is the revenu of haier europe", "How much revenue does Haier "
         "Europe make?"),
        ("How do I become a micro-enterprise?", "How do I become a micro-entreprise ?"),
        ("Who sponsors the ZeroDX Awards?", "who sponsors the zerodx awards", "Who sponsers the ZeroDX Awards?"),
    ],
)  # fmt: skip
def test_a_question_comes_together_with_its_misspelt_repeats(embed, same: tuple[str, ...]):
    others = ["Does Haier pay dividends?", "What is the weather in Berlin?", "Who leads the Rendanheyi institute?"]
    questions = [*same, *others]
    groups = groups_of(questions, np.array([embed(question) for question in questions]))
    assert list(range(len(same))) in groups


@pytest.mark.parametrize(
    "questions",
    [
        ("Who is the CEO of Google?", "Who is the CEO of Morningstar?", "Who is the CEO of Tesla?"),
        ("What is the revenue of Haier Europe?", "How many employees does Haier Europe have?"),
        ("Hello", "What is the weather in Berlin?", "Write a poem"),
    ],
)
def test_questions_about_something_else_stay_apart(embed, questions: tuple[str, ...]):
    vectors = np.array([embed(question) for question in questions])
    assert len(groups_of(questions, vectors)) == len(questions)


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("Who runs Gogle?", "who runs google", True),
        ("What of micro-enterprises", "what of micro-entreprises?", True),
        ("Who won in 2023?", "Who won in 2024?", False),
        ("Who is Ada?", "Who is Ida?", False),
        ("Who runs Haier?", "Who runs Bayer?", False),
        ("why", "who", False),
        ("???", "!!!", True),
    ],
)
def test_slips_join_whatever_the_embedder_makes_of_them(first: str, second: str, *, together: bool):
    groups = groups_of([first, second], np.eye(2, dtype=np.float32))
    assert (len(groups) == 1) == together


def test_without_questions_there_are_no_groups():
    assert groups_of([], np.zeros((0,), dtype=np.float32)) == []
