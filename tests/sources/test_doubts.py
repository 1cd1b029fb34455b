import dataclasses

import pytest

from rdhy_qa.sources.doubts import Expected, Page, doubt_about

LONG = "The keepers of the pier told what they had seen of the boats. " * 30
GOOD = Page(
    asked="https://example.org/posts/4",
    address="https://example.org/posts/4",
    suffix=".html",
    raw=b"<html></html>",
    title="The piers",
    text=LONG,
    words=len(LONG.split()),
    language="en",
)


def doubt(expected: Expected | None = None, **changes: object) -> str | None:
    if "text" in changes:
        changes.setdefault("words", len(str(changes["text"]).split()))
    return doubt_about(dataclasses.replace(GOOD, **changes), expected or Expected())


def test_a_good_page_is_not_doubted():
    assert doubt() is None
    assert doubt(Expected("en", ".html", GOOD.words)) is None


def test_a_short_post_is_not_doubted():
    assert (
        doubt(text="The pier of Norby opens on the first of May, and all who helped to build it are invited to come.")
        is None
    )


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("404", "Nothing here. Go back to where you came from, or look at our front page for the newest posts."),
        ("Page not found", "Sorry, we looked everywhere for what you wanted and it is nowhere to be seen on our site."),
        ("Just a moment...", "Checking whether the connection is secure before you can go on to what you asked for."),
        (
            "The piers",
            "This page does not exist any more. It may have been moved, or it never was there to begin with.",
        ),
        (
            "Pagina non trovata",
            "La pagina che cerchi non c'è. Torna alla pagina iniziale oppure usa la ricerca del sito.",
        ),
        ("页面不存在", "word " * 20),
    ],
)
def test_an_error_page_is_doubted_although_the_server_says_that_all_is_well(title: str, text: str):
    assert "error page" in (doubt(title=title, text=text) or "")


def test_a_long_article_on_errors_is_not_doubted():
    assert doubt(title="Error 404 and how we mended it") is None


def test_a_login_page_is_doubted():
    raw = b"<form><input class='x' name=p type='password'></form>"
    text = "Welcome back to the site of the harbour. Please enter your name and the word that was sent to you by mail."
    assert "login page" in (doubt(raw=raw, text=text) or "")
    assert doubt(raw=raw) is None, "an article with a login form in its corner"


def test_a_page_that_asks_for_consent_is_doubted():
    text = "We and our partners use cookies. By going on you consent to cookies and tracking, see our privacy policy."
    assert "consent" in (doubt(text=text) or "")


def test_a_page_that_needs_a_script_is_doubted():
    assert "JavaScript" in (doubt(text="You need to enable JavaScript to run this app.") or "")


def test_a_page_of_a_few_words_is_doubted_whatever_its_kind():
    assert "only 4 words" in (doubt(text="The piers of Norby") or "")
    assert "only 4 words" in (doubt(text="The piers of Norby", suffix=".pdf") or "")


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("https://example.org/", "front page"),
        ("https://other.example/", "front page"),
        ("https://example.org/login?next=/posts/4", "login or consent"),
        ("https://consent.example.org/collect", "login or consent"),
        ("https://example.org/users/sign_in", "login or consent"),
    ],
)
def test_a_page_that_leads_elsewhere_is_doubted(address: str, what: str):
    assert what in (doubt(address=address) or "")


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("http://example.org/", "https://www.example.org/"),
        ("https://example.org/posts/4", "https://www.example.org/blog/posts/4/"),
        ("https://example.org/login-pages-that-fail", "https://example.org/en/login-pages-that-fail"),
        ("https://example.org/posts/4", "https://example.org/authors/ola"),
    ],
)
def test_a_page_that_has_moved_is_not_doubted(asked: str, address: str):
    assert doubt(asked=asked, address=address) is None


def test_a_page_that_has_shrunk_is_doubted():
    assert "shrunk" in (doubt(Expected(words=2 * GOOD.words + 2)) or "")
    assert doubt(Expected(words=2 * GOOD.words)) is None


def test_a_page_in_another_language_is_doubted():
    assert "'de'" in (doubt(Expected("de")) or "")
    assert doubt(Expected("de"), language=None) is None


def test_a_page_that_was_a_pdf_is_doubted():
    assert ".pdf before" in (doubt(Expected(suffix=".pdf")) or "")
