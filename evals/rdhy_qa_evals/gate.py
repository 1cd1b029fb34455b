"""The gate: this run against the baseline, question by question.

The baseline is a small file in git: what each question came to, and the fingerprints of what it was measured on. Where
the corpus or the question set is another one, the two runs can't be compared, which is neither a pass nor a fail.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from rdhy_qa.errors import UsageError
from rdhy_qa_evals.measures import Measure
from rdhy_qa_evals.questions import Case
from rdhy_qa_evals.statistics import Comparison, compare, known

_DIGITS = 4

Result = Literal["pass", "warn", "fail", "no baseline", "not comparable"]


class Fingerprints(BaseModel):
    """What a run was measured on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: str
    corpus: str
    embedder: str
    reader: str
    answering: str
    """Digest of the fitted weights and the operating point."""


class Baseline(BaseModel):
    """A run to compare with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    fingerprints: Fingerprints
    values: dict[str, dict[str, float]]
    """Each gated measure's value for each question."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What the comparison came to."""

    result: Result
    message: str
    comparisons: Mapping[str, Comparison]
    broken: tuple[str, ...] = ()
    """Measures below what they must have whatever the baseline says."""

    @property
    def exit_code(self) -> int:
        """0 for a pass (with or without a warning), 1 for a fail, 2 where nothing could be compared."""
        return {"pass": 0, "warn": 0, "no baseline": 0, "fail": 1, "not comparable": 2}[self.result]


def digest_of(cases: Sequence[Case]) -> str:
    """One digest for a question set, whatever the order of its files."""
    lines = sorted(case.model_dump_json() for case in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def baseline_of(measures: Sequence[Measure], fingerprints: Fingerprints) -> Baseline:
    """What is kept of a run."""
    values = {
        m.name: {key: round(value, _DIGITS) for key, value in sorted(known(m.values).items())}
        for m in measures
        if m.gated
    }
    return Baseline(fingerprints=fingerprints, values=values)


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline, one measure a line, so that git shows what changed."""
    content = baseline.model_dump()
    lines = [f"    {json.dumps(name)}: {json.dumps(values)}" for name, values in content["values"].items()]
    head = json.dumps({"version": content["version"], "fingerprints": content["fingerprints"]}, indent=2)[:-2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{head},\n  "values": {{\n' + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")


def load_baseline(path: Path) -> Baseline | None:
    """Read a baseline; None where there is no file.

    Raises:
        UsageError: where it is no baseline, or of another version.

    """
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise UsageError(
            f"{path} is no baseline of this version.", "Write a new one: rdhy-qa eval --save-baseline"
        ) from error


def check(measures: Sequence[Measure], fingerprints: Fingerprints, baseline: Baseline | None) -> Gate:
    """Compare a run with the baseline."""
    broken = tuple(
        m.name
        for m in measures
        if m.required is not None and m.estimate.value is not None and m.estimate.value != m.required
    )
    if baseline is None:
        message = "There is no baseline to compare with. Write one: rdhy-qa eval --save-baseline"
        return Gate("fail" if broken else "no baseline", _and_broken(message, broken), {}, broken)
    for what in ("questions", "corpus"):
        if getattr(fingerprints, what) != getattr(baseline.fingerprints, what):
            message = (
                f"The {'question set' if what == 'questions' else 'corpus'} is not the one of the baseline, so the two "
                "runs can't be compared. Read the report, and if it is as it should be: rdhy-qa eval --save-baseline"
            )
            return Gate("fail" if broken else "not comparable", _and_broken(message, broken), {}, broken)
    compared = {
        m.name: found for m in measures if m.gated and (found := compare(baseline.values.get(m.name, {}), m.values))
    }
    changes = {found.change for found in compared.values()}
    result: Result = "fail" if broken or "fail" in changes else "warn" if "warn" in changes else "pass"
    return Gate(result, _and_broken(_summary(compared), broken), compared, broken)


def _summary(compared: Mapping[str, Comparison]) -> str:
    lines = []
    for name, found in compared.items():
        if found.change == "pass":
            continue
        word = "is worse" if found.change == "fail" else "may be worse"
        lines.append(
            f"{name} {word}: {found.before:.3f} before, {found.now:.3f} now (p = {found.p:.3g}); "
            f"lost: {', '.join(found.worse)}"
        )
    return "\n".join(lines) or "Nothing that is gated is worse than in the baseline."


def _and_broken(message: str, broken: Sequence[str]) -> str:
    return "\n".join([*(f"{name} is not what it has to be." for name in broken), message])
