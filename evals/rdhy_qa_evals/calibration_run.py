"""``rdhy-qa eval calibrate``: asks, fits, prints what was bought, and writes the artefact."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from rdhy_qa.models import fitted
from rdhy_qa_evals.calibrate import Bought, artefact, bought, calibrate, judge, operating_point, save
from rdhy_qa_evals.examples import Asked, own, public
from rdhy_qa_evals.statistics import Estimate

_POINTS = (0.75, 0.8, 0.85, 0.9, 0.95)
_HERE = Path(__file__).resolve().parents[1]
_OUTPUT = Path(fitted.__file__).parent / fitted.CALIBRATION


def main(
    data: Path | None,
    work: Path,
    questions: Sequence[Path] | None,
    indexes: Sequence[Path],
    precision: float | None,
    *,
    write: bool,
) -> None:
    """Calibrate, and say what it bought."""
    console = Console(width=140)
    judged = [judge(asked) for asked in _asked(data, work, questions, indexes)]
    found = calibrate(judged, precision)
    table = Table("aimed at", "from", "source", "answers right", "answerable answered right", "declined")
    points = [(f"{aim:.2f} right", operating_point(found.held, aim)) for aim in _POINTS]
    for aim, again in [*points, (f"chosen: {found.chosen_by}", found.point)]:
        for number, one in enumerate(bought(found.held, again)):
            table.add_row(aim if not number else "", f"{again:.3f}" if not number else "", *_cells(one))
        table.add_section()
    console.print(table)
    if write:
        save(artefact(found, judged), _OUTPUT)
        typer.echo(f"Written: {_OUTPUT}. Run: rdhy-qa ingest")


def _asked(data: Path | None, work: Path, questions: Sequence[Path] | None, indexes: Sequence[Path]) -> Iterator[Asked]:
    if data is not None:
        work.mkdir(parents=True, exist_ok=True)
        yield from (asked for asked in public(data, work) if asked.part == "fit")
    if questions is not None:
        for index in indexes:
            for file in questions:
                yield from own(file, index, "fit")
        return
    for file in sorted((_HERE / "questions").glob("*.yaml")):
        yield from own(file, indexes[0], "fit")
    for number, index in enumerate(indexes):
        for file in sorted((_HERE / "post-4").glob("*.yaml")):
            yield from (a for a in own(file, index, "fit") if number or not a.case.elsewhere)


def _cells(one: Bought) -> tuple[str, ...]:
    return one.source, *(_shown(estimate) for estimate in (one.precision, one.recall, one.declined))


def _shown(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}] of {estimate.count}"
