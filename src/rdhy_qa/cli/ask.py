"""``rdhy-qa ask``."""

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
    'rdhy-qa ask "Who won Benchmark Innovators?"',
    'rdhy-qa ask "How many nominees were there?" --series 4 --json',
    "rdhy-qa ask --batch questions.jsonl > answers.jsonl",
)


def ask(
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="What you want to know.", show_default=False)
    ] = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
    batch: BatchOption = None,
    kind: KindOption = None,
    document: DocumentOption = None,
    series: SeriesOption = None,
) -> None:
    """Answer a question, with a citation for each statement.

    A line of a batch has a question, and may have an id, history and filters. A line
    that can't be answered gets {"id": …, "error": …, "line": …}; the exit code is then
    1, and the other lines are answered. Filters given as options hold for lines that
    have none of their own.
    """
    check_one_source(question, batch)
    from rdhy_qa.contracts import AskRequest

    chosen = {"filters": filters(kind, document, series)}
    request = parse(AskRequest, {"question": question, **chosen}) if question is not None else None

    from rdhy_qa.cli.batch import answer_lines
    from rdhy_qa.cli.loading import open_engine

    engine = open_engine(index)
    if batch is not None:
        answer_lines(batch, AskRequest, chosen, engine.ask)
    elif request is not None:
        answer = engine.ask(request)
        if as_json:
            typer.echo(answer.model_dump_json(indent=2))
        else:
            from rdhy_qa.cli.output import console
            from rdhy_qa.cli.rendering import show_answer

            show_answer(console(), answer)
