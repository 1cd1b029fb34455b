"""``rdhy-qa search``."""

from typing import Annotated

import typer

from rdhy_qa.cli.options import (
    BatchOption,
    DocumentOption,
    IndexOption,
    JsonOption,
    KindOption,
    SeriesOption,
    check_one_source,
    filters,
    parse,
)
from rdhy_qa.cli.output import examples

EXAMPLES = examples(
    'rdhy-qa search "micro-enterprises" --limit 3',
    'rdhy-qa search "quantum shops" --kind post --json',
    "rdhy-qa search --batch questions.jsonl > passages.jsonl",
)


def search(
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="What to look for.", show_default=False)
    ] = None,
    index: IndexOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100, help="Passages to show.")] = 10,
    as_json: JsonOption = False,
    batch: BatchOption = None,
    kind: KindOption = None,
    document: DocumentOption = None,
    series: SeriesOption = None,
) -> None:
    """Find the passages nearest to a question.

    A line of a batch has a question, and may have an id, a limit and filters.
    """
    check_one_source(question, batch)
    from rdhy_qa.contracts import SearchRequest

    chosen = {"limit": limit, "filters": filters(kind, document, series)}
    request = parse(SearchRequest, {"question": question, **chosen}) if question is not None else None

    from rdhy_qa.cli.batch import answer_lines
    from rdhy_qa.cli.loading import open_engine

    engine = open_engine(index)
    if batch is not None:
        answer_lines(batch, SearchRequest, chosen, engine.search)
    elif request is not None:
        reply = engine.search(request)
        if as_json:
            typer.echo(reply.model_dump_json(indent=2))
        else:
            from rdhy_qa.cli.output import console
            from rdhy_qa.cli.rendering import show_passages

            show_passages(console(), reply)
