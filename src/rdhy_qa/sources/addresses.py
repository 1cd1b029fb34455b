"""Which addresses may be fetched: http and https, without a password, on the public internet."""

import socket
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from rdhy_qa.errors import RefusedError, UsageError

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host, as text."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Special ranges that ``is_global`` lets through in one version of Python or another. 6to4 and Teredo lead to whatever
# IPv4 address they hold, and no site lives there any more.
_CLOSED_V4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_CLOSED_V6 = tuple(map(IPv6Network, ("2001::/23", "2002::/16", "3fff::/20")))


def parse_address(address: str) -> httpx.URL:
    """Take an address apart, as far as it can be judged without asking for its host.

    Raises:
        RefusedError: when it is none, no http or https, or has a user or password in it.

    """
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise RefusedError(f"{address!r} is no address: {error}.", "Correct it in sources.toml.") from error
    return check_address(url)


def check_address(url: httpx.URL) -> httpx.URL:
    """Return an address that may be asked for, as far as it can be judged without asking for its host.

    Raises:
        RefusedError: when it is no http or https, names no host, or has a user or password in it.

    """
    if url.scheme not in ("http", "https") or not url.host:
        raise RefusedError(f"{without_password(url)!r} is no http or https address.", "Correct it in sources.toml.")
    if url.userinfo:
        shown = without_password(url)
        raise RefusedError(f"The address {shown} holds a user or password.", "Name the page without one.")
    if url.port is not None and not 0 < url.port < 2**16:
        raise RefusedError(f"{url} has no valid port.", "Correct it in sources.toml.")
    return url


def host_name(name: str) -> str:
    """A host's name in the one spelling that it is compared in, as it stands in an address.

    Raises:
        UsageError: when it is none.

    """
    try:
        host = httpx.URL(scheme="http", host=name.strip("[]")).raw_host.decode("ascii")
    except httpx.InvalidURL:
        host = ""
    if not host or "%" in host:
        raise UsageError(f"{name!r} is no host.", "Name it as it stands in the address, without port.")
    return host


def without_password(url: httpx.URL) -> str:
    """The address as it may be shown."""
    return str(url.copy_with(userinfo=b"")) if url.userinfo else str(url)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public internet.

    An IPv6 address that carries an IPv4 address to it is judged by that.
    """
    if isinstance(address, IPv4Address):
        closed = any(address in network for network in _CLOSED_V4)
        return address.is_global and not (address.is_multicast or address.is_reserved or closed)
    carried = _carried(address)
    if carried is not None:
        return is_public(carried)
    closed = any(address in network for network in _CLOSED_V6)
    return address in _GLOBAL_UNICAST and address.is_global and not closed


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None


def ask_the_system(host: str, port: int) -> list[str]:
    """The addresses of a host, as the operating system finds them.

    Raises:
        OSError: when it finds none.

    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def checked_addresses(host: str, port: int, *, allowed: Collection[str], resolver: Resolver) -> Sequence[str]:
    """The addresses of a host, asked for once; whoever connects must connect to one of these.

    Raises:
        RefusedError: when one of them is not public, and the host is not allowed by its name.
        OSError: when there are none.

    """
    found = resolver(host, port)
    if not found:
        raise OSError(f"{host} has no address")
    private = [address for address in found if not is_public(ip_address(address))]
    if private and host not in allowed:
        at = "" if private[0] == host else f" is at {private[0]}, which"
        raise RefusedError(
            f"{host}{at} is not on the public internet.",
            f"If it is yours and to be fetched from, name it: --allow-host {host}",
        )
    return found
