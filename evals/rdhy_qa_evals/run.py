"""Ask a question set, and say how many answers are right: ``python -m rdhy_qa_evals.run FILE… --index DIR``."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.settings import load_settings
from rdhy_qa_evals.questions import Case, load_cases
from rdhy_qa_evals.scoring import judge


def main(
    files: Annotated[list[Path], typer.Argument(help="YAML files of questions.")],
    index: Annotated[Path | None, typer.Option(help="Folder of the index.")] = None,
    corpus: Annotated[
        bool, typer.Option(help="The index holds other documents too: leave out what they answer.")
    ] = False,
    show: Annotated[bool, typer.Option(help="Print each question that went wrong.")] = True,
) -> None:
    """Ask every question of each file and print the share of right answers and right declines."""
    console = Console()
    cases = {file: [case for case in load_cases(file) if not (corpus and case.elsewhere)] for file in files}
    engine = Engine.open(load_settings(index=index))
    for file, asked in cases.items():
        verdicts = _ask(engine, asked, console if show else None)
        console.print(_table(file.name, verdicts))


def _ask(engine: Engine, cases: list[Case], console: Console | None) -> Counter[tuple[str, str]]:
    """Verdicts by kind; what went wrong is shown on the console, where there is one."""
    verdicts: Counter[tuple[str, str]] = Counter()
    for case in cases:
        answer = engine.ask(AskRequest(question=case.question))
        verdict = judge(case, answer)
        verdicts[case.kind, verdict] += 1
        if console and verdict in {"wrong", "missed", "leaked"}:
            console.print(
                f"{verdict:8}{case.id} {case.kind:12.12} {answer.confidence:.2f} {case.question}\n"
                f"        → {answer.short_answer} | {answer.answer[:200]}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
    return verdicts


def _table(title: str, verdicts: Counter[tuple[str, str]]) -> Table:
    table = Table("kind", "right", "wrong", "missed", "declined", "leaked", title=title)
    totals: Counter[str] = Counter()
    for kind in sorted({kind for kind, _ in verdicts}):
        row = [verdicts[kind, verdict] for verdict in ("right", "wrong", "missed", "declined", "leaked")]
        table.add_row(kind, *(str(number or "") for number in row))
    for (_, verdict), number in verdicts.items():
        totals[verdict] += number
    answerable = totals["right"] + totals["wrong"] + totals["missed"]
    unanswerable = totals["declined"] + totals["leaked"]
    table.caption = (
        f"right {totals['right']}/{answerable} = {totals['right'] / max(1, answerable):.1%}, "
        f"declined {totals['declined']}/{unanswerable} = {totals['declined'] / max(1, unanswerable):.1%}"
    )
    return table


if __name__ == "__main__":
    typer.run(main)
