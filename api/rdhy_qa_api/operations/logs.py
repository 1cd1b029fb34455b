"""The log: one line for each thing that happens, JSON for machines and readable for people.

What stands in a line is chosen, not passed on: a request is named by its route's template and an answer by its id, so
that nothing a reader wrote, and no key, gets into the log. For the same reason an error is logged with its kind and the
place where it happened, but with its message only where the message is known to quote nobody.
"""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.types import EventDict, Processor, WrappedLogger

from rdhy_qa.errors import RdhyQaError

FIELDS = (
    "method",
    "route",
    "status",
    "milliseconds",
    "request_id",
    "answer_id",
    "mode",
    "answered",
    "reason",
    "fallback",
    "confidence",
)
"""What a line may have besides its text; a logger gets them by ``extra``."""

_TRACEBACK = "exception"
# Besides the control characters those that end lines or turn the direction of writing.
_DECEPTIVE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_notes: ContextVar[dict[str, Any]] = ContextVar("notes")


def configuration(*, terminal: bool) -> dict[str, Any]:
    """Settings for ``logging.config``: all that is logged goes to standard error, each event on one line."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.formatter", "terminal": terminal}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        # Of other libraries what is wrong, and not what they are doing.
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {name: {"level": "INFO", "propagate": True} for name in ("uvicorn", "rdhy_qa", "rdhy_qa_api")},
    }


def formatter(*, terminal: bool) -> ProcessorFormatter:
    """Make what turns the records of ``logging`` into lines."""
    render: Processor = ConsoleRenderer(exception_formatter=plain_traceback) if terminal else JSONRenderer()
    return ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            add_log_level,
            add_logger_name,
            TimeStamper(fmt="iso", utc=True),
            ExtraAdder(allow=FIELDS),
        ],
        processors=[ProcessorFormatter.remove_processors_meta, _tell_traceback, _escape, render],
    )


@contextmanager
def taking_notes() -> Iterator[dict[str, Any]]:
    """Collect what ``note`` is told, for the line of a request that ends with the context."""
    notes: dict[str, Any] = {}
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def note(**fields: object) -> None:
    """Add fields to the line of the request under way, in whichever of its tasks; without a request to none."""
    notes = _notes.get(None)
    if notes is not None:
        notes.update(fields)


def _tell_traceback(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    if found:
        event[_TRACEBACK] = "".join(_lines(found[1])).rstrip()
    return event


def _lines(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _lines(before)
        yield "and then\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__name__}{_message(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _lines(inner)


def _message(error: BaseException) -> str:
    """What an error says, where that can't be what a reader wrote: databases and parsers quote what they were given."""
    said = error.strerror if isinstance(error, OSError) else str(error) if isinstance(error, RdhyQaError) else None
    return f": {said}" if said else ""


def _escape(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: _shown(value) if name != _TRACEBACK else value for name, value in event.items()}


def _shown(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _DECEPTIVE.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
