"""``rdhy-qa ask``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

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
from rdhy_qa.errors import UsageError

if TYPE_CHECKING:
    from rdhy_qa.contracts import Answer

EXAMPLES = examples(
    'rdhy-qa ask "Who won Benchmark Innovators?"',
    'rdhy-qa ask "Which category did Morningstar win?" "Who won ZeroDX AI?"',
    'rdhy-qa ask "Who heads BuurtzOrg International?" --series 4 --json',
    "rdhy-qa ask --batch questions.jsonl > answers.jsonl",
)


def ask(
    questions: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUESTION", help="What you want to know; one or several.", show_default=False),
    ] = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
    batch: BatchOption = None,
    kind: KindOption = None,
    document: DocumentOption = None,
    series: SeriesOption = None,
) -> None:
    """Answer questions, with a citation for each statement.

    Several questions are answered in order; with --json each then takes one line.

    A line of a batch has a question, and may have an id, history and filters. A line
    that can't be answered gets {"id": …, "error": …, "line": …}; the exit code is then
    1, and the other lines are answered. Filters given as options hold for lines that
    have none of their own.
    """
    asked = questions or []
    check_one_source(asked[0] if asked else None, batch)
    _check_quoted(asked)
    from rdhy_qa.contracts import AskRequest

    chosen = {"filters": filters(kind, document, series)}
    requests = [parse(AskRequest, {"question": question, **chosen}) for question in asked]

    from rdhy_qa.cli.batch import answer_lines
    from rdhy_qa.cli.loading import open_engine

    engine = open_engine(index)
    if batch is not None:
        answer_lines(batch, AskRequest, chosen, engine.ask)
        return
    answers = map(engine.ask, requests)
    several = len(requests) > 1
    if as_json:
        for answer in answers:
            typer.echo(answer.model_dump_json(indent=None if several else 2))
    else:
        _show(answers, with_questions=several)


def _check_quoted(asked: list[str]) -> None:
    """Refuse several questions of which one is a single word: it is one question without its quotation marks.

    Raises:
        UsageError: in this case.
    """
    if len(asked) > 1 and any(len(question.split()) < 2 for question in asked):
        raise UsageError(
            "One of several questions is a single word.",
            'Put each question in quotation marks: rdhy-qa ask "Who won?" "Who spoke?"',
        )


def _show(answers: Iterable["Answer"], *, with_questions: bool) -> None:
    from rich.text import Text

    from rdhy_qa.cli.output import clean, console
    from rdhy_qa.cli.rendering import show_answer

    out = console()
    for number, answer in enumerate(answers):
        if with_questions:
            if number:
                out.print()
            out.rule(style="dim")
            out.print(Text(clean(answer.question), style="bold"))
            out.print()
        show_answer(out, answer)
