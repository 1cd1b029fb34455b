"""Countries under all their names."""

import pytest

from rdhy_qa.answering.places import countries_in, is_country


def found(text: str, **options: bool) -> list[str]:
    return [place.country for place in countries_in(text, **options)]


@pytest.mark.parametrize("name", ["USA", "the United States", "America", "american", "Americans", "U.S."])
def test_all_names_of_a_country_are_one_country(name: str) -> None:
    assert found(f"a company from {name} today") == found("United States")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("UK", "British"),
        ("Netherlands", "Dutch"),
        ("holland", "Netherlands"),
        ("Italy", "italian"),
        ("China", "chinese"),
    ],
)
def test_country_and_nationality_are_one_country(first: str, second: str) -> None:
    assert len(found(first)) == 1
    assert found(first) == found(second)


def test_a_country_is_told_from_its_adjective() -> None:
    noun, adjective = countries_in("Brazil has a Brazilian winner.")
    assert (noun.noun, adjective.noun) == (True, False)


def test_codes_count_in_capitals_unless_people_typed_the_text() -> None:
    assert found("winners from the usa") == []
    assert found("winners from the usa", codes_in_lower_case=True) == found("USA")
    assert found("it helps us a lot", codes_in_lower_case=True) == []


def test_names_that_are_mostly_something_else_are_left_out() -> None:
    assert found("Jordan and Chad ate turkey in Jersey.") == []


def test_a_country_inside_a_word_is_none() -> None:
    assert found("Indiana and Chinatown, Malian or not") == found("Malian")


def test_places_lie_where_the_text_names_them() -> None:
    text = "ﬁrst Côte d'Ivoire, then San Marino — and MALAYSIA"
    for place in countries_in(text):
        assert text[place.start : place.end][:1].isupper()
    assert {"san marino", "malaysia"} <= set(found(text))


@pytest.mark.parametrize(("text", "country"), [("Italy", True), ("United States", True), ("Bank of Italy", False)])
def test_a_country_alone_is_told_from_a_name_that_holds_one(text: str, country: bool) -> None:
    assert is_country(text) is country
