"""Whether a thing is in a list."""

import pytest

from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine

from .conftest import HARBOUR


@pytest.fixture(scope="module")
def harbour(engine_of) -> Engine:
    return engine_of({"harbour.md": HARBOUR})


@pytest.mark.parametrize(
    ("question", "said", "cited"),
    [
        ("Is Tidewell a winner?", "Yes", "Open Water"),
        ("did saltby win?", "Yes", "Quiet Harbours"),
        ("does SolMarino belong to the open water winners", "Yes", "Open Water"),
        ("Did the Dune Academy get an award?", "Yes", "Quiet Harbours"),
        ("was DUAC a winner from Ghana", "Yes", "Quiet Harbours"),
        ("Did Tidewell win in the Quiet Harbours category?", "No", "Open Water"),
    ],
)
def test_a_thing_is_in_the_list_that_the_question_describes_or_in_another(
    harbour: Engine, question: str, said: str, cited: str
):
    answer = harbour.ask(AskRequest(question=question))
    assert answer.short_answer == said
    assert any(cited in citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    "question",
    [
        "Was Tidewell the only winner?",  # more is asked than whether it is one
        "did Ada Finch win a prize?",  # she is listed, but as a host
        "Did Tidewell win in Lisbon?",  # nothing says where
    ],
)
def test_a_list_does_not_answer_what_it_does_not_say(harbour: Engine, question: str):
    answer = harbour.ask(AskRequest(question=question))
    assert answer.confidence < 0.95
