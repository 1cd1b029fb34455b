"""``rdhy-qa eval``."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rdhy_qa.cli.options import IndexOption
from rdhy_qa.cli.output import examples
from rdhy_qa.errors import GateError, RdhyQaError, UsageError
from rdhy_qa.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from rdhy_qa.index.builder import Accept
    from rdhy_qa.index.generation import Generation

app = typer.Typer(rich_markup_mode=None)

_QUESTIONS = Path("evals/questions")
_BASELINE = Path("evals/baseline.json")
_REPORT = Path("evals/report")


@contextmanager
def _evaluation() -> Iterator[None]:
    """Turn whatever keeps an evaluation from running into an error of exit code 2, with its next step."""
    try:
        yield
    except (UsageError, GateError):
        raise
    except RdhyQaError as error:
        raise UsageError(error.message, error.next_step) from error
    except ModuleNotFoundError as error:
        raise UsageError(
            f"Evaluating needs the package {error.name}.", "Install it: pip install 'rdhy-qa[evals,ingest]'"
        ) from error


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "rdhy-qa eval",
        "rdhy-qa eval --save-baseline",
        "rdhy-qa eval --dataset squad.json --limit 300",
        "rdhy-qa eval calibrate --data FOLDER",
    ),
)
def evaluate(
    context: typer.Context,
    questions: Annotated[
        list[Path] | None,
        typer.Option(
            "--questions",
            metavar="PATH",
            help="Question file, or a folder of them; repeatable.  [default: evals/questions]",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
    corpus: Annotated[
        list[Path] | None,
        typer.Option(
            "--corpus", metavar="PATH", help="What the index was built from.  [default: corpus]", show_default=False
        ),
    ] = None,
    baseline: Annotated[Path, typer.Option("--baseline", metavar="FILE", help="Run to compare with.")] = _BASELINE,
    save_baseline: Annotated[bool, typer.Option("--save-baseline", help="Make this run the baseline.")] = False,
    report: Annotated[
        Path, typer.Option("--report", metavar="DIR", help="Folder for report.html, report.json and report.md.")
    ] = _REPORT,
    dataset: Annotated[
        Path | None,
        typer.Option(
            "--dataset",
            metavar="PATH",
            help="Ask a public set instead: SQuAD JSON, JSON Lines, or a folder of JSON Lines.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="With --dataset: ask so many; 0 asks all.")
    ] = 0,
) -> None:
    """Ask the question set, measure the answers, and compare with the baseline.

    The exit code is 0 for a pass, 1 where answers have become worse, and 2 where nothing
    could be compared: a faulty file, no index, or another corpus or question set than
    the baseline's.
    """
    if context.invoked_subcommand is not None:
        return
    settings = load_settings(index=index)
    with _evaluation():
        from rdhy_qa_evals import gate, run
        from rdhy_qa_evals import report as reports

        with _progress() as progress:
            if dataset is not None:
                done = run.evaluate_dataset(dataset, limit, settings=settings, progress=progress)
            else:
                done = run.evaluate(
                    questions or [_QUESTIONS],
                    settings=settings,
                    corpus=corpus or [settings.corpus],
                    baseline=baseline,
                    progress=progress,
                )
        reports.write(done, report)
        from rdhy_qa.cli.output import console

        console().print(reports.table(done))
        typer.echo(f"Report: {report / 'report.html'}")
        if done.gate is None:
            return
        if save_baseline:
            gate.save_baseline(gate.baseline_of(done.measures, done.fingerprints), baseline)
            typer.echo(f"Saved as the baseline: {baseline}")
            return
    typer.echo(f"{done.gate.result}: {done.gate.message}")
    raise typer.Exit(done.gate.exit_code)


@app.command(
    "calibrate",
    epilog=examples(
        "rdhy-qa eval calibrate --data FOLDER --work /tmp/calibrate",
        "rdhy-qa eval calibrate --precision 0.9 --no-write",
    ),
)
def calibrate(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder of public sets; what is missing is left out.")
    ] = None,
    work: Annotated[Path, typer.Option("--work", metavar="DIR", help="Folder for their indexes; reused.")] = Path(
        "evals/work"
    ),
    questions: Annotated[
        list[Path] | None,
        typer.Option(
            "--questions",
            metavar="FILE",
            help="Question file of ours; repeatable.  [default: all of evals/questions and evals/post-4]",
            show_default=False,
        ),
    ] = None,
    index: Annotated[
        list[Path] | None,
        typer.Option(
            "--index",
            metavar="DIR",
            help="Index to ask our questions of; repeatable: files of evals/post-4 are asked of each.",
            show_default=False,
        ),
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option("--precision", metavar="SHARE", min=0.5, max=0.999, help="Share of answers that is to be right."),
    ] = None,
    write: Annotated[bool, typer.Option("--write/--no-write", help="Write the result into the library.")] = True,
) -> None:
    """Fit the confidence and the operating point, and say what they buy."""
    with _evaluation():
        from rdhy_qa_evals import calibration_run

        calibration_run.main(data, work, questions, index or [load_settings().index], precision, write=write)


def gate_of(paths: list[Path], settings: Settings) -> "Accept":
    """What ``ingest --gate`` asks of a new generation before it serves."""

    def accept(generation: "Generation") -> None:
        with _evaluation():
            from rdhy_qa_evals import report as reports
            from rdhy_qa_evals import run

            with _progress() as progress:
                done = run.evaluate(
                    [_QUESTIONS],
                    settings=settings,
                    corpus=paths,
                    baseline=_BASELINE,
                    progress=progress,
                    candidate=generation,
                )
            reports.write(done, _REPORT)
        assert done.gate is not None
        if done.gate.result == "fail":
            raise GateError(
                f"Generation {generation.id} answers worse than the baseline; the one before still serves.\n"
                f"{done.gate.message}\n",
                f"See {_REPORT / 'report.html'}. To let it serve all the same: "
                f"rdhy-qa index activate {generation.id} --index {settings.index}",
            )
        typer.echo(f"Gate: {done.gate.result}. {done.gate.message}")

    return accept


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing otherwise."""
    from rich import progress

    from rdhy_qa.cli.output import console

    err: Console = console(stderr=True)
    columns = (progress.TextColumn("Asking"), progress.BarColumn(bar_width=30), progress.MofNCompleteColumn())
    with progress.Progress(*columns, console=err, disable=not err.is_terminal) as bars:
        task = bars.add_task("ask", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
