"""A connection to Milvus that has a time limit on each call, and is made anew after a failure."""

# ruff: noqa: ANN401 - the client library takes and gives anything

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rdhy_qa.errors import GenerationError, UnavailableIndexError
from rdhy_qa.index.milvus.address import Address

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_READ_SECONDS = 5.0
_WRITE_SECONDS = 60.0
# The client library pings every ten seconds, which a gRPC server answers by closing the connection where nothing else
# is sent ("too_many_pings"); each call has a time limit of its own. Connections that a process shares close together.
_CHANNEL_OPTIONS = {
    "grpc.keepalive_time_ms": 2**31 - 1,
    "grpc.keepalive_permit_without_calls": False,
    "grpc.use_local_subchannel_pool": 1,
}


class Server:
    """Calls the client library. Safe to share between threads."""

    def __init__(self, address: Address) -> None:
        """Connect on the first call."""
        self.address = address
        self._client: MilvusClient | None = None
        self._lock = threading.Lock()
        self._used: tuple[str, ...] = ()

    def read(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the client that answering waits for.

        Raises:
            UnavailableIndexError: if Milvus does not answer in time, or answers with an error.

        """
        return self._call(method, arguments, options, _READ_SECONDS)

    def write(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the client that may take longer.

        Raises:
            UnavailableIndexError: if Milvus does not answer in time, or answers with an error.

        """
        return self._call(method, arguments, options, _WRITE_SECONDS)

    def close(self) -> None:
        """Close the connection; the next call makes another."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def use(self, *collections: str) -> None:
        """Load collections, and load them again on each new connection: a server that restarts has released them."""
        for collection in collections:
            self.write("load_collection", collection)
            self._used = (*self._used, collection)

    def _call(self, method: str, arguments: tuple[Any, ...], options: dict[str, Any], seconds: float) -> Any:
        grpc, exceptions = _libraries()
        known = self._client is not None
        started = time.monotonic()
        try:
            call: Callable[..., Any] = getattr(self._connected(), method)
            return call(*arguments, timeout=seconds, **options)
        except (exceptions.MilvusException, grpc.RpcError, grpc.FutureTimeoutError, ValueError) as error:
            # A channel whose server died waits longer and longer before it tries again; a new one tries at once.
            self.close()
            # Where the server hangs, a second try would only double the wait.
            if known and not missing(error) and time.monotonic() - started < seconds / 2:
                return self._call(method, arguments, options, seconds)
            reason = _reason(error)
            raise UnavailableIndexError(
                f"{self.address} did not do {method}: {reason}.", "Start Milvus, or correct the address: --index."
            ) from error

    def _connected(self) -> "MilvusClient":
        from pymilvus import MilvusClient

        with self._lock:
            if self._client is None:
                # A client of its own for each connection: the library shares them by address otherwise.
                client = MilvusClient(
                    self.address.uri, timeout=_READ_SECONDS, dedicated=True, grpc_options=_CHANNEL_OPTIONS
                )
                for collection in self._used:
                    client.load_collection(collection, timeout=_READ_SECONDS)
                self._client = client
            return self._client


def missing(error: BaseException | None) -> bool:
    """Tell whether Milvus answered that it has no such alias or collection."""
    said = _reason(error).lower()
    return "not exist" in said or "not found" in said


def _reason(error: BaseException | None) -> str:
    return (str(getattr(error, "message", "") or error).splitlines() or ["no reason given"])[0][:200].rstrip(".")


def _libraries() -> tuple[Any, Any]:
    try:
        import grpc
        from pymilvus import exceptions
    except ModuleNotFoundError as error:
        raise GenerationError(
            f"An index in Milvus needs the package {error.name}.", "Install it: pip install 'rdhy-qa[milvus]'"
        ) from error
    # It logs each failure with a traceback, and raises it as well.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    return grpc, exceptions
