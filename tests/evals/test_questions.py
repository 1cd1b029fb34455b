"""Question files: what is read, and what is refused with a next step."""

from pathlib import Path

import pytest

from rdhy_qa.errors import UsageError
from rdhy_qa_evals.questions import load_cases

GOOD = """\
- id: a
  question: Who won?
  kind: list
  answerable: true
  items: [[SINA, Social Innovation Academy], [hoxby]]
- id: b
  question: Who lost?
  kind: unanswerable
  answerable: false
  elsewhere: true
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "questions.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_questions_are_read_in_order(tmp_path: Path) -> None:
    first, second = load_cases(write(tmp_path, GOOD))
    assert first.items == (("SINA", "Social Innovation Academy"), ("hoxby",))
    assert (second.answerable, second.elsewhere, second.accepted) == (False, True, ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- id: a\n  question: Who?\n  kind: who\n  answerable: true\n", "needs `accepted` or `items`"),
        ("- id: a\n  question: Who?\n  kind: who\n", r"entry 0\.answerable"),
        (GOOD + "- id: c\n  question: Who?\n  kind: who\n  answerable: false\n  anwser: x\n", r"entry 2\.anwser"),
        ("id: a\n", "valid list"),
        ("", "valid list"),
        ("- [unclosed\n", "can't be read"),
    ],
)
def test_a_wrong_file_is_refused_with_the_entry_at_fault(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match=says) as caught:
        load_cases(path)
    assert str(path) in caught.value.message
    assert caught.value.next_step


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        load_cases(tmp_path / "none.yaml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_bytes(b"- id: \xff\xfe\n")
    with pytest.raises(UsageError):
        load_cases(path)


def test_our_own_questions_have_unique_ids_and_can_be_asked(pytestconfig: pytest.Config) -> None:
    cases = load_cases(pytestconfig.rootpath / "evals/questions/post-4.yaml")
    assert len({case.id for case in cases}) == len(cases) >= 60
    assert sum(not case.answerable for case in cases) >= 20
    assert all(0 < len(case.question) <= 1_000 for case in cases)
