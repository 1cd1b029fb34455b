import pytest

from rdhy_qa.documents.tables import find_tables, row_part


def tables(text):
    lines = text.splitlines()
    return find_tables(lines, [False] * len(lines))


@pytest.mark.parametrize(
    "text",
    [
        "crew,boats,home\nMarten,7,Tallinn\nVik,30,Bergen",
        "crew;boats;home\nMarten;7;Tallinn\nVik;30;Bergen",
        "crew\tboats\thome\nMarten\t7\tTallinn\nVik\t30\tBergen",
        "crew     boats   home\nMarten       7   Tallinn\nVik         30   Bergen",
        "| crew | boats | home |\n|---|---|---|\n| Marten | 7 | Tallinn |\n| Vik | 30 | Bergen |",
    ],
    ids=["commas", "semicolons", "tabs", "columns", "bars"],
)
def test_tables_are_found_in_plain_lines(text):
    (table,) = tables(text).values()
    assert table.header == ("crew", "boats", "home")
    assert table.rows == [("Marten", "7", "Tallinn"), ("Vik", "30", "Bergen")]


def test_years_name_columns_and_the_corner_may_be_blank():
    (table,) = tables("          2020    2021\nRevenue   1,234   1,100\nCosts     98      87").values()
    assert table.header == ("", "2020", "2021")
    assert row_part(table.header, table.rows[0], 0).text == "Revenue; 2020: 1,234; 2021: 1,100"


def test_prose_with_commas_is_no_table():
    assert not tables("We sail, row, and swim.\nWe fish, dive, and rest.\nWe eat, sing, and sleep.")


def test_rows_without_column_names_are_shown_with_bars():
    part = row_part((), ("Marten", "", "7"), 0)
    assert (part.text, part.text[slice(*part.head)]) == ("Marten | 7", "Marten")


def test_an_empty_row_is_none():
    assert row_part(("a", "b"), ("", ""), 0) is None
