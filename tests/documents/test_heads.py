import pytest

from rdhy_qa.documents.heads import read_head


def named(text, marked=None):
    found = read_head(text, marked)
    return tuple(offsets and text[slice(*offsets)] for offsets in (found.head, found.qualifier))


@pytest.mark.parametrize(
    ("text", "head", "qualifier"),
    [
        ("tidewell from Norway - Is a ferry line.", "tidewell", "Norway"),
        ("saltby from UK- saltby is a club.", "saltby", "UK"),
        ("SolMarino from Portugal They call themselves a school.", "SolMarino", "Portugal"),
        ("Marten from San Marino \u2013 a rope maker", "Marten", "San Marino"),
        ("Vik from Netherlands/Global - all over", "Vik", "Netherlands/Global"),
        ("Ropes Ltd from the United States - good", "Ropes Ltd", "United States"),
        ("Dune Academy (DUAC) from Ghana - 12 schools", "Dune Academy (DUAC)", "Ghana"),
        ("tidewell (Norway): a ferry line", "tidewell", "Norway"),
        ("Tidewell (UK)", "Tidewell", "UK"),
        ("Dune Academy (DUAC): schools", "Dune Academy (DUAC)", None),
        ("Knots for the 19th Century by Peter F. Holm", "Knots for the 19th Century", "Peter F. Holm"),
        ("Undertow by Ruth C. Lowe & Jon Vik", "Undertow", "Ruth C. Lowe & Jon Vik"),
        ("The Dune by Beach Poets", "The Dune", "Beach Poets"),
        ("West Pier EMC - Lantern Award", "West Pier EMC", None),
        ("Owner: the town", "Owner", None),
        ("Part 2 — The Long Pier", "Part 2", None),
        ("lamps", "lamps", None),
        ("Beer & Rowing tour,", "Beer & Rowing tour", None),
        ("Storms are hard, you have to start early.", None, None),
        ("We chose to share every chart with every crew. So people could see.", None, None),
        ("Our aim is simple: row.", None, None),
        ("They row - and we watch", None, None),
        ("Sailors from Brazil joined us.", None, None),
        ("I think it began when I sold the boat.", None, None),
        ("don\u2019t look back", None, None),
    ],
)
def test_heads_are_read_from_the_wording(text, head, qualifier):
    assert named(text) == (head, qualifier)


@pytest.mark.parametrize(
    ("text", "marked", "head", "qualifier"),
    [
        ("tidewell (Norway): a ferry line", "tidewell", "tidewell", "Norway"),
        ("tidewell: a ferry line", "tidewell:", "tidewell", None),
        ("Knots by Peter F. Holm", "Knots", "Knots", "Peter F. Holm"),
        ("Dune Academy (DUAC) from Ghana - schools", "Dune Academy", "Dune Academy", "Ghana"),
        ("They row. At night.", "They row.", "They row", None),
    ],
)
def test_markup_sets_the_head(text, marked, head, qualifier):
    assert named(text, (0, len(marked))) == (head, qualifier)
