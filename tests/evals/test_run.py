"""A whole evaluation, on the real corpus and on small ones: measures, report, gate, planted regressions."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rdhy_qa.answering import confidence, proposals, reading
from rdhy_qa.errors import GateError, UsageError
from rdhy_qa.index.builder import ingest
from rdhy_qa.index.lexical import LexicalIndex
from rdhy_qa.models.reader import PackagedReader
from rdhy_qa.settings import Settings
from rdhy_qa_evals import report
from rdhy_qa_evals.gate import baseline_of, check, save_baseline
from rdhy_qa_evals.report import Run
from rdhy_qa_evals.run import evaluate, evaluate_dataset

Evaluate = Callable[[], Run]
ASKED = ("winners.yaml", "ceremony.yaml")


def quiet(done: int, total: int) -> None:
    """Show no progress."""


@pytest.fixture(scope="module")
def settings(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = Settings(index=Path(tmp_path_factory.getbasetemp()) / "corpus-index", threads=2)
    ingest([pytestconfig.rootpath / "corpus"], settings=made)
    return made


@pytest.fixture
def winners(settings: Settings, pytestconfig: pytest.Config) -> Evaluate:
    """Evaluates the questions on winners and ceremony; made anew each time."""

    def run() -> Run:
        return evaluate(
            [pytestconfig.rootpath / "evals/questions" / name for name in ASKED],
            settings=settings,
            corpus=[pytestconfig.rootpath / "corpus"],
            baseline=None,
            progress=quiet,
        )

    return run


@pytest.fixture(scope="module")
def before(settings: Settings, pytestconfig: pytest.Config) -> Run:
    return evaluate(
        [pytestconfig.rootpath / "evals/questions" / name for name in ASKED],
        settings=settings,
        corpus=[pytestconfig.rootpath / "corpus"],
        baseline=None,
        progress=quiet,
    )


def measured(run: Run) -> str:
    """Everything of a run that does not depend on the clock, as bytes."""
    content = report.as_json(run)
    content.pop("service")
    return json.dumps(content)


def gate_of(run: Run, before: Run):
    return check(run.measures, run.fingerprints, baseline_of(before.measures, before.fingerprints))


def test_a_second_run_has_the_same_bytes_and_passes(winners: Evaluate, before: Run):
    again = winners()
    assert measured(again) == measured(before)
    assert gate_of(again, before).result == "pass"
    kept = {m.name: m.estimate.value for m in again.measures}
    assert (kept["offsets valid"], kept["same again"]) == (1.0, 1.0)


def without_lexical(patch: pytest.MonkeyPatch):
    import numpy as np

    nothing = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
    patch.setattr(LexicalIndex, "search", lambda self, *_: nothing)


def without_reader(patch: pytest.MonkeyPatch):
    patch.setattr(PackagedReader, "read", lambda self, question, windows: [])
    patch.setattr(reading, "WINDOWS", 0)
    unread = {"alone_answerable": -1.0, "alone_span": -2.0, "alone_share": -2.0, "alone_same": 0.0}
    patch.setattr(reading, "alone", lambda found, reader: unread)
    patch.setattr(reading, "says_yes", lambda found, reader: False)


def without_lists(patch: pytest.MonkeyPatch):
    patch.setattr(proposals, "_lists", lambda *_: iter(()))


def without_threshold(patch: pytest.MonkeyPatch):
    patch.setattr(confidence, "operating_point", lambda: 0.0)


@pytest.mark.parametrize("broken", [without_lexical, without_reader, without_lists, without_threshold])
def test_a_planted_regression_turns_the_gate_red_and_names_the_questions(
    winners: Evaluate, before: Run, monkeypatch: pytest.MonkeyPatch, broken
):
    broken(monkeypatch)
    gate = gate_of(winners(), before)
    assert gate.result == "fail"
    worse = {key for found in gate.comparisons.values() if found.change == "fail" for key in found.worse}
    assert worse
    assert all(f"{key}" in gate.message for key in worse)


def test_the_report_holds_every_question_and_needs_no_network(before: Run, tmp_path: Path):
    report.write(before, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("<article") == len(before.outcomes) == 190
    assert page.count("<svg") == 4
    assert not any(f'{where}="http' in page for where in ("src", "href"))
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert len(written["questions"]) == 190
    assert {"right", "declined", "citation precision"} <= set(written["measures"])
    assert "latency p50" in written["service"]
    assert "| right |" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_text_of_documents_and_questions_is_text_in_the_report(outcome_of, fingerprints):
    outcome = outcome_of("<b>", "<script>alert(1)</script>")
    run = Run("<i>", "g", fingerprints, 0.5, [outcome], [], None)
    page = report.html(run)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_the_page_marks_what_changed_since_the_baseline(outcome_of, fingerprints):
    from rdhy_qa_evals.measures import measure_all

    old = [outcome_of(f"q{i}", "Ada.") for i in range(12)]
    new = [outcome_of(f"q{i}", "Bo." if i < 9 else "Ada.") for i in range(12)]
    gate = check(measure_all(new), fingerprints, baseline_of(measure_all(old), fingerprints))
    run = Run("Changed", "g", fingerprints, 0.5, new, measure_all(new), gate)
    assert report.html(run).count('data-change="worse"') == 9
    assert "| q3 | worse | wrong |" in report.markdown(run)


DATASET = [
    {"question": "Who kept the lamp?", "answers": ["Ann Moor"], "passages": ["The keeper of the lamp was Ann Moor."]},
    {"question": "How many people made rope?", "answers": ["75"], "passages": ["The rope works employed 75 people."]},
    {"question": "Who owned the moon ferry?", "answers": [], "passages": ["The ferry left at noon."]},
]


def test_a_set_of_json_lines_is_asked_of_all_its_passages(tmp_path: Path):
    path = tmp_path / "three.jsonl"
    path.write_text("\n".join(json.dumps(entry) for entry in DATASET), encoding="utf-8")
    run = evaluate_dataset(path, 0, settings=Settings(threads=1), progress=quiet)
    kept = {m.name: m.estimate for m in run.measures}
    assert run.title == "three: 3 questions over 3 passages"
    assert (kept["recall@1"].value, kept["recall@1"].count) == (1.0, 2)
    assert kept["right"].count == 2
    assert kept["declined"].count == 1
    assert run.gate is None
    assert len(evaluate_dataset(path, 2, settings=Settings(threads=1), progress=quiet).outcomes) == 2


def test_a_set_without_questions_is_refused(tmp_path: Path):
    path = tmp_path / "none.jsonl"
    path.write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="no questions"):
        evaluate_dataset(path, 0, settings=Settings(), progress=quiet)


HARBOUR = "# Harbour\n\nThe keeper of the lamp was Ann Moor. The rope works employed 75 people.\n"
QUESTIONS = """\
- {id: a, question: 'Who kept the lamp?', kind: who, answerable: true, accepted: [Ann Moor]}
- {id: b, question: 'How many people worked at the rope works?', kind: number, answerable: true, accepted: ["75"]}
"""


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a corpus, six times two questions, and the index."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    (tmp_path / "evals" / "questions").mkdir(parents=True)
    for number in range(6):
        text = QUESTIONS.replace("id: a", f"id: a{number}").replace("id: b", f"id: b{number}")
        (tmp_path / "evals" / "questions" / f"{number}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_ingest_behind_the_gate_lets_a_good_generation_serve_and_holds_a_bad_one_back(harbour: Path):
    from rdhy_qa.cli.evaluate import gate_of as gate_for
    from rdhy_qa.index.activation import active_id, list_generations

    settings = Settings(threads=1)
    first = ingest([Path("corpus")], settings=settings)
    done = evaluate(
        [Path("evals/questions")], settings=settings, corpus=[Path("corpus")], baseline=None, progress=quiet
    )
    # The same corpus by its fingerprint, and worse answers: the embedder reads the same files in another way.
    save_baseline(baseline_of(done.measures, done.fingerprints), Path("evals/baseline.json"))
    accept = gate_for([Path("corpus")], settings)
    assert ingest([Path("corpus")], settings=settings, accept=accept).generation_id == first.generation_id
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confidence, "operating_point", lambda: 1.01)
        with pytest.raises(GateError, match="answers worse") as caught:
            ingest([Path("corpus")], settings=settings.model_copy(update={"max_file_mb": 49}), accept=accept)
    assert active_id(Path("index")) == first.generation_id
    assert "a0" in caught.value.message
    held_back = [one.id for one in list_generations(Path("index")) if one.id != first.generation_id]
    assert f"rdhy-qa index activate {held_back[0]}" in caught.value.next_step
