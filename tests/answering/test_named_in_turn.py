"""What a text names in turn, without a list."""

import pytest

from rdhy_qa.answering.named_in_turn import Turns, named_in_turn
from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine

TOUR = """\
---
id: tour
title: A day at the Lanternworks
---

## The tour of the works

We began at ten with the Ember Hall stop. The glass there is blown by hand. The next stop was the Wick Museum, which has
three rooms. It rained. The next stop focused on the Oil Cellar: dark, and cold. Our last stop was called the Beacon.

## The evening

The Lantern Prizes were handed out by Ada Finch. The next morning we left for Porto.
"""


@pytest.fixture(scope="module")
def tour(engine_of) -> Engine:
    return engine_of({"tour.md": TOUR})


def named(engine: Engine, question: str) -> list[str] | None:
    material = engine.material(question)
    views = dict.fromkeys(passage.view for passage in material.passages)
    turns = named_in_turn(material.question, material.wanted, views)
    return None if turns is None else names_of(turns)


def names_of(turns: Turns) -> list[str]:
    return [name.of(turns.view.document.text) for name in turns.names]


STOPS = ["Ember Hall", "Wick Museum", "Oil Cellar", "Beacon"]


@pytest.mark.parametrize(
    "question", ["What were the stops of the tour?", "list the stops", "how many stops were there"]
)
def test_all_that_is_named_in_turn_is_found_in_its_order(tour: Engine, question: str):
    assert named(tour, question) == STOPS


@pytest.mark.parametrize(
    "question",
    [
        "What were the stops of the cruise in 1999?",  # another tour
        "what mornings were there",  # one of them is next, which makes no series
        "Where was the last stop?",  # one thing is asked for
    ],
)
def test_nothing_is_named_for_what_the_text_does_not_name_in_turn(tour: Engine, question: str):
    assert named(tour, question) is None


def test_each_of_them_is_cited_where_it_stands(tour: Engine):
    answer = tour.ask(AskRequest(question="how many stops did the tour have"), operating_point=0.0)
    assert answer.short_answer == "4"
    assert [item.text for item in answer.items] == STOPS
    by_number = {citation.n: citation for citation in answer.citations}
    assert all(item.text in by_number[item.citations[0]].quote for item in answer.items)
    assert answer.complete is None
