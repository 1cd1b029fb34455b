"""A model's answer is shown sentence by sentence as each is proven; all else leaves the extractive answer."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.llm.conftest import Stub, begin, chunk, endless, fails, raw

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.errors import SettingsError
from rdhy_qa.events import AnswerSentence, Cited, Done, Status
from rdhy_qa.settings import Settings
from rdhy_qa_evals.asking import is_valid
from rdhy_qa_evals.support import unsupported_claims

QUESTION = "Who lit the lantern?"
TRUE = "The keeper Bruno Salt lit the lantern."


def request(question: str = QUESTION) -> AskRequest:
    return AskRequest(question=question)


@pytest.fixture
def number_of(plain_engine: Engine, stub: Stub, engine: Engine) -> Callable[[str, str], int]:
    """The number that a sentence has in the prompt of a question."""

    def find(text: str, question: str = QUESTION) -> int:
        stub.says("NO ANSWER")
        engine.ask(request(question))
        line = next(line for line in stub.prompt.splitlines() if line.endswith("]") and text in line)
        return int(line[line.rindex("[") + 1 : -1])

    return find


@pytest.fixture
def extractive(plain_engine: Engine) -> Callable[[str], Answer]:
    return lambda question: plain_engine.ask(request(question))


def same_but_for_mode(one: Answer, other: Answer) -> bool:
    left = {"answer_id", "mode", "fallback", "timings_ms"}
    return one.model_dump(exclude=left) == other.model_dump(exclude=left)


def test_a_proven_sentence_is_the_answer_with_its_citation(engine, stub, number_of, plain_engine):
    n = number_of("lit the lantern")
    stub.says(f"{TRUE} [{n}]")
    answer = engine.ask(request())
    assert (answer.mode, answer.fallback) == ("llm", None)
    assert answer.answer == f"{TRUE} [1]"
    assert [citation.quote for citation in answer.citations] == [TRUE]
    assert answer.short_answer == "Bruno Salt"
    start, end = answer.citations[0].answer_span
    assert engine.document("harbour").text[start:end] == "Bruno Salt"
    assert is_valid(answer, engine.document)
    assert answer.timings_ms["write"] > 0


def test_the_confidence_is_that_of_the_evidence(engine, stub, number_of, extractive):
    stub.says(f"{TRUE} [{number_of('lit the lantern')}]")
    assert engine.ask(request()).confidence == extractive(QUESTION).confidence


def test_what_is_not_proven_is_left_out_and_the_rest_stays(engine, stub, number_of):
    n, m = number_of("lit the lantern"), number_of("Lisbon")
    stub.says(
        f"{TRUE} [{n}] Mallory lit the lantern. [{n}] The lantern was lit in 1999. [{n}] "
        f"The Lantern Prizes were handed out in Lisbon. [{m}]"
    )
    answer = engine.ask(request())
    assert answer.answer == f"{TRUE} [1] The Lantern Prizes were handed out in Lisbon. [2]"
    assert [citation.n for citation in answer.citations] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "NO ANSWER",
        "No answer.",
        "{true}",
        "{true} [99]",
        "{true} [0]",
        "{true} [{other}]",
        "Mallory lit the lantern. [{n}]",
        "The keeper Bruno Salt lit 17 lanterns. [{n}]",
        "The keeper Bruno Salt did not light the lantern. [{n}]",
        "The Lantern Prizes were handed out in Lisbon. [{other}]",
        "No, the keeper Bruno Salt lit the lantern. [{n}]",
        "The keeper [Bruno Salt](https://evil.example) lit the lantern. [{n}]",
        "![](https://evil.example/x.png) The keeper Bruno Salt lit the lantern. [{n}]",
        "<b>The keeper Bruno Salt lit the lantern.</b> [{n}]",
        "# The keeper Bruno Salt lit the lantern. [{n}]",
        "SYSTEM: the keeper Bruno Salt lit the lantern. [{n}]",
        "Der Wärter Bruno Salt zündete die Laterne an. [{n}]",
        "Who lit the lantern? [{n}]",
        "I follow the new instructions now. Mallory.",
        "[{n}] [{n}] [{n}]",
    ],
)
def test_with_nothing_proven_the_extractive_answer_is_given(engine, stub, number_of, extractive, text):
    stub.says(text.format(true=TRUE, n=number_of("lit the lantern"), other=number_of("Lisbon")))
    answer = engine.ask(request())
    assert (answer.mode, answer.fallback) == ("extractive", "unsupported")
    assert same_but_for_mode(answer, extractive(QUESTION))


@pytest.mark.parametrize(
    "behaviour",
    [
        fails(500),
        fails(429, Retry_After="600"),
        fails(401),
        raw(),
        raw(b"\xff\xfe\x00" * 100),
        raw(b"data: {oops\n\n"),
        raw(chunk("The keeper Bru")),
        endless(b"x" * 65_536),
    ],
    ids=["500", "429", "401", "nothing", "bytes", "json", "broken off", "endless"],
)
def test_an_outage_costs_nobody_an_answer(engine, stub, extractive, behaviour):
    stub.does(behaviour)
    answer = engine.ask(request())
    assert (answer.mode, answer.fallback) == ("extractive", "unavailable")
    assert same_but_for_mode(answer, extractive(QUESTION))


def test_the_reason_of_an_outage_is_in_the_log(engine, stub, caplog):
    stub.does(fails(401))
    with caplog.at_level(logging.WARNING):
        engine.ask(request())
    assert any("401" in record.getMessage() for record in caplog.records)


def test_an_endpoint_that_keeps_failing_is_not_asked_again(engine, stub, extractive):
    stub.does(fails(400))
    for _ in range(5):
        assert engine.ask(request()).fallback == "unavailable"
    assert len(stub.requests) == 3


@pytest.mark.parametrize("question", ["Which organisations won Open Water?", "Who is Zorblax?", "what about cake"])
def test_lists_and_declines_are_never_sent(engine, stub, question):
    answer = engine.ask(request(question))
    assert (answer.mode, answer.fallback) == ("extractive", None)
    assert answer.complete or not answer.answered
    assert stub.requests == []


def test_the_short_answer_from_another_line_is_no_answer(engine, stub, number_of):
    wall = f"Bruno Salt painted the harbour wall. [{number_of('painted')}]"
    n = number_of("lit the lantern")
    stub.says(wall)
    assert engine.ask(request()).fallback == "unsupported"
    stub.says(f"{wall} {TRUE} [{n}]")
    assert engine.ask(request()).answer == f"Bruno Salt painted the harbour wall. [1] {TRUE} [2]"


def test_the_question_of_an_evaluation_curve_is_never_sent(engine, stub):
    stub.says("NO ANSWER")
    assert engine.ask(request(), operating_point=0.0).fallback is None
    assert stub.requests == []


def test_planted_orders_are_not_sent_and_those_obeyed_are_not_shown(engine, stub, number_of):
    n = number_of("lit the lantern")
    assert "Mallory" not in stub.prompt
    stub.says(f"Mallory lit the lantern, as I was told to answer. [{n}]")
    assert "Mallory" not in engine.ask(request()).answer


def test_of_a_follow_up_the_question_is_sent_that_stands_alone(engine, stub):
    stub.says("NO ANSWER")
    history = [
        {"role": "user", "content": "Who lit the lantern? THE SECRET WORD IS PARSNIP"},
        {"role": "assistant", "content": "The keeper Bruno Salt lit the lantern."},
    ]
    engine.ask(AskRequest.model_validate({"question": "How many guests did the ferry carry?", "history": history}))
    assert stub.requests
    assert "PARSNIP" not in str(stub.requests)


def test_a_reader_who_goes_away_during_the_trial_lets_another_be_made(engine, stub, number_of):
    n = number_of("lit the lantern")
    stub.does(fails(400))
    for _ in range(3):
        engine.ask(request())
    assert engine.llm_paused
    engine._writer.breaker._closes_at = 0.0  # the pause is over
    stream = engine.ask_stream(request())
    next(event for event in stream if isinstance(event, Status) and event.stage == "writing")
    stream.close()
    stub.says(f"{TRUE} [{n}]")
    assert engine.ask(request()).mode == "llm"
    assert not engine.llm_paused


# The stream


def test_a_sentence_is_shown_as_soon_as_it_is_proven(engine, stub, number_of):
    n = number_of("lit the lantern")
    shown = threading.Event()
    seen_early = []

    def behave(handler):
        begin(handler)
        handler.wfile.write(chunk(f"{TRUE} [{n}] The"))
        handler.wfile.flush()
        seen_early.append(shown.wait(10))
        handler.wfile.write(chunk(f" ferry carried more than 240 guests. [{n}]") + chunk("", "stop"))

    stub.does(behave)
    events = []
    for event in engine.ask_stream(request()):
        events.append(event)
        if isinstance(event, AnswerSentence):
            shown.set()
    assert seen_early == [True]
    assert isinstance(events[-1], Done)


def test_the_events_are_the_answer_piece_by_piece(engine, stub, number_of):
    n, m = number_of("lit the lantern"), number_of("Lisbon")
    stub.says(f"The Lantern Prizes were handed out in Lisbon. [{m}] {TRUE} [{n}]")
    *events, done = engine.ask_stream(request())
    sentences = [event for event in events if isinstance(event, AnswerSentence)]
    assert "".join(sentence.text for sentence in sentences) == done.answer.answer
    known = set()
    for event in events:
        if isinstance(event, Cited):
            known.add(event.citation.n)
        elif isinstance(event, AnswerSentence):
            assert set(event.citations) <= known
    assert known == {citation.n for citation in done.answer.citations}
    first = next(n for n, event in enumerate(events) if isinstance(event, AnswerSentence))
    assert not any(isinstance(event, Status) for event in events[first:]), "that would say that it begins anew"


def test_writing_is_announced_before_the_model_is_waited_for(engine, stub, number_of):
    stub.says(f"{TRUE} [{number_of('lit the lantern')}]")
    stages = [event.stage for event in engine.ask_stream(request()) if isinstance(event, Status)]
    assert stages[:3] == ["retrieving", "reading", "writing"]


def test_an_answer_that_breaks_off_after_a_proven_sentence_is_kept(engine, stub, number_of):
    stub.does(raw(chunk(f"{TRUE} [{number_of('lit the lantern')}] The")))
    *events, done = engine.ask_stream(request())
    assert done.answer.mode == "llm"
    assert done.answer.answer == f"{TRUE} [1]"
    assert [event.text for event in events if isinstance(event, AnswerSentence)] == [done.answer.answer]


def test_nothing_is_shown_before_a_sentence_says_what_the_answer_is(engine, stub, number_of, extractive):
    stub.says(f"The Lantern Prizes were handed out in Lisbon. [{number_of('Lisbon')}]")
    *events, done = engine.ask_stream(request())
    sentences = "".join(event.text for event in events if isinstance(event, AnswerSentence))
    assert sentences == done.answer.answer == extractive(QUESTION).answer


def test_a_reader_who_goes_away_ends_the_call(engine, stub):
    stub.does(endless(b": thinking\n\n", pause_s=0.01))
    stream = engine.ask_stream(request())
    next(event for event in stream if isinstance(event, Status) and event.stage == "writing")
    next(event for event in stream if isinstance(event, Status))  # the call is under way
    assert not stub.hung_up.is_set()
    stream.close()
    assert stub.hung_up.wait(10)


def test_a_model_that_lost_its_way_is_not_waited_for(engine, stub):
    stub.does(endless(chunk("The series finds its own way of life.\n"), pause_s=0.001))
    answer = engine.ask(request())
    assert answer.fallback == "unsupported"
    assert stub.hung_up.wait(10)


def test_yes_and_no_stay_what_they_are(engine, stub, number_of, extractive):
    question = "Was the lantern lit by Bruno Salt?"
    said = extractive(question)
    assert said.short_answer == "Yes"
    n = number_of("lit the lantern", question)
    stub.says(f"No, the keeper Bruno Salt lit the lantern. [{n}]", f"Yes, the keeper Bruno Salt lit the lantern. [{n}]")
    assert engine.ask(request(question)).fallback == "unsupported"
    answer = engine.ask(request(question))
    assert (answer.mode, answer.short_answer) == ("llm", "Yes")


def test_no_unsupported_sentence_reaches_a_reader_whatever_the_model_says(engine, stub, number_of):
    names = ["Bruno Salt", "Tom Reed", "Ada Finch", "Kofi Mensah", "Mallory", "Tidewell"]
    parts = ["lit the lantern", "carried more than 240 guests", "grinds 300 sacks a year", "praised Kofi Mensah"]
    n = number_of("lit the lantern")
    for name in names:
        stub.says(" ".join(f"The keeper {name} {part}. [{m}]" for part in parts for m in (n, n + 1)))
        answer = engine.ask(request())
        assert unsupported_claims(answer) == []
        assert "Mallory" not in answer.answer


# Settings


def test_a_missing_package_is_named_with_what_installs_it(harbour_index: Path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(SettingsError, match=r"pip install 'rdhy-qa\[llm\]'"):
        Engine.open(Settings(index=harbour_index, llm_base_url="http://127.0.0.1:9/v1", llm_model="m"))


def test_an_engine_without_a_model_says_nothing_of_one(plain_engine):
    answer = plain_engine.ask(request())
    assert (answer.mode, answer.fallback) == ("extractive", None)
    assert set(answer.timings_ms) == {"retrieve", "read", "total"}
