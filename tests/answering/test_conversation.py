"""What a follow-up is taken to mean, and that other questions are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.answering.conversation import lists_again, readings, says_nothing_new, told_before
from rdhy_qa.contracts import MAX_QUESTION_CHARACTERS, AskRequest, Turn


def after(*said: str) -> list[Turn]:
    """A conversation, the reader's turn first."""
    return [Turn(role=("user", "assistant")[n % 2], content=text) for n, text in enumerate(said)]


WINNERS = after(
    "who won open water", "Three: Tidewell (Norway) [1]; RL Marten (Estonia) [2]; SolMarino (Portugal) [3]."
)


@pytest.mark.parametrize(
    ("question", "means"),
    [
        ("and from Norway?", "who won open water from Norway"),
        ("and in quiet harbours", "who won open water in quiet harbours"),
        ("and quiet harbours?", "who won quiet harbours"),
        ("what about 2025?", "who won open water in 2025"),
        ("who founded it?", "who founded Tidewell"),
        ("how many of them?", "how many won open water"),
    ],
)
def test_a_follow_up_is_made_to_stand_alone(question: str, means: str):
    assert any(means in reading for reading in readings(question, WINNERS)), readings(question, WINNERS)


def test_a_year_and_a_country_take_the_place_of_the_old_ones():
    asked = after("where were the prizes handed out in 2021", "In Lisbon [1].")
    assert readings("and in 2022?", asked)[0] == "where were the prizes handed out in 2022"
    winner = after("name of the norwegian winner", "Tidewell (Norway) [1].")
    assert readings("and the estonian one?", winner)[0] == "name of the estonian winner"


def test_what_was_spoken_of_takes_the_place_of_its_pronoun():
    asked = after("who lit the lantern", "The keeper Bruno Salt lit the lantern [1].")
    assert "when was Bruno Salt born" in readings("when was he born?", asked)


@pytest.mark.parametrize(
    ("before", "answer", "question", "means"),
    [
        ("where was the prize given", "In Lisbon [1].", "in which hotel?", "in which hotel was the prize given"),
        ("did the ferry get a prize", "Yes [1].", "why?", "why did the ferry get a prize"),
        ("who runs the ferry", "Greta Wind runs it [1].", "since when?", "since when Greta Wind runs the ferry"),
        ("which boat won in 2024", "Tidewell (Norway) [1].", "how?", "how Tidewell won in 2024"),
        ("what was the first stop", "The mill [1].", "and the second one?", "what was the second stop"),
        ("which winner comes from Norway", "Tidewell [1].", "and the estonian one?", "which winner comes from Estonia"),
    ],
)  # fmt: skip
def test_what_is_asked_anew_takes_the_place_of_what_was_asked(before: str, answer: str, question: str, means: str):
    assert readings(question, after(before, answer))[0] == means


def test_a_question_that_was_itself_a_follow_up_is_understood_first():
    asked = after("when was the ferry built", "In 1970 [1].", "by whom?", "By Bruno Salt [1].")
    assert readings("with what?", asked)[0] == "with what was the ferry built"


def test_a_short_question_that_names_its_subject_stands_alone():
    assert readings("what does HMI stand for", WINNERS) == ["what does HMI stand for"]


@pytest.mark.parametrize(
    "question",
    [
        "How many guests did the ferry carry?",
        "who is the founder of the dune academy",
        "name the town of the ceremony in 2021",
    ],
)
def test_a_change_of_subject_stands_alone(question: str):
    assert readings(question, WINNERS) == [question]


def test_without_a_history_every_question_stands_alone():
    assert readings("and who founded it?", []) == ["and who founded it?"]


@given(st.text(min_size=1, max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_whatever_is_said_there_are_a_few_readings_that_can_be_asked(question: str, said: list[str]):
    found = readings(question, after(*said))
    assert 1 <= len(found) <= 5
    assert all(0 < len(reading) <= MAX_QUESTION_CHARACTERS for reading in found)


def test_the_engine_says_which_reading_it_answered(harbour):
    history = after(
        "Who won Open Water?", "Three: Tidewell (Norway) [1]; RL Marten (Estonia) [2]; SolMarino (Portugal) [3]."
    )
    answer = harbour.ask(AskRequest(question="and Quiet Harbours?", history=tuple(history)))
    assert answer.question == "and Quiet Harbours?"
    assert answer.interpreted_as is not None
    assert "Quiet Harbours" in answer.interpreted_as
    assert [item.text for item in answer.items] == ["Saltby (Ireland)", "Dune Academy (DUAC) (Ghana)"]
    assert harbour.ask(AskRequest(question="Who won Open Water?")).interpreted_as is None


FERRY = "The ferry carried 240 guests to Saltby."


@pytest.mark.parametrize(
    ("short", "quotes", "told", "nothing_new"),
    [
        ("240", [FERRY], "The ferry carried 240 guests to Saltby, says the harbour [1].", True),
        ("240", [FERRY], "The ferry carried 240 guests.", True),
        (None, [FERRY], FERRY, True),
        ("Saltby", [FERRY], "The ferry carried 240 guests.", False),
        ("240", [FERRY, "It came back empty."], FERRY, False),
        ("Yes", [FERRY], FERRY, False),
        ("240", [FERRY], "", False),
        (None, [], FERRY, False),
    ],
)
def test_an_answer_says_nothing_new_where_it_and_all_its_sentences_were_told(
    short: str | None, quotes: list[str], told: str, nothing_new: bool
):
    assert says_nothing_new(short, quotes, told) is nothing_new


@pytest.mark.parametrize("question", ["and in Norway?", "and its turnover?", "the norwegian one"])
def test_who_asks_the_same_of_something_else_wants_another_answer(question: str):
    assert told_before(question, after("how many guests did the ferry carry", f"{FERRY} [1]")) == FERRY


@pytest.mark.parametrize(
    "question", ["and where to?", "did it sink?", "what did it carry", "Who lit the great lantern?"]
)
def test_who_asks_something_else_may_be_told_the_same_sentence(question: str):
    assert told_before(question, after("how many guests did the ferry carry", f"{FERRY} [1]")) == ""


def test_a_follow_up_is_not_answered_by_what_was_just_told(harbour):
    first = harbour.ask(AskRequest(question="how many guests did the ferry carry"))
    assert first.short_answer == "240"
    history = after(first.question, first.answer)
    again = harbour.ask(AskRequest(question="and on the way back?", history=tuple(history)))
    assert again.short_answer != "240"
    alone = harbour.ask(AskRequest(question=first.question, history=tuple(history)))
    assert alone.short_answer == "240", "who asks the same question again is answered again"


@pytest.mark.parametrize(
    ("question", "again"),
    [
        ("and where was it held?", True),
        ("what is its purpose?", True),
        ("where was that?", True),
        ("where are they from?", False),
        ("who were they?", False),
        ("Who designed the great lantern of Saltby?", False),
    ],
)
def test_the_list_that_was_told_says_nothing_of_one_thing(question: str, again: bool):
    assert lists_again(question, WINNERS[1].content, WINNERS) is again
    assert not lists_again(question, "Two: Tidewell (Norway) [1]; RL Marten (Estonia) [2].", WINNERS)
    assert not lists_again(question, WINNERS[1].content, [])


def test_a_long_list_that_was_told_is_known_again():
    names = "; ".join(f"Harbour {number} (Norway) [{number}]" for number in range(1, 90))
    assert lists_again("where was it held?", names, after("who took part", names))


def test_where_it_was_held_is_not_answered_by_the_winners_once_more(harbour):
    first = harbour.ask(AskRequest(question="Who won Open Water?"))
    assert len(first.items) == 3
    follow_up = AskRequest(question="and where was it held?", history=tuple(after(first.question, first.answer)))
    answer = harbour.ask(follow_up)
    assert answer.items == ()
