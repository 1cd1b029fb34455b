"""``rdhy-qa eval``: what it prints and writes, and its exit codes."""

from pathlib import Path

import pytest

from rdhy_qa.answering import confidence
from rdhy_qa.cli.app import run

HARBOUR = "# Harbour\n\nThe keeper of the lamp was Ann Moor. The rope works employed 75 people.\n"
QUESTIONS = "".join(
    f"- {{id: a{n}, question: 'Who kept the lamp?', kind: who, answerable: true, accepted: [Ann Moor]}}\n"
    for n in range(9)
)


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    (tmp_path / "evals" / "questions").mkdir(parents=True)
    (tmp_path / "evals" / "questions" / "lamp.yaml").write_text(QUESTIONS, encoding="utf-8")
    assert run(["ingest"]) == 0
    return tmp_path


def test_a_first_run_saves_a_baseline_and_the_next_one_passes(harbour: Path, capsys):
    assert run(["eval"]) == 0
    assert "There is no baseline" in capsys.readouterr().out
    assert run(["eval", "--save-baseline"]) == 0
    assert run(["eval"]) == 0
    printed = capsys.readouterr().out
    assert "pass: Nothing that is gated is worse" in printed
    assert "right" in printed
    assert all(len(line) <= 80 for line in printed.splitlines() if "│" in line or "━" in line)
    assert {path.name for path in (harbour / "evals/report").iterdir()} == {"report.html", "report.json", "report.md"}


def test_worse_answers_exit_with_1_and_name_the_questions(harbour: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    assert run(["eval", "--save-baseline"]) == 0
    monkeypatch.setattr(confidence, "operating_point", lambda: 1.01)
    assert run(["eval"]) == 1
    assert "a0, a1, a2" in capsys.readouterr().out


def test_another_question_set_exits_with_2_and_says_what_to_do(harbour: Path, capsys):
    assert run(["eval", "--save-baseline"]) == 0
    more = harbour / "evals" / "questions" / "more.yaml"
    more.write_text("- {id: z, question: 'Who sold rope?', kind: who, answerable: false}\n", encoding="utf-8")
    assert run(["eval"]) == 2
    assert "rdhy-qa eval --save-baseline" in capsys.readouterr().out


def test_a_lost_gold_quotation_exits_with_2(harbour: Path, capsys):
    lost = QUESTIONS.replace(
        "accepted: [Ann Moor]}\n", "accepted: [x], gold: [{document: harbour, quote: Bo Moor}]}\n", 1
    )
    (harbour / "evals" / "questions" / "lamp.yaml").write_text(lost, encoding="utf-8")
    assert run(["eval"]) == 2
    assert "a0: harbour no longer holds 'Bo Moor'" in capsys.readouterr().err


def test_without_an_index_nothing_is_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harbour: Path, capsys):
    assert run(["eval", "--index", str(tmp_path / "none")]) == 2
    assert "rdhy-qa ingest" in capsys.readouterr().err


def test_a_missing_public_set_is_refused(harbour: Path, capsys):
    assert run(["eval", "--dataset", "none.json"]) == 2
    assert "is no data set" in capsys.readouterr().err
