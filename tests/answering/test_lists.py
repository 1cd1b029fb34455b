"""Lists come whole, restricted or counted, and only where they are what was asked for."""

import pytest

from rdhy_qa.answering.list_names import name_of_list
from rdhy_qa.answering.lists import awards, item_label
from rdhy_qa.contracts import Answer
from rdhy_qa.terms import stem

WINNERS = """\
## Open Water

Two organisations won in the Open Water category:

- **Tidewell** (Norway): Tidewell is a ferry line.
- **Dune Academy (DUAC)** (Ghana): DUAC teaches pupils.

## Reading

Three books were mentioned:

- **Salt and Wind** by Ola Brandt
- **The Long Tide** by Ada Finch
- Calm from birth
"""
OPEN_WATER = ["Tidewell (Norway)", "RL Marten (Estonia)", "SolMarino (Portugal)"]
QUIET = ["Saltby (Ireland)", "Dune Academy (DUAC) (Ghana)"]


def items(answer: Answer) -> list[str]:
    return [item.text for item in answer.items]


@pytest.mark.parametrize(
    "question",
    [
        "Who won Open Water?",
        "who won in the open water category",
        "List the winners of Open Water",
        "which organisations won open water?",
        "open water winners",
        "winers of open watter",
    ],
)
def test_a_list_comes_whole(ask_harbour, question: str) -> None:
    answer = ask_harbour(question)
    assert items(answer) == OPEN_WATER
    assert answer.complete is not None
    assert (answer.complete.found, answer.complete.expected) == (3, 3)


def test_all_winners_are_those_of_every_category(ask_harbour) -> None:
    assert items(ask_harbour("List all winners.")) == [*OPEN_WATER, *QUIET]


@pytest.mark.parametrize("question", ["Which winners come from Norway?", "norwegian winners", "winners from norway"])
def test_a_country_restricts_a_list(ask_harbour, question: str) -> None:
    assert items(ask_harbour(question)) == ["Tidewell (Norway)"]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many organisations won Open Water?", "3"),
        ("how many winners did quiet harbours have", "2"),
        ("how many won in the open water category", "3"),
    ],
)
def test_a_count_is_counted_from_the_list(ask_harbour, question: str, number: str) -> None:
    answer = ask_harbour(question)
    assert answer.short_answer == number
    assert len(answer.items) == int(number)


def test_a_count_of_something_else_is_not_counted_from_a_list(ask_harbour) -> None:
    answer = ask_harbour("How many guests did the ferry carry?")
    assert answer.short_answer == "240"
    assert answer.items == ()


def test_people_are_a_list_too(ask_harbour) -> None:
    assert items(ask_harbour("Who hosted the evening?")) == ["Ada Finch", "Kofi Mensah"]


def test_statements_are_no_answer_to_who(ask_harbour) -> None:
    texts = items(ask_harbour("Who were the winners of Quiet Harbours?"))
    assert texts == QUIET
    assert not {"Patience", "Listening"} & set(items(ask_harbour("Who won Quiet Harbours?")))


@pytest.mark.parametrize("question", ["Who founded DUAC?", "who is the founder of the dune academy"])
def test_an_item_that_the_question_names_is_not_its_own_answer(ask_harbour, question: str) -> None:
    answer = ask_harbour(question)
    assert answer.items == ()
    assert answer.short_answer is None or "Dune" not in answer.short_answer


@pytest.mark.parametrize(
    "question", ["Which category did Saltby win?", "what did saltby win", "wich catagory did DUAC win?"]
)
def test_the_category_of_a_winner_is_read_from_its_list(ask_harbour, question: str) -> None:
    answer = ask_harbour(question)
    assert answer.answered
    assert "Quiet Harbours" in (answer.short_answer or "")


def test_the_category_of_a_host_is_declined(ask_harbour) -> None:
    assert not ask_harbour("Which category did Ada Finch win?").answered


def test_where_is_not_answered_with_a_list_of_people(ask_harbour) -> None:
    assert ask_harbour("Where were the Lantern Prizes handed out?").items == ()


def test_an_item_is_shown_by_its_head_and_what_tells_it_apart(lists_in) -> None:
    winners, books = lists_in(WINNERS)
    assert [item_label(winners, record) for record in winners.records] == [
        "Tidewell (Norway)",
        "Dune Academy (DUAC) (Ghana)",
    ]
    assert [item_label(books, record) for record in books.records] == [
        "Salt and Wind by Ola Brandt",
        "The Long Tide by Ada Finch",
        "Calm from birth",
    ]


def test_a_list_is_called_what_its_lead_in_or_heading_calls_it(lists_in) -> None:
    winners, books = lists_in(WINNERS)
    name, where = name_of_list(winners, [stem("category")])
    assert name == "Open Water"
    assert where.of(winners.view.document.text) == name
    assert name_of_list(books, [stem("category")])[0] == "Reading"


def test_a_list_of_winners_is_told_by_its_lead_in(lists_in) -> None:
    winners, books = lists_in(WINNERS)
    assert awards(winners)
    assert not awards(books)
