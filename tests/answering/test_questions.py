"""What a question asks for, told from its words alone."""

import pytest

from rdhy_qa.answering.questions import Kind, Question, analyse
from rdhy_qa.answering.spans import SpanType


def focus(question: Question) -> list[str]:
    return [term.folded for term in question.focus]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Who founded Morningstar?", Kind.NAME),
        ("who founded morningstar", Kind.NAME),
        ("WHO FOUNDED MORNINGSTAR", Kind.NAME),
        ("could you tell me who founded sina?", Kind.NAME),
        ("who's the ceo of haier group", Kind.NAME),
        ("founder of hoxby", Kind.NAME),
        ("hoxby cofounder name", Kind.NAME),
        ("which company makes cans?", Kind.NAME),
        ("wich company has the most nurses", Kind.NAME),
        ("When did the awards take place?", Kind.DATE),
        ("hi, do you know when the awards took place", Kind.DATE),
        ("in which year did the ceremony happen", Kind.DATE),
        ("date of the awards", Kind.DATE),
        ("Where were the awards held?", Kind.PLACE),
        ("wher were the awards held", Kind.PLACE),
        ("in which city was the ceremony", Kind.PLACE),
        ("venue of the awards", Kind.PLACE),
        ("How many winners were there?", Kind.NUMBER),
        ("i'd like to know how many teams buurtzorg has", Kind.NUMBER),
        ("number of nominees", Kind.NUMBER),
        ("headcount of ASA Group", Kind.NUMBER),
        ("what percentage did customer loyalty rise by", Kind.NUMBER),
        ("How long did the programme last?", Kind.DURATION),
        ("how long does it take to deliver a car", Kind.DURATION),
        ("Which category did SINA win?", Kind.CATEGORY),
        ("what did raizen win", Kind.CATEGORY),
        ("wich catagory did hoxby win", Kind.CATEGORY),
        ("which award did EU HVACS get", Kind.CATEGORY),
        ("List the books.", Kind.LIST),
        ("please list all the winners", Kind.LIST),
        ("can you name the moderators", Kind.LIST),
        ("give me the winners of ZeroDX AI", Kind.LIST),
        ("what are the four movements?", Kind.LIST),
        ("which companies won ZeroDX Incorporated", Kind.LIST),
        ("books mentioned at the event", Kind.LIST),
        ("winners from italy", Kind.LIST),
        ("Was the event held in Shanghai?", Kind.YES_NO),
        ("did sina win an award", Kind.YES_NO),
        ("isn't hoxby british", Kind.YES_NO),
        ("What is HMI?", Kind.DEFINITION),
        ("what does EMC stand for", Kind.DEFINITION),
        ("meaning of RenDanHeYi", Kind.DEFINITION),
        ("Why did raizen win?", Kind.REASON),
        ("what is the reason for the new model", Kind.REASON),
        ("How does hoxby work?", Kind.MANNER),
        ("what did Zhang Ruimin speak about", Kind.STATEMENT),
        ("tell me about sina", Kind.STATEMENT),
    ],
)
def test_the_kind_is_told_in_any_case_spelling_and_style(text: str, kind: Kind) -> None:
    assert analyse(text).kind is kind


@pytest.mark.parametrize(
    ("text", "plural"),
    [
        ("Who won Benchmark Innovators?", True),
        ("who were the moderators", True),
        ("which companies won ZeroDX Incorporated?", True),
        ("list the books", True),
        ("Who is the CEO of Haier Group?", False),
        ("who's the ceo of haier group?", False),
        ("who was the last speaker", False),
        ("which category did SINA win", False),
        ("when did the awards take place?", False),
        ("which company makes cans?", False),
    ],
)
def test_plural_says_whether_several_things_may_be_meant(text: str, plural: bool) -> None:
    assert analyse(text).plural is plural


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("How many winners were there?", True),
        ("number of nominees", True),
        ("please tell me how many books are listed", True),
        ("headcount of ASA Group", False),
        ("what percentage did customer loyalty rise by", False),
        ("who won Benchmark Innovators?", False),
    ],
)
def test_a_count_is_told_from_other_numbers(text: str, count: bool) -> None:
    assert analyse(text).count is count


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("how many employees does raizen have", "employees"),
        ("which brewery did the tour visit", "brewery"),
        ("who hosted the show", "hosted"),
        ("what are the four movements?", "movements"),
        ("list the books", "books"),
        ("name all award categories", "categories"),
        ("moderators, how many?", "moderators"),
    ],
)
def test_the_focus_is_what_the_answer_is_an_instance_of(text: str, word: str) -> None:
    assert word in focus(analyse(text))


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("founder of hoxby", "founder"),
        ("who founded morningstar", "founded"),
        ("what is var group's profit", "profit"),
        ("who won benchmark innovators", None),
        ("when did the awards take place", None),
    ],
)
def test_the_relation_is_named_where_the_question_names_it(text: str, relation: str | None) -> None:
    found = analyse(text).relation
    assert (found.folded if found else None) == relation


def test_polite_openers_and_question_words_are_not_looked_for() -> None:
    asked = [term.folded for term in analyse("Hello, could you please tell me who founded SINA?").terms]
    assert asked == ["founded", "sina"]


def test_the_text_itself_is_not_looked_for() -> None:
    assert "post" not in [term.folded for term in analyse("how many books are listed in the post?").terms]
    assert "post" in [term.folded for term in analyse("when will post 5 be online").terms]


def test_terms_point_at_the_words_of_the_question() -> None:
    text = "Hi — which hotel hosted Raízen’s party?"
    question = analyse(text)
    assert question.text == text
    assert "Raízen" in [text[term.start : term.end].removesuffix("’s") for term in question.terms]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("who founded sina", SpanType.NAME),
        ("when was it", SpanType.DATE),
        ("where was it held", SpanType.PLACE),
        ("how many nurses", SpanType.NUMBER),
        ("how long did it last", SpanType.DURATION),
        ("why did raizen win", None),
        ("list the books", None),
    ],
)
def test_the_kind_demands_a_type_of_answer(text: str, span: SpanType | None) -> None:
    assert analyse(text).wanted is span
