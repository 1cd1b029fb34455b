"""Names, numbers, dates, places and lengths of time in a sentence."""

import pytest

from rdhy_qa.answering.spans import SpanType, TypedSpan, dates, durations, find, names, numbers, places


def texts(text: str, spans: list[TypedSpan]) -> list[str]:
    return [span.of(text) for span in spans]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("ASA Group employs 500 people.", 500, None),
        ("raizen has more than 46,000 employees.", 46_000, None),
        ("Haier has 4.700 Micro Enterprises.", 4_700, None),
        ("It has 3\u00a0800 staff.", 3_800, None),
        ("It has 2\u202f000 shops.", 2_000, None),
        ("BuurtzOrg has ten thousand nurses.", 10_000, None),
        ("BuurtzOrg has a thousand teams.", 1_000, None),
        ("They created three billion dollars.", 3e9, None),
        ("They created 3 billion dollars.", 3e9, None),
        ("Twenty-six of them came.", 26, None),
        ("two hundred and more came", 200, None),
        ("Service times fell by 36 percent.", 36, "%"),
        ("Service times fell by 36%.", 36, "%"),
        ("Service times fell by 36 per cent.", 36, "%"),
        ("It grew by 2.5 percent.", 2.5, "%"),
        ("It cost €1,200 in all.", 1_200, "€"),
        ("It cost $3bn in all.", 3e9, "$"),
    ],
)
def test_numbers_in_words_and_figures_have_value_and_unit(text: str, value: float, unit: str | None) -> None:
    (found,) = numbers(text)
    assert (found.value, found.unit) == (value, unit)


def test_ordinals_are_numbers_of_a_kind_of_their_own() -> None:
    (found,) = numbers("Haier went through its sixth transformation.")
    assert (found.value, found.unit) == (6, "th")


def test_the_figures_of_a_date_are_no_number() -> None:
    text = "On 20 September 2024, 70 nominees came; in 2016 there were 40."
    assert texts(text, numbers(text)) == ["70", "40"]


def test_figures_inside_words_are_no_number() -> None:
    assert numbers("Thinkers50 and H2O") == []


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("It was held on 20 September 2024 in Qingdao.", "20 September 2024"),
        ("It was held on September 20, 2024.", "September 20, 2024"),
        ("It was held on September 20th.", "September 20th"),
        ("It was held on the 20th of September 2024.", "20th of September 2024"),
        ("It ended on 2024-09-20.", "2024-09-20"),
        ("The name changed in May 2024.", "May 2024"),
        ("It was founded in 1984.", "1984"),
        ("It began in the 1980s.", "1980s"),
        ("It was on Friday.", "Friday"),
        ("It opened in March.", "March"),
        ("The forum was in the afternoon.", "afternoon"),
    ],
)
def test_dates_are_found_in_any_way_of_writing_them(text: str, date: str) -> None:
    assert texts(text, dates(text)) == [date]


def test_a_modal_verb_is_no_month_and_a_large_number_no_year() -> None:
    assert dates("Mirko may come. It has 2,000 shops and 46000 staff.") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The car arrives in under 15 days.", ["15 days"]),
        ("The two-day visit lasted 2.5 hours.", ["two-day", "2.5 hours"]),
        ("After three decades it changed.", ["three decades"]),
        ("It has 15 shops.", []),
    ],
)
def test_lengths_of_time_have_a_number_and_a_unit(text: str, found: list[str]) -> None:
    assert texts(text, durations(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The founder of SINA is Etienne Salborn.", ["SINA", "Etienne Salborn"]),
        ("Thijs de Blok leads it.", ["Thijs de Blok"]),
        ("She met Ursula von der Leyen there.", ["Ursula von der Leyen"]),
        ("It is part of the University of Applied Sciences today.", ["University of Applied Sciences"]),
        ("Robert C. Wolcott and his book.", ["Robert C. Wolcott"]),
        ("The maker is GE Appliances USA.", ["GE Appliances USA"]),
        ("Then the founder was Zoë Ångström.", ["Zoë Ångström"]),
        ("They sang. However, nobody listened.", []),
        ("In Lisbon they met.", ["Lisbon"]),
    ],
)
def test_names_are_runs_of_capitals_with_small_words_inside(text: str, found: list[str]) -> None:
    assert texts(text, names(text)) == found


def test_a_quoted_title_is_a_name() -> None:
    text = "The keynote was called “celebrating today to build the future”."
    assert "celebrating today to build the future" in texts(text, names(text))


def test_a_name_ends_before_a_pronoun_of_the_next_words() -> None:
    text = "SolMarino from Portugal They call themselves a school."
    assert all("They" not in name for name in texts(text, names(text)))


def test_a_date_is_no_name() -> None:
    text = "It was held on 20 September 2024 by Gary Hamel."
    assert texts(text, find(text, SpanType.NAME)) == ["Gary Hamel"]


def test_places_are_countries_and_names_behind_a_preposition_of_place() -> None:
    text = "Gary Hamel spoke at Lakeside before guests in Qingdao, China."
    assert texts(text, places(text)) == ["Lakeside", "Qingdao", "China"]


def test_a_month_is_no_place() -> None:
    assert places("It was held in September 2024.") == []


@pytest.mark.parametrize("wanted", SpanType)
def test_find_gives_spans_of_the_type_in_order(wanted: SpanType) -> None:
    text = "On 4 May 2021, after 3 days in Lisbon, Ada Finch gave 12 percent to Portugal. It lasted two hours."
    found = find(text, wanted)
    assert found
    assert all(span.type is wanted for span in found)
    assert found == sorted(found, key=lambda span: span.start)
