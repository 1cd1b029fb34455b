from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.errors import RefusedError, UsageError
from rdhy_qa.sources.addresses import ask_the_system, checked_addresses, host_name, is_public, parse_address

# All blocks that IANA's registries of special purpose addresses call not globally reachable, and multicast.
CLOSED_V4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
).split()
CLOSED_V6 = (
    "::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 "
    "fec0::/10 ff00::/8"
).split()


def inside(network: IPv4Network | IPv6Network) -> st.SearchStrategy[int]:
    first = int(network.network_address)
    return st.integers(first, first + network.num_addresses - 1)


private_v4 = st.sampled_from([IPv4Network(block) for block in CLOSED_V4]).flatmap(inside).map(IPv4Address)
private_v6 = st.sampled_from([IPv6Network(block) for block in CLOSED_V6]).flatmap(inside).map(IPv6Address)


def carrying(prefix: str, shift: int = 0):
    """IPv6 addresses that carry an IPv4 address behind a prefix."""
    start = int(IPv6Address(prefix))
    return lambda address: IPv6Address(start | int(address) << shift)


@given(private_v4)
def test_no_special_ipv4_address_is_public(address: IPv4Address):
    assert not is_public(address)


@given(private_v6)
def test_no_special_ipv6_address_is_public(address: IPv6Address):
    assert not is_public(address)


@pytest.mark.parametrize(("prefix", "shift"), [("::ffff:0:0", 0), ("64:ff9b::", 0), ("2002::", 80), ("::", 0)])
def test_no_ipv6_address_that_leads_to_a_special_ipv4_address_is_public(prefix: str, shift: int):
    @given(private_v4.map(carrying(prefix, shift)))
    def check(address: IPv6Address) -> None:
        assert not is_public(address)

    check()


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_ipv6_address_that_leads_to_an_ipv4_address_is_judged_as_that(address: IPv4Address):
    assert is_public(carrying("::ffff:0:0")(address)) == is_public(address)
    assert is_public(carrying("64:ff9b::")(address)) == is_public(address)


@given(st.ip_addresses())
def test_what_is_public_is_global_by_the_standard_library_too(address: IPv4Address | IPv6Address):
    assert not is_public(address) or address.is_global


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "203.0.114.1", "192.0.1.1", "2001:4860:4860::8888", "2a00:1450::1", "64:ff9b::8.8.8.8"],
)
def test_addresses_of_the_public_internet_are_public(address: str):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("file:///etc/passwd", "no http"),
        ("ftp://example.org/x", "no http"),
        ("javascript:alert(1)", "no http"),
        ("/posts/4", "no http"),
        ("http:///x", "no http"),
        ("http://example.org\n/", "no address"),
        ("http://[::1/", "no address"),
        ("https://ola:geheim@example.org/x", "user or password"),
        ("https://example.org\\@127.0.0.1/", "user or password"),
        ("http://example.org:99999/", "port"),
        ("http://example.org:0/", "port"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(address: str, reason: str):
    with pytest.raises(RefusedError, match=reason) as caught:
        parse_address(address)
    assert "geheim" not in str(caught.value)


# Ways to write 127.0.0.1 and its neighbours that the operating system understands.
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "localhost", "0", "::1"]
)
def test_loopback_is_refused_however_it_is_written(host: str):
    with pytest.raises(RefusedError, match=f"not on the public internet.*--allow-host {host}"):
        checked_addresses(host, 80, allowed=(), resolver=ask_the_system)


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(RefusedError, match=r"example\.org is at 10\.0\.0\.7"):
        checked_addresses("example.org", 80, allowed=(), resolver=lambda *_: ["8.8.8.8", "10.0.0.7"])


def test_a_host_is_allowed_by_its_own_name_only():
    def resolver(*_: object) -> list[str]:
        return ["127.0.0.1"]

    assert checked_addresses("wiki", 80, allowed={"wiki"}, resolver=resolver) == ["127.0.0.1"]
    with pytest.raises(RefusedError):
        checked_addresses("wiki.example.org", 80, allowed={"wiki", "127.0.0.1"}, resolver=resolver)


@pytest.mark.parametrize(
    ("given_name", "compared"),
    [("Wiki.Local", "wiki.local"), ("[::1]", "::1"), ("::1", "::1"), ("exämple.org", "xn--exmple-cua.org")],
)
def test_a_host_is_compared_as_it_stands_in_addresses(given_name: str, compared: str):
    assert host_name(given_name) == compared


@pytest.mark.parametrize("name", ["", "127.0.0.1:80", "http://x", "a b", "user@host", "x/y", "x:y"])
def test_what_is_no_host_is_bad_input(name: str):
    with pytest.raises(UsageError, match="no host"):
        host_name(name)
