"""Options that several commands share, and the requests made of them."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from rdhy_qa.contracts import explain
from rdhy_qa.errors import QuestionError, UsageError

IndexOption = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="Folder of the index, or milvus://host:port/name.  [default: index]",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
BatchOption = Annotated[
    typer.FileBinaryRead | None,
    typer.Option(
        "--batch",
        metavar="FILE",
        help='Read JSON Lines, {"id": …, "question": …}, and print one JSON line for each; - reads standard input.',
    ),
]
KindOption = Annotated[
    list[str] | None, typer.Option("--kind", metavar="KIND", help="Only documents of this kind; repeatable.")
]
DocumentOption = Annotated[
    list[str] | None, typer.Option("--document", metavar="ID", help="Only this document; repeatable.")
]
SeriesOption = Annotated[
    list[int] | None, typer.Option("--series", metavar="N", help="Only this number of the series; repeatable.")
]

_Request = TypeVar("_Request", bound=BaseModel)


def filters(kind: list[str] | None, document: list[str] | None, series: list[int] | None) -> dict[str, Any]:
    """Fields of the filters, as a request takes them."""
    return {"kind": kind or [], "document_id": document or [], "series": series or []}


def parse(request: type[_Request], fields: dict[str, Any]) -> _Request:
    """Make a request.

    Raises:
        QuestionError: when a field is wrong.
    """
    try:
        return request.model_validate(fields)
    except ValidationError as error:
        raise QuestionError(f"{explain(error.errors())}.", "Correct it and ask again.") from error


def check_one_source(question: str | None, batch: object | None) -> None:
    """Refuse a command that has both a question and a batch, or neither.

    Raises:
        UsageError: in these cases.
    """
    if (question is None) == (batch is None):
        raise UsageError("Give either a question or --batch FILE.", 'For example: rdhy-qa ask "Who won?"')
