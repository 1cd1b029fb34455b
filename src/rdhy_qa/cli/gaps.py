"""``rdhy-qa gaps``."""

from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rdhy_qa.cli.options import IndexOption, JsonOption
from rdhy_qa.cli.output import clean, counted, examples, shorten
from rdhy_qa.settings import load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from rdhy_qa.journal.gaps import Gap, GapReport
    from rdhy_qa.models.embedder import FloatArray

EXAMPLES = examples(
    "rdhy-qa gaps",
    "rdhy-qa gaps --since 24h --limit 5",
    "rdhy-qa gaps --since 4w --json > gaps.json",
)

_MINUTE = "%Y-%m-%d %H:%M UTC"
_COMMENTS, _COMMENT = 3, 300


def gaps(
    since: Annotated[
        str, typer.Option("--since", metavar="PERIOD", help="How far to look back: hours, days or weeks.")
    ] = "7d",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="Gaps to show.")] = 20,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Show what the corpus lacks: what was declined or voted down.

    Questions that ask the same thing count together, and what cost readers most comes first.
    """
    from rdhy_qa.journal.database import Database
    from rdhy_qa.journal.gaps import find_gaps, parse_period

    settings = load_settings(index=index)
    period = parse_period(since)
    with closing(Database.open(settings.database)) as database:
        report = find_gaps(database, period, _embedding(settings.index), limit=limit)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        from rdhy_qa.cli.output import console

        _show(console(), report)


def _embedding(index: Path) -> Callable[[str], "FloatArray"]:
    """The embedding of questions in the index, which is opened only where there is text to compare."""
    from rdhy_qa.index import places
    from rdhy_qa.models.query_encoder import QueryEncoder

    @cache
    def encoder() -> QueryEncoder:
        return places.open_active(index).encoder

    return lambda question: encoder().encode_query(question)


def _show(console: "Console", report: "GapReport") -> None:
    console.print(f"{counted(report.askings, 'question')} since {report.since:{_MINUTE}}.")
    if not report.gaps and not report.unshown:
        console.print("None of them was declined or voted down." if report.askings else _NOTHING_ASKED)
    for gap in report.gaps:
        console.print()
        _show_gap(console, gap)
    for line in _ending(report):
        console.print(f"\n{line}")


_NOTHING_ASKED = "The journal is in the database that RDHY_QA_DATABASE names; the service writes it."


def _show_gap(console: "Console", gap: "Gap") -> None:
    from rich.text import Text

    from rdhy_qa.cli.rendering import paragraph

    question = "A question of which only a hash is kept" if gap.question is None else clean(gap.question)
    paragraph(console, Text(question, style="bold"), mark="•")
    for line in _facts(gap):
        paragraph(console, Text(line, style="dim"), indent=2)
    for other in gap.others:
        paragraph(console, Text(f"“{clean(other)}”"), mark="also", indent=2)
    for comment in gap.comments[:_COMMENTS]:
        paragraph(console, Text(f"“{shorten(clean(comment), _COMMENT)}”"), mark="said", indent=2)
    if len(gap.comments) > _COMMENTS:
        paragraph(console, Text(f"and {len(gap.comments) - _COMMENTS} more; --json shows them", style="dim"), indent=7)


def _facts(gap: "Gap") -> list[str]:
    wordings = f" in {gap.distinct:,} wordings" if gap.distinct > 1 else ""
    reasons = [f"{reason.replace('_', ' ')} {times:,}" for reason, times in gap.reasons.items()]
    counts = [f"asked {counted(gap.askings, 'time')}{wordings}", *reasons]
    if gap.votes_down:
        counts.append(f"{counted(gap.votes_down, 'vote')} down")
    return [" · ".join(counts), f"last {gap.last_asked:{_MINUTE}} · answer {gap.answer_id}"]


def _ending(report: "GapReport") -> list[str]:
    lines = []
    if report.more:
        lines.append(f"{counted(report.more, 'more gap')}: --limit shows them.")
    if report.unshown:
        lines.append(
            f"{counted(report.unshown, 'time')} a question was declined or voted down of which nothing was kept that "
            "could be shown. With RDHY_QA_JOURNAL_TEXT=full the text is kept."
        )
    return lines
