import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.markup import tree_of


def test_a_tag_has_no_more_attributes_than_any_use_needs():
    tree = tree_of("<p " + " ".join(f'a{n}="x > y"' for n in range(5_000)) + ">Text.</p>")
    assert tree.text_content() == "Text."
    assert len(tree.find(".//p").attrib) <= 501


def test_ordinary_tags_stay_as_they_are():
    page = '<p id=a class="b c" hidden2 data-x=\'{"a": "<b>"}\'>Text <a href="?a=1&b=2" title=\'"x"\'>link</a></p>'
    tree = tree_of(page)
    assert dict(tree.find(".//p").attrib) == {"id": "a", "class": "b c", "hidden2": "", "data-x": '{"a": "<b>"}'}
    assert tree.find(".//a").get("href") == "?a=1&b=2"


def test_rows_out_of_all_proportion_are_text():
    tree = tree_of("<table><tr>" + "<td>cell</td>" * 501 + "</tr><tr><td>last</td></tr></table>")
    assert len(tree.findall(".//td")) == 1
    assert tree.text_content().count("cell") == 501


def test_cells_that_stand_for_too_many_others_stand_for_themselves():
    def spans(cells: int) -> int:
        return len(tree_of("<table>" + "<tr><td rowspan=50 colspan=40>a</td></tr>" * cells).xpath("//td[@rowspan]"))

    assert (spans(10), spans(11)) == (10, 0)


@pytest.mark.parametrize("page", ["<!-- -->", " "])
def test_where_nothing_is_there_is_no_tree(page):
    assert tree_of(page) is None or not tree_of(page).text_content().strip()


@given(st.text(st.sampled_from("<>/ab =\"'\n&;-!?"), max_size=60))
def test_any_markup_gives_a_tree_or_none(page):
    tree = tree_of(page)
    assert tree is None or isinstance(tree.text_content(), str)
