"""An answer is given again on its own generation: a real journal, a real index."""

import json
from pathlib import Path

import pytest

from rdhy_qa.contracts import Answer, AskRequest, Filters, Turn
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.writing import Entry, Journal
from rdhy_qa.settings import load_settings

QUESTION = AskRequest(
    question="Who won the benchmark prize?",
    history=(Turn(role="user", content="Hello"), Turn(role="assistant", content="Hello.")),
    filters=Filters(kind=("post",)),
)


@pytest.fixture(scope="module")
def asked(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """An index whose second generation serves, and an answer that the first one gave."""
    folder = tmp_path_factory.mktemp("replay")
    settings = load_settings(index=folder / "index")
    ingest([corpus / "prizes.md"], settings=settings)
    answer = Engine.open(settings).ask(QUESTION)
    (folder / "more.md").write_text("---\nid: more\ntitle: More\nkind: post\n---\n\nNothing about it.\n")
    ingest([corpus / "prizes.md", folder / "more.md"], settings=settings)
    assert Engine.open(settings).generation.id != answer.generation
    assert answer.answered
    return folder / "index", answer


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes an answer into the journal that the settings name."""
    url = f"sqlite:///{tmp_path}/journal.sqlite"
    monkeypatch.setenv("RDHY_QA_DATABASE", url)

    def write(answer: Answer, text: str = "full") -> str:
        database = Database.open(url)
        Journal(database, text).write([Entry(QUESTION, answer, "http", 1.0)])
        database.close()
        return answer.answer_id

    return write


def test_the_same_answer_comes_from_its_own_generation(command, asked, keep):
    index, answer = asked
    result = command("replay", keep(answer), "--index", index)
    assert result.code == 0, result.err
    assert result.out.startswith("Who won the benchmark prize?\nThe same answer\n")
    assert "given 1 time · last 20" in result.out
    assert f"generation {answer.generation}" in result.out


def test_json_has_both_answers(command, asked, keep):
    index, answer = asked
    result = json.loads(command("replay", keep(answer), "--index", index, "--json").out)
    assert result["same"] is True
    assert result["differences"] == []
    assert result["note"] is None
    assert result["answer_id"] == result["now"]["answer_id"] == answer.answer_id
    assert Answer.model_validate(result["then"]).citations == answer.citations


def test_another_answer_is_shown_field_by_field(command, asked, keep):
    index, answer = asked
    first, *others = answer.citations
    changes = {
        "answer": "They won\x1b[31m long ago. " + "word " * 30,
        "confidence": 0.125,
        "short_answer": None,
        "citations": (first.model_copy(update={"quote": "Something else", "start": 1, "end": 15}), *others),
        "complete": None,
    }
    result = command("replay", keep(answer.model_copy(update=changes)), "--index", index)
    assert result.code == 1
    lines = result.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[1] == "Another answer"
    assert lines[lines.index("confidence") + 1 :][:2] == ["  - 0.125", f"  + {answer.confidence}"]
    assert lines[lines.index("short answer") + 1 :][:2] == ["  - none", f"  + {answer.short_answer}"]
    assert lines[lines.index("complete") + 1 :][:2] == ["  - none", "  + 2 of 2"]
    assert lines[lines.index("citations") + 1] == "  - prizes 1-15 “Something else”"
    assert lines[lines.index("citations") + 2].startswith(f"  + prizes {first.start}-{first.end} “")
    assert "items" not in lines
    assert "\x1b" not in result.out


def test_what_differs_only_in_details_says_so(command, asked, keep):
    index, answer = asked
    first, *others = answer.citations
    changed = answer.model_copy(update={"citations": (first.model_copy(update={"title": "Another title"}), *others)})
    result = command("replay", keep(changed), "--index", index)
    assert result.code == 1
    assert "with other details; --json shows them" in result.out
    (difference,) = json.loads(command("replay", changed.answer_id, "--index", index, "--json").out)["differences"]
    assert difference["then"][0]["title"] == "Another title"


def test_of_a_language_models_answer_it_says_what_is_compared(command, asked, keep):
    index, answer = asked
    worded = answer.model_copy(update={"mode": "llm", "answer": "In words of its own [1]."})
    result = command("replay", keep(worded), "--index", index)
    assert result.code == 0
    assert "A language model worded that answer" in result.out
    assert "language model" in json.loads(command("replay", worded.answer_id, "--index", index, "--json").out)["note"]
    unlike = worded.model_copy(update={"confidence": 0.125})
    assert command("replay", keep(unlike.model_copy(update={"answer_id": "f" * 16})), "--index", index).code == 1


def test_a_model_that_is_configured_is_not_asked(command, asked, keep, monkeypatch: pytest.MonkeyPatch):
    index, answer = asked
    monkeypatch.setenv("RDHY_QA_LLM_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("RDHY_QA_LLM_MODEL", "none")
    assert command("replay", keep(answer), "--index", index).code == 0


@pytest.mark.parametrize("gone", ["0123456789ab", "../../../etc"])
def test_a_generation_that_was_removed_names_the_command_that_keeps_more(command, asked, keep, gone: str):
    index, answer = asked
    result = command("replay", keep(answer.model_copy(update={"generation": gone})), "--index", index)
    assert result.code == 2
    assert f"generation {gone}" in result.err
    assert "rdhy-qa index prune --keep" in result.err


@pytest.mark.parametrize("text", ["hashed", "none"])
def test_a_question_whose_text_was_not_kept_can_not_be_replayed(command, asked, keep, text: str):
    index, answer = asked
    result = command("replay", keep(answer, text), "--index", index)
    assert result.code == 2
    assert "RDHY_QA_JOURNAL_TEXT=full" in result.err


def test_an_unknown_answer_is_bad_input(command, asked, keep):
    index, answer = asked
    keep(answer)
    result = command("replay", "0" * 16, "--index", index)
    assert result.code == 2
    assert "holds no answer" in result.err
