import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.sources.robots import Robots, fits, parse_robots


def allowed(text: str, path: str) -> bool:
    return parse_robots(text).allows(path)


@pytest.mark.parametrize(
    "text", ["", "<html><body>Welcome</body></html>", "User-agent: *\nDisallow:\n", "\ufeff#x\n", "%%%"]
)
def test_without_rules_everything_is_allowed(text: str):
    assert allowed(text, "/posts/4?page=2")


def test_the_longest_rule_that_fits_decides_wherever_it_stands():
    text = "User-agent: *\nDisallow: /posts\nAllow: /posts/4\nDisallow: /posts/4/draft\n"
    assert not allowed(text, "/posts/3")
    assert allowed(text, "/posts/4")
    assert not allowed(text, "/posts/4/draft/2")
    assert allowed(text, "/about")


def test_of_two_rules_of_one_length_the_milder_one_decides():
    assert allowed("User-agent: *\nDisallow: /a\nAllow: /a\n", "/a")


def test_a_group_for_us_stands_in_for_the_one_for_everybody():
    text = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-Agent: RDHY-QA/1.0\nDisallow: /private\n"
    assert allowed(text, "/posts")
    assert not allowed(text, "/private/x")


def test_groups_for_us_in_several_places_are_one():
    text = "User-agent: rdhy-qa\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: rdhy-qa\nDisallow: /b\n"
    assert [allowed(text, path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_a_longer_name_is_not_ours():
    assert allowed("User-agent: rdhy-qa-images\nDisallow: /\n", "/")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/*?share=", "/humanocracy?share=email", True),
        ("/*?share=", "/humanocracy", False),
        ("/*.pdf$", "/files/report.pdf", True),
        ("/*.pdf$", "/files/report.pdf?x=1", False),
        ("/posts$", "/posts", True),
        ("/posts$", "/posts/4", False),
        ("*", "/anything", True),
        ("/a*b*a$", "/aba", True),
        ("/aba*aba$", "/aba", False),
    ],
)
def test_stars_and_the_end_of_a_path(pattern: str, path: str, expected: bool):
    assert fits(pattern, path) is expected


letters = st.text("ab/", max_size=8)


@given(st.lists(letters, min_size=1, max_size=4).map("*".join), st.booleans(), letters)
def test_patterns_mean_what_the_regular_expression_means(pattern: str, to_the_end: bool, path: str):
    expression = ".*".join(map(re.escape, pattern.split("*"))) + ("$" if to_the_end else "")
    assert fits(pattern + "$" * to_the_end, path) == bool(re.match(expression, path))


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_a_path_and_its_escaped_forms_are_the_same(name: str):
    path = "/" + quote(name, safe="")
    lower = re.sub("%..", lambda escape: escape[0].lower(), path)
    more = "/" + "".join(f"%{byte:02x}" for byte in name.encode())
    for rule in (path, lower):
        assert not allowed(f"User-agent: *\nDisallow: {rule}\n", path)
        assert not allowed(f"User-agent: *\nDisallow: {rule}\n", more)


@pytest.mark.parametrize(
    ("rule", "path"), [("/caf%c3%a9", "/caf%C3%A9"), ("/café", "/caf%C3%A9"), ("/%7Eola", "/~ola")]
)
def test_one_path_has_one_spelling(rule: str, path: str):
    assert not allowed(f"User-agent: *\nDisallow: {rule}\n", path)


def test_an_escaped_slash_is_no_slash():
    assert allowed("User-agent: *\nDisallow: /a/b\n", "/a%2Fb")


@given(st.text(max_size=300))
def test_any_text_is_read(text: str):
    assert isinstance(parse_robots(text).allows("/posts"), bool)


def test_a_hostile_file_is_read_at_once():
    # Each of these takes a careless reader minutes.
    assert parse_robots("\n" * 500_000).allows("/")
    assert parse_robots(" " * 500_000 + "x").allows("/")
    assert Robots([("/" + "a*" * 5_000 + "$", False)]).allows("/" + "a" * 4_000 + "b")


@pytest.mark.parametrize(("value", "delay"), [("7", 7.0), ("1.5", 1.5), ("soon", 0.0), ("-3", 0.0), ("1e9", 0.0)])
def test_the_pause_that_a_site_wants(value: str, delay: float):
    assert parse_robots(f"User-agent: *\nCrawl-delay: {value}\n").delay == delay
