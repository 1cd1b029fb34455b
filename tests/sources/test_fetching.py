import httpx
import pytest

from rdhy_qa.errors import FetchError, RefusedError
from rdhy_qa.sources.asking import Known

FORBIDDEN = b"User-agent: *\nDisallow: /private\n"


def test_a_page_is_fetched_through_its_redirects(make_fetcher, site):
    site.redirect("/a", "/b")
    site.redirect("/b", f"{site.url}/c?x=1", 301)
    site.page("/c?x=1", b"<p>Piers")
    reply = make_fetcher().get(f"{site.url}/a#part")
    assert (reply.address, reply.body) == (f"{site.url}/c?x=1", b"<p>Piers")
    assert site.paths() == ["/a", "/b", "/c?x=1"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://localhost:{port}/x", "localhost is at .* not on the public internet.*--allow-host localhost"),
        ("http://[::1]:{port}/x", "::1 is not on the public internet"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is not on the public internet"),
        ("http://2130706433:{port}/x", "2130706433 is at 127.0.0.1"),
        ("//10.0.0.1/x", "10.0.0.1 is not on the public internet"),
        ("file:///etc/passwd", "redirects, and that is not followed: .* is no http"),
        ("http://ola:geheim@127.0.0.1:{port}/x", "redirects, and that is not followed: .* user or password"),
    ],
)
def test_no_redirect_leads_where_the_address_itself_might_not(make_fetcher, site, target: str, reason: str):
    site.page("/x", b"secret")
    site.redirect("/a", target.format(port=httpx.URL(site.url).port))
    with pytest.raises(RefusedError, match=reason) as caught:
        make_fetcher().get(f"{site.url}/a")
    assert "geheim" not in str(caught.value)
    assert "/x" not in site.paths()


def test_a_host_that_is_not_allowed_is_not_asked_at_all(make_fetcher, site):
    with pytest.raises(RefusedError, match=r"127\.0\.0\.1 is not on the public internet"):
        make_fetcher(allowed=()).get(f"{site.url}/x")
    assert site.asked == []


def test_redirects_in_a_circle_end(make_fetcher, site):
    site.redirect("/a", "/b")
    site.redirect("/b", "/a")
    with pytest.raises(FetchError, match="redirects more than 10 times"):
        make_fetcher().get(f"{site.url}/a")
    assert len(site.paths()) == 11


def test_no_redirect_leads_from_https_to_http(make_fetcher, site, tls_site, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    fetcher = make_fetcher()
    site.redirect("/a", tls_site.page("/x", b"<p>Piers"))
    assert fetcher.get(f"{site.url}/a").address == f"{tls_site.url}/x"
    tls_site.redirect("/a", site.page("/x", b"<p>Altered"))
    with pytest.raises(RefusedError, match=f"redirects from https to {site.url}/x, which anybody"):
        fetcher.get(f"{tls_site.url}/a")
    assert "/x" not in site.paths()


def test_cookies_are_kept_along_the_redirects_of_a_page_and_never_for_another(make_fetcher, site):
    site.page("/a", b"", 302, Location="/b", Set_Cookie="seen=1; Path=/")
    site.page("/b", b"<p>Piers")
    fetcher = make_fetcher()
    fetcher.get(f"{site.url}/a")
    assert site.headers()["Cookie"] == "seen=1"
    fetcher.get(f"{site.url}/b")
    assert "Cookie" not in site.headers()


def test_what_robots_txt_forbids_is_not_asked_for(make_fetcher, site):
    site.page("/robots.txt", FORBIDDEN)
    site.page("/private/x", b"<p>Piers")
    with pytest.raises(RefusedError, match=r"/robots\.txt forbids.*fetch = false"):
        make_fetcher().get(f"{site.url}/private/x")
    assert site.paths() == []


def test_a_redirect_does_not_lead_past_robots_txt(make_fetcher, site):
    site.page("/robots.txt", FORBIDDEN)
    site.redirect("/a", "/private/x")
    with pytest.raises(RefusedError, match=r"/robots\.txt forbids"):
        make_fetcher().get(f"{site.url}/a")
    assert site.paths() == ["/a"]


def test_robots_txt_is_asked_for_once_in_a_run(make_fetcher, site):
    site.page("/robots.txt", FORBIDDEN)
    fetcher = make_fetcher()
    for path in ("/a", "/b"):
        fetcher.get(site.page(path, b"<p>Piers"))
    assert [path for path, _ in site.asked] == ["/robots.txt", "/a", "/b"]


@pytest.mark.parametrize("status", [404, 403, 401, 410])
def test_a_site_without_robots_txt_has_no_objections(make_fetcher, site, status: int):
    site.page("/robots.txt", b"", status)
    assert make_fetcher().get(site.page("/x", b"<p>Piers")).body == b"<p>Piers"


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_site_that_does_not_say_has_not_agreed(make_fetcher, site, status: int):
    site.page("/robots.txt", b"", status)
    with pytest.raises(FetchError, match=f"unknown, since .*/robots.txt can't be had: .*HTTP {status}"):
        make_fetcher().get(site.page("/x", b"<p>Piers"))
    assert site.paths() == []


def test_robots_txt_may_have_moved(make_fetcher, site):
    site.redirect("/robots.txt", "/rules/robots.txt")
    site.page("/rules/robots.txt", FORBIDDEN)
    fetcher = make_fetcher()
    with pytest.raises(RefusedError, match="forbids"):
        fetcher.get(f"{site.url}/private/x")


def test_robots_txt_in_a_circle_is_no_answer(make_fetcher, site):
    site.redirect("/robots.txt", "/robots.txt")
    with pytest.raises(FetchError, match=r"unknown, since .* redirects more than 5 times"):
        make_fetcher().get(site.page("/x", b"<p>Piers"))


def test_an_endless_robots_txt_is_read_as_far_as_a_program_has_to(make_fetcher, site):
    site.page("/robots.txt", FORBIDDEN + b"# x\n" * 300_000)
    fetcher = make_fetcher()
    assert fetcher.get(site.page("/x", b"<p>Piers")).body == b"<p>Piers"
    with pytest.raises(RefusedError, match="forbids"):
        fetcher.get(f"{site.url}/private/x")


def test_requests_to_one_host_are_apart_as_far_as_it_wants(make_fetcher, site, ticker):
    site.page("/robots.txt", b"User-agent: *\nCrawl-delay: 7\n")
    fetcher = make_fetcher()
    for path in ("/a", "/b"):
        fetcher.get(site.page(path, b"<p>Piers"))
    assert ticker.slept == [1.0, 7.0]


def test_a_page_that_is_still_the_same_is_not_sent_again(make_fetcher, site):
    site.redirect("/a", "/b")
    site.page("/b", b"", 304)
    reply = make_fetcher().get(f"{site.url}/a", Known(f"{site.url}/b", '"1"', None))
    assert reply.not_modified
    (_, first), (_, second) = (asked for asked in site.asked if asked[0] != "/robots.txt")
    assert "If-None-Match" not in first
    assert second["If-None-Match"] == '"1"'
