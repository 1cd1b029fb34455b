"""Batches: JSON Lines in, one JSON line out for each question, in order."""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import BaseModel

from rdhy_qa.cli.options import parse
from rdhy_qa.errors import RdhyQaError

log = logging.getLogger(__name__)

_Request = TypeVar("_Request", bound=BaseModel)


def answer_lines(
    lines: Iterable[bytes], request: type[_Request], defaults: dict[str, Any], reply: Callable[[_Request], BaseModel]
) -> None:
    """Answer line by line; ``defaults`` are the fields of lines that don't have them.

    A line that can't be answered gets a line that says why, and the rest is still answered.

    Raises:
        typer.Exit: with code 1 at the end, when there was such a line.
    """
    failed = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        answered = _answer_line(number, line, request, defaults, reply)
        failed = failed or "error" in answered
        typer.echo(json.dumps(answered, ensure_ascii=False))
    if failed:
        raise typer.Exit(1)


def _answer_line(
    number: int,
    line: bytes,
    request: type[_Request],
    defaults: dict[str, Any],
    reply: Callable[[_Request], BaseModel],
) -> dict[str, Any]:
    identifier = None
    try:
        fields = _fields(line)
        identifier = fields.pop("id", None)
        return {"id": identifier, **reply(parse(request, defaults | fields)).model_dump(mode="json")}
    except RdhyQaError as error:
        reason = error.message
    except (ValueError, RecursionError) as error:
        reason = f"The line is not a JSON object in UTF-8: {error}"
    except Exception as error:  # one question must not cost the answers to all those after it
        log.warning("line %d failed", number, exc_info=True)
        reason = f"Unexpected {type(error).__name__}."
    return {"id": identifier, "error": reason, "line": number}


def _fields(line: bytes) -> dict[str, Any]:
    fields = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    if not isinstance(fields, dict):
        raise ValueError("it has to be {…}")
    # An id with half a surrogate pair could not be written out again.
    json.dumps(fields.get("id"), ensure_ascii=False).encode()
    return fields


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
