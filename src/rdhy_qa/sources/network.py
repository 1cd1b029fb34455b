"""How connections are made: to an address that was checked, never longer than a deadline, and never reused.

A name that is resolved once to be checked and again to connect can lead to two places. Here the connection goes to the
very address that was checked; TLS and the ``Host`` header still have the name.
"""

import time
from collections.abc import Collection, Iterable
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from rdhy_qa.sources.addresses import Resolver, ask_the_system, checked_addresses

_SocketOptions = Iterable[tuple[Any, ...]]


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects for httpcore."""

    def __init__(
        self,
        allowed: Collection[str],
        *,
        resolver: Resolver = ask_the_system,
        backend: httpcore.NetworkBackend | None = None,
    ) -> None:
        self.deadline = 0.0
        """Moment, on the monotonic clock, after which nothing is read or written any more."""
        self._allowed = allowed
        self._resolver = resolver
        self._backend = backend or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers, if all of its addresses may be connected to."""
        try:
            addresses = checked_addresses(host, port, allowed=self._allowed, resolver=self._resolver)
        except (OSError, UnicodeError) as error:  # UnicodeError: a part of the name is longer than a name may be
            raise httpcore.ConnectError(f"{host} is not known") from error
        failure: Exception | None = None
        for address in addresses:
            try:
                stream = self._backend.connect_tcp(address, port, self.left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = failure or error
                continue
            return _Timed(stream, self)
        assert failure is not None
        raise failure

    def left(self, timeout: float | None) -> float:
        """Seconds that one step may take.

        Raises:
            httpcore.ReadTimeout: when the deadline is over.

        """
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds if timeout is None else min(seconds, timeout)


class _Timed(httpcore.NetworkStream):
    """A connection that ends with the deadline, however often a byte comes before it."""

    def __init__(self, stream: httpcore.NetworkStream, network: CheckedNetwork) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._network.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._network.left(timeout))
        return _Timed(stream, self._network)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # so it is declared
        return self._stream.get_extra_info(info)


class CheckedTransport(httpx.BaseTransport):
    """Sends the requests of httpx over a checked network."""

    def __init__(self, network: CheckedNetwork) -> None:
        # A connection is used once: pages of one host are asked for with a pause, and a check holds for one connection.
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), max_keepalive_connections=0, network_backend=network
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; errors of the network are those of httpcore."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response.stream))

    def close(self) -> None:
        """Close what is open."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:  # noqa: ANN401  # httpcore declares the asynchronous kind as well
        self._stream = stream

    def __iter__(self) -> Any:  # noqa: ANN401
        return iter(self._stream)

    def close(self) -> None:
        self._stream.close()
