"""The endpoint: messages in, text out as it comes, through the ``openai`` package.

Whatever the endpoint does, a call ends within its deadline, reads no more than a bounded number of bytes, and either
gives its text or raises ``Unavailable``. The stream is read on an event loop of its own, where it can be cut off at any
time, in the middle of a byte that never comes as well.
"""

import asyncio
import logging
import queue
import random
import threading
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rdhy_qa.errors import SettingsError
from rdhy_qa.llm.prompt import Message
from rdhy_qa.settings import Settings

if TYPE_CHECKING:
    import httpx2

_log = logging.getLogger(__name__)

TICK_S = 0.25
"""Seconds without text after which a caller is told that none has come."""
_TOKENS = 220
_CHARACTERS = 2_000
"""Three sentences are far shorter; a model that writes more has lost its way, and is cut off."""
_BYTES = 2**20
_CONNECT_S = 5.0
_TRIES = 3
_FIRST_WAIT_S = 0.3
_Put = Callable[[str | Exception | None], None]
"""Takes a piece of text, None at the end of the text, or why there is none."""
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500


class Unavailable(Exception):  # noqa: N818 - what it is, not that it is an error: the caller goes on without
    """The endpoint gave no reply that can be used; the message says why."""


class Endpoint:
    """One model at an OpenAI-compatible endpoint. Safe to share between threads."""

    def __init__(self, base_url: str, model: str, api_key: str | None, timeout_s: float) -> None:
        """Name the model; nothing is asked of the endpoint yet.

        Raises:
            SettingsError: where the package ``openai`` is not installed.

        """
        try:
            import httpx2
            import openai
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"RDHY_QA_LLM_BASE_URL is set, but the package {error.name} is not installed.",
                "Install it: pip install 'rdhy-qa[llm]'",
            ) from error
        self.model = model
        self._timeout_s = timeout_s
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            # An endpoint without keys is sent one that means nothing: the package insists.
            api_key=api_key or "none",
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                timeout=httpx2.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s)),
                # A connection that was kept may have gone stale, and a new one costs nothing beside a model's time.
                limits=httpx2.Limits(max_keepalive_connections=0),
                event_hooks={"response": [_bound]},
            ),
        )

    @classmethod
    def configured(cls, settings: Settings) -> "Endpoint":
        """The endpoint that the settings name.

        Raises:
            SettingsError: where the package ``openai`` is not installed.

        """
        assert settings.llm_base_url is not None
        assert settings.llm_model is not None
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
        return cls(settings.llm_base_url, settings.llm_model, key, settings.llm_timeout_s)

    def write(self, messages: Sequence[Message], tokens: int = _TOKENS) -> Generator[str]:
        """The reply piece by piece, an empty piece whenever none has come for a while. Closing it hangs up.

        Raises:
            Unavailable: when there is no reply, or it breaks off.

        """
        arrived: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        call = asyncio.run_coroutine_threadsafe(self._stream(messages, tokens, arrived.put), _loop())
        try:
            while True:
                try:
                    piece = arrived.get(timeout=TICK_S)
                except queue.Empty:
                    piece = ""
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            call.cancel()

    def models(self) -> list[str]:
        """Names of the models that the endpoint says it has.

        Raises:
            Unavailable: when it does not say.

        """

        async def listed() -> list[str]:
            async with asyncio.timeout(self._timeout_s):
                return [model.id for model in (await self._client.models.list()).data]

        try:
            return asyncio.run_coroutine_threadsafe(listed(), _loop()).result()
        except Exception as error:
            raise Unavailable(_reason(error)) from error

    async def _stream(self, messages: Sequence[Message], tokens: int, put: _Put) -> None:
        try:
            async with asyncio.timeout(self._timeout_s) as deadline:
                await self._read(messages, tokens, put, deadline.when() or 0.0)
        except asyncio.CancelledError:
            # The caller has hung up. An error that is kept with the task would keep alive what was half read.
            return
        except Exception as error:  # a package's own errors, bad JSON, bad bytes: there is no end to what may come
            put(Unavailable(_reason(error)))

    async def _read(self, messages: Sequence[Message], tokens: int, put: _Put, deadline: float) -> None:
        """Pass on the text of a reply up to its end, or to what is far too long for one.

        After that it is for the caller to hang up: a call that is cancelled while it reads leaves nothing half read
        behind, as one does that stops reading by itself.
        """
        length, over = 0, False
        async with await self._open(messages, tokens, deadline) as stream:
            async for chunk in stream:
                if over:
                    continue
                text, ended = _content(chunk)
                length += len(text)
                if text:
                    put(text)
                if over := ended or length > _CHARACTERS:
                    put(None if length else Unavailable("the reply is empty"))
        if not over:
            raise Unavailable("the reply broke off")

    async def _open(self, messages: Sequence[Message], tokens: int, deadline: float) -> Any:  # noqa: ANN401 - its class is known only with the package
        """Ask, and ask again where it may help: no text has come yet, so nothing is said twice."""
        import openai

        for attempt in range(_TRIES):
            try:
                return await self._client.chat.completions.create(
                    model=self.model,
                    messages=list(messages),  # type: ignore[arg-type]  # the package wants its own dictionaries
                    temperature=0,
                    max_tokens=tokens,
                    stream=True,
                )
            except (openai.APIConnectionError, openai.APIStatusError) as error:
                wait = _wait(error, attempt)
                if wait is None or attempt == _TRIES - 1 or asyncio.get_running_loop().time() + wait >= deadline:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")


def _wait(error: Exception, attempt: int) -> float | None:
    """Seconds after which another try may succeed; None where none can."""
    response: httpx2.Response | None = getattr(error, "response", None)
    if response is not None:
        if response.status_code != _TOO_MANY_REQUESTS and response.status_code < _SERVER_ERRORS:
            return None
        try:
            return max(0.0, float(response.headers["Retry-After"]))
        except (KeyError, ValueError):
            pass
    return float(_FIRST_WAIT_S * 2**attempt) * random.uniform(0.5, 1.5)


def _content(chunk: Any) -> tuple[str, bool]:  # noqa: ANN401 - the package does not check what an endpoint sends
    """Text of a piece of the reply, and whether it is the last."""
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list) or not choices:
        return "", False
    text = getattr(getattr(choices[0], "delta", None), "content", None)
    return text if isinstance(text, str) else "", getattr(choices[0], "finish_reason", None) is not None


def _reason(error: Exception) -> str:
    """What went wrong, on one short line; never with what was sent."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    cause = error.__cause__ or error
    said = " ".join(str(error).split()).rstrip(".") or type(cause).__name__
    detail = f": {type(cause).__name__}" if cause is not error else ""
    return f"{said[:200]}{detail}"


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop on which all endpoints are read, in a thread of its own from the first call on."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="rdhy-qa-llm", daemon=True).start()
    return loop


async def _bound(response: "httpx2.Response") -> None:
    """Let no reply, and no error, be longer than it may be."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for part in self._stream:
                read += len(part)
                if read > _BYTES:
                    raise httpx2.RemoteProtocolError("the reply is too long")
                yield part

        async def aclose(self) -> None:
            await self._stream.aclose()

    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = Bounded(response.stream)
