"""Ask a question set, and say how many answers are right: ``python -m rdhy_qa_evals.run FILE --index DIR``."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.settings import load_settings
from rdhy_qa_evals.questions import load_cases
from rdhy_qa_evals.scoring import judge


def main(
    file: Annotated[Path, typer.Argument(help="YAML file of questions.")],
    index: Annotated[Path | None, typer.Option(help="Folder of the index.")] = None,
    corpus: Annotated[
        bool, typer.Option(help="The index holds other documents too: leave out what they answer.")
    ] = False,
    show: Annotated[bool, typer.Option(help="Print each question that went wrong.")] = True,
) -> None:
    """Ask every question of a file and print the share of right answers and right declines."""
    console = Console()
    engine = Engine.open(load_settings(index=index))
    verdicts: Counter[tuple[str, str]] = Counter()
    for case in load_cases(file):
        if corpus and case.elsewhere:
            continue
        answer = engine.ask(AskRequest(question=case.question))
        verdict = judge(case, answer)
        verdicts[case.kind, verdict] += 1
        if show and verdict in {"wrong", "missed", "leaked"}:
            console.print(
                f"{verdict:8}{case.id} {case.kind:12.12} {answer.confidence:.2f} {case.question}\n"
                f"        → {answer.short_answer} | {answer.answer[:200]}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
    console.print(_table(verdicts))


def _table(verdicts: Counter[tuple[str, str]]) -> Table:
    table = Table("kind", "right", "wrong", "missed", "declined", "leaked")
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
