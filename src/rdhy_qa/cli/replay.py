"""``rdhy-qa replay``."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rdhy_qa.cli.options import IndexOption, JsonOption
from rdhy_qa.cli.output import clean, counted, examples
from rdhy_qa.settings import load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from rdhy_qa.contracts import Answer
    from rdhy_qa.journal.comparison import Difference
    from rdhy_qa.journal.lookup import Found

EXAMPLES = examples(
    "rdhy-qa replay 5d0f3a6b8c1e2f47",
    "rdhy-qa replay 5d0f3a6b8c1e2f47 --json",
)

_WORDED = (
    "A language model worded that answer, and words it anew each time: only what stands before it is compared, that is "
    "whether it was answered, the entries of a list, and the confidence."
)


def replay(
    answer_id: Annotated[str, typer.Argument(metavar="ANSWER_ID", help="Id of an answer.", show_default=False)],
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Ask again what the journal has, on the generation that answered it, and show what differs.

    The exit code is 0 for the same answer and 1 for another one.
    """
    from rdhy_qa.cli import loading
    from rdhy_qa.journal.comparison import differences
    from rdhy_qa.journal.database import Database
    from rdhy_qa.journal.lookup import find_answer

    with closing(Database.open(load_settings().database)) as database:
        found = find_answer(database, answer_id)
    now = loading.open_generation(index, found.answer.generation).ask(found.request)
    differing = differences(found.answer, now)
    if as_json:
        _print_json(found.answer, now, differing)
    else:
        from rdhy_qa.cli.output import console

        _show(console(), found, differing)
    if differing:
        raise typer.Exit(1)


def _print_json(then: "Answer", now: "Answer", differing: Sequence["Difference"]) -> None:
    import json

    result = {
        "answer_id": then.answer_id,
        "same": not differing,
        "differences": [difference.model_dump() for difference in differing],
        "note": _WORDED if then.mode == "llm" else None,
        "then": then.model_dump(mode="json"),
        "now": now.model_dump(mode="json"),
    }
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2))


def _show(console: "Console", found: "Found", differing: Sequence["Difference"]) -> None:
    from rich.text import Text

    from rdhy_qa.cli.rendering import paragraph

    paragraph(console, Text(clean(found.request.question), style="bold"))
    if differing:
        console.print(Text("Another answer", style="bold yellow"))
    else:
        console.print(Text("The same answer", style="bold green"))
    if found.answer.mode == "llm":
        paragraph(console, Text(_WORDED))
    for difference in differing:
        _show_difference(console, difference)
    console.print()
    facts = [f"given {counted(found.askings, 'time')}", f"last {found.last_asked:%Y-%m-%d %H:%M UTC}"]
    console.print(Text(" · ".join([*facts, f"generation {found.answer.generation}"]), style="dim"))


def _show_difference(console: "Console", difference: "Difference") -> None:
    from rich.text import Text

    from rdhy_qa.cli.rendering import paragraph

    console.print(Text(f"\n{difference.field.replace('_', ' ')}", style="cyan"))
    then, now = _lines(difference.then), _lines(difference.now)
    for line in _without(then, now):
        paragraph(console, Text(line, style="red"), mark="-", indent=2)
    for line in _without(now, then):
        paragraph(console, Text(line, style="green"), mark="+", indent=2)
    if set(then) == set(now):
        console.print("  The same in another order, or with other details; --json shows them.")


def _without(lines: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [line for line in lines if line not in known]


def _lines(value: Any) -> list[str]:  # noqa: ANN401  # any field of an answer
    """A field's value as people read it: of a list a line for each entry."""
    if isinstance(value, list):
        return [_entry(entry) for entry in value]
    if isinstance(value, dict):
        return [f"{value['found']} of {value['expected']}"]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return ["none" if value is None else clean(str(value))]


def _entry(entry: dict[str, Any]) -> str:
    """A citation, a related passage or an entry of a list."""
    if "document_id" not in entry:
        return clean(str(entry["text"]))
    quote = clean(str(entry.get("quote") or entry.get("text")))
    return f"{entry['document_id']} {entry['start']}-{entry['end']} “{quote}”"
