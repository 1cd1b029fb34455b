"""Whatever is typed, the answer is a valid one and nothing raises."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdhy_qa.answering.places import countries_in
from rdhy_qa.answering.questions import analyse
from rdhy_qa.answering.spans import SpanType, find
from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.engine import Engine

WORDS = st.sampled_from(
    "who what when where why how many which list all is was did the of in from to Lantern Prizes Tidewell RL Marten "
    "Saltby DUAC winners category founder sailors guests Lisbon Norway Madrid 240 2021 more fewer not ? , or by".split()
)
ANY_TEXT = st.text(max_size=1_000)
QUESTIONS = st.one_of(st.text(min_size=1, max_size=1_000), st.lists(WORDS, min_size=1, max_size=12).map(" ".join))
FAST = settings(derandomize=True, max_examples=150)


def valid(text: str) -> bool:
    """Whether the contract lets the question in."""
    try:
        AskRequest(question=text)
    except ValueError:
        return False
    return True


@FAST
@given(st.one_of(ANY_TEXT, QUESTIONS))
def test_any_question_can_be_analysed(text: str) -> None:
    question = analyse(text)
    assert question.text == text
    for term in (*question.terms, *question.focus):
        assert 0 <= term.start < term.end <= len(text)
    assert question.relation is None or question.relation in question.terms


@FAST
@given(st.one_of(ANY_TEXT, QUESTIONS), st.sampled_from(SpanType))
def test_spans_lie_inside_the_text_and_are_not_empty(text: str, wanted: SpanType) -> None:
    spans = find(text, wanted)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert [span.start for span in spans] == sorted(span.start for span in spans)


@FAST
@given(st.one_of(ANY_TEXT, QUESTIONS))
def test_countries_lie_inside_the_text(text: str) -> None:
    assert all(0 <= place.start < place.end <= len(text) for place in countries_in(text, codes_in_lower_case=True))


@settings(derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(QUESTIONS.filter(valid))
def test_any_question_gets_a_valid_answer(harbour: Engine, text: str) -> None:
    answer = harbour.ask(AskRequest(question=text))
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
    assert answer.answer.strip()
    assert 0 <= answer.confidence <= 1
    assert answer.answered is (answer.reason is None)
    assert answer.answered is bool(answer.citations)
    stored = harbour.document("harbour").text
    assert all(stored[citation.start : citation.end] == citation.quote for citation in answer.citations)
    marks = {int(n) for n in re.findall(r"\[(\d+)\]", answer.answer)}
    assert {citation.n for citation in answer.citations} <= marks
