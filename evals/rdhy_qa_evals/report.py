"""What a run looks like: a table on the terminal, one HTML page that needs no network, JSON, and Markdown."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.table import Table

from rdhy_qa_evals import charts
from rdhy_qa_evals.asking import Outcome
from rdhy_qa_evals.gate import Fingerprints, Gate
from rdhy_qa_evals.measures import Measure, confidences, obeyed, reliability, risk_coverage

_VERDICTS = ("right", "wrong", "missed", "declined", "leaked")


@dataclass(frozen=True, slots=True)
class Run:
    """All that a report tells of."""

    title: str
    generation: str
    fingerprints: Fingerprints
    operating_point: float
    outcomes: Sequence[Outcome]
    measures: Sequence[Measure]
    gate: Gate | None
    """None where there is nothing to compare with by nature, as with a public set."""


def table(run: Run) -> Table:
    """The measures for the terminal; 80 columns are enough."""
    shown = Table("measure", "value", "95 % interval", "n", "aim", "before", title=run.title, title_justify="left")
    group = None
    for measure in run.measures:
        if measure.group != group:
            group = measure.group
            shown.add_section()
        shown.add_row(*_row(measure, run.gate))
    return shown


def _row(measure: Measure, gate: Gate | None) -> tuple[str, ...]:
    estimate = measure.estimate
    compared = gate.comparisons.get(measure.name) if gate else None
    aim = "" if measure.target is None else f"{'≤' if measure.lower_is_better else '≥'} {measure.target:g}"
    if measure.met is False and measure.target is not None and estimate.value is not None:
        aim += f" ({_signed(estimate.value - measure.target)})"
    return (
        measure.name,
        _figure(estimate.value),
        f"{_figure(estimate.low)} – {_figure(estimate.high)}" if estimate.low is not None else "",
        str(estimate.count),
        aim,
        f"{_figure(compared.before)} {compared.change}" if compared else "",
    )


def _signed(value: float) -> str:
    """By how much an aim is missed."""
    return f"{value:+.0f}" if abs(value) >= 10 else f"{value:+.2f}".replace("-", "−")


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.3f}"


def as_json(run: Run) -> dict[str, Any]:
    """All of the run; what depends on the clock stands under ``service`` alone."""
    return {
        "title": run.title,
        "generation": run.generation,
        "fingerprints": run.fingerprints.model_dump(),
        "operating_point": run.operating_point,
        "gate": _gate_json(run.gate),
        "measures": {m.name: _measure_json(m) for m in run.measures if not _timed(m)},
        "questions": [_question_json(outcome) for outcome in run.outcomes],
        "service": {m.name: _measure_json(m) for m in run.measures if _timed(m)},
    }


def _timed(measure: Measure) -> bool:
    return measure.name.startswith("latency")


def _measure_json(measure: Measure) -> dict[str, Any]:
    estimate = measure.estimate
    rounded = {
        name: None if value is None else round(value, 4)
        for name, value in (("value", estimate.value), ("low", estimate.low), ("high", estimate.high))
    }
    return rounded | {"count": estimate.count, "target": measure.target, "met": measure.met, "meaning": measure.meaning}


def _gate_json(gate: Gate | None) -> dict[str, Any] | None:
    if gate is None:
        return None
    return {
        "result": gate.result,
        "message": gate.message,
        "broken": list(gate.broken),
        "comparisons": {
            name: {
                "before": round(found.before, 4),
                "now": round(found.now, 4),
                "difference": round(found.difference, 4),
                "count": found.count,
                "p": round(found.p, 4),
                "change": found.change,
                "worse": list(found.worse),
                "better": list(found.better),
            }
            for name, found in gate.comparisons.items()
        },
    }


def _question_json(outcome: Outcome) -> dict[str, Any]:
    case, reply = outcome.case, outcome.reply
    return {
        "id": case.id,
        "kind": case.kind,
        "question": case.question,
        "history": [turn.model_dump() for turn in case.history],
        "expected": _expected(outcome),
        "verdict": outcome.verdict,
        "confidence": reply.confidence,
        "short_answer": reply.short_answer,
        "answer": reply.answer,
        "reason": reply.reason,
        "mode": reply.mode,
        "fallback": reply.fallback,
        "citations": [
            {"n": c.n, "document_id": c.document_id, "start": c.start, "end": c.end, "quote": c.quote}
            for c in reply.citations
        ],
        "obeyed": obeyed(outcome),
    }


def _expected(outcome: Outcome) -> str:
    case = outcome.case
    if not case.answerable:
        return "to be declined"
    return "; ".join(variants[0] for variants in case.items) or " / ".join(case.accepted)


def markdown(run: Run) -> str:
    """The measures for a pull request, with the questions that changed."""
    lines = [f"## {run.title}", ""]
    if run.gate:
        lines += [f"**{run.gate.result}**: {run.gate.message}".replace("\n", "  \n"), ""]
    lines += ["| measure | value | 95 % interval | n | aim | before |", "|---|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_row(measure, run.gate))} |" for measure in run.measures]
    changed = _changed(run.gate)
    if changed:
        lines += ["", "| question | | verdict | answer |", "|---|---|---|---|"]
        for outcome in run.outcomes:
            if change := changed.get(outcome.case.id):
                said = (outcome.reply.short_answer or outcome.reply.answer)[:80].replace("|", "\\|").replace("\n", " ")
                lines.append(f"| {outcome.case.id} | {change} | {outcome.verdict} | {said} |")
    return "\n".join(lines) + "\n"


def _changed(gate: Gate | None) -> dict[str, str]:
    """Questions that any gated measure lost or gained."""
    if gate is None:
        return {}
    better = {key: "better" for found in gate.comparisons.values() for key in found.better}
    return better | {key: "worse" for found in gate.comparisons.values() for key in found.worse}


def html(run: Run) -> str:
    """One page, everything in it."""
    environment = Environment(
        loader=PackageLoader("rdhy_qa_evals"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    changed = _changed(run.gate)
    questions = [
        _question_json(o) | {"change": changed.get(o.case.id, ""), "milliseconds": o.reply.timings_ms.get("total", 0.0)}
        for o in run.outcomes
    ]
    return environment.get_template("report.html.j2").render(
        run=run,
        rows=[(measure, _row(measure, run.gate)) for measure in run.measures],
        pictures=_pictures(run),
        questions=questions,
        kinds=sorted({o.case.kind for o in run.outcomes}),
        verdicts=_VERDICTS,
    )


def _pictures(run: Run) -> list[tuple[str, str, str]]:
    """Title, drawing and explanation of each picture."""
    confidence, right = confidences(run.outcomes)
    if not len(confidence):
        return []
    coverage, risk = risk_coverage(confidence, right)
    given = int((confidence >= run.operating_point).sum())
    dots = (
        [(f"operating point {run.operating_point:.2f}", (float(coverage[given - 1]), float(risk[given - 1])))]
        if given
        else []
    )
    bins = [(mean, share) for mean, share, _ in reliability(confidence, right)]
    times = [o.reply.timings_ms["total"] for o in run.outcomes]
    middle, late = (
        next((m.estimate.value for m in run.measures if m.name == f"latency {p}"), None) for p in ("p50", "p95")
    )
    by_kind: dict[str, Counter[str]] = {}
    for outcome in run.outcomes:
        by_kind.setdefault(outcome.case.kind, Counter())[outcome.verdict] += 1
    return [
        (
            "Risk and coverage",
            charts.plot(
                "Risk and coverage",
                "share of questions answered",
                "share of them wrong",
                [("curve", list(zip(coverage.tolist(), risk.tolist(), strict=True)))],
                dots=dots,
            ),
            "The surest answers first: the further right, the more is answered and the more of it is wrong. Questions "
            "without an answer count as wrong when answered.",
        ),
        (
            "Reliability",
            charts.plot(
                "Reliability",
                "confidence",
                "share right",
                [("ideal", [(0, 0), (1, 1)]), ("curve", bins)],
                dots=[("", one) for one in bins],
            ),
            "Of the answers with a given confidence, so many are right; on the dashed line confidence means what it "
            "says.",
        ),
        (
            "Time to an answer",
            charts.histogram(
                "Time to an answer",
                "milliseconds",
                times,
                marks=[(name, value) for name, value in (("p50", middle), ("p95", late)) if value is not None],
            ),
            "From question to answer, one question at a time.",
        ),
        (
            "By kind of question",
            charts.bars(
                "By kind of question", [(kind, [(v, by_kind[kind][v]) for v in _VERDICTS]) for kind in sorted(by_kind)]
            ),
            "right and declined are as they should be; wrong, missed and leaked are not.",
        ),
    ]


def write(run: Run, folder: Path) -> None:
    """Write ``report.html``, ``report.json`` and ``report.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(html(run), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(as_json(run), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(markdown(run), encoding="utf-8")
