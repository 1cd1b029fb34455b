"""The gaps of the corpus on the command line: from a real journal, with the index's own embedder."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rdhy_qa.contracts import Answer, AskRequest
from rdhy_qa.index.builder import ingest
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.feedback import keep_feedback
from rdhy_qa.journal.gaps import GapReport
from rdhy_qa.journal.writing import Entry, Journal
from rdhy_qa.settings import load_settings

REVENUE = ("What is the revenue of Haier Europe?", "what is the revenu of haier europe", "What is the revenue of Haier "
           "Europe")  # fmt: skip


@pytest.fixture(scope="module")
def index(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one document."""
    folder = tmp_path_factory.mktemp("gaps") / "index"
    ingest([corpus / "prizes.md"], settings=load_settings(index=folder))
    return folder


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The database that the settings name, opened."""
    url = f"sqlite:///{tmp_path}/journal.sqlite"
    monkeypatch.setenv("RDHY_QA_DATABASE", url)
    opened = Database.open(url)
    yield opened
    opened.close()


def declined(question: str, number: int = 0) -> Entry:
    answer = Answer(
        answer_id=f"{abs(hash(question)) % 16**12:012x}{number:04x}", question=question,
        answered=False, short_answer=None, answer="No.",
        confidence=0, reason="insufficient_evidence", generation="0123456789ab",
    )  # fmt: skip
    return Entry(AskRequest(question=question), answer, "http", 1.0)


def test_misspelt_repeats_are_one_gap_with_all_that_was_said(command, index: Path, database: Database):
    asked = [declined(question) for question in REVENUE]
    Journal(database, "full").write([*asked, declined("Does Haier pay dividends?")])
    Journal(database, "full").write([declined(REVENUE[0]), declined(REVENUE[0])])
    for comment in ("First\x1b[31m word", "It is\nmissing. " + "word " * 100, None, "Third", "Fourth"):
        keep_feedback(database, asked[1].answer.answer_id, "down", comment)
    result = command("gaps", "--index", index)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].startswith("6 questions since 20")
    first = lines.index(f"• {REVENUE[0]}") if f"• {REVENUE[0]}" in lines else lines.index(f"• {REVENUE[2]}")
    assert lines[first + 1] == "  asked 5 times in 2 wordings · insufficient evidence 5 · 4 votes down"
    assert f"last {datetime.now(UTC):%Y-%m-%d}" in lines[first + 2]
    assert lines[first + 3] == f"  also “{REVENUE[1]}”"
    assert "  said “Fourth”" in lines
    assert "  said “It is missing. word word" in result.out
    assert "and 1 more; --json shows them" in result.out
    assert "\x1b" not in result.out
    assert lines.index("• Does Haier pay dividends?") > first


def test_json_is_the_report(command, index: Path, database: Database):
    Journal(database, "full").write([declined(question) for question in REVENUE])
    result = command("gaps", "--index", index, "--json", "--since", "1h")
    report = GapReport.model_validate_json(result.out)
    assert [(gap.askings, gap.distinct) for gap in report.gaps] == [(3, 2)]
    assert json.loads(result.out)["gaps"][0]["last_asked"].endswith("Z")


def test_what_the_limit_hides_is_counted(command, index: Path, database: Database):
    questions = ["Does Haier pay dividends?", "What is the weather in Berlin?", "Who is Ada Lovelace?"]
    Journal(database, "full").write([declined(question) for question in questions])
    result = command("gaps", "--index", index, "--limit", 1)
    assert sum(question in result.out for question in questions) == 1
    assert result.out.endswith("\n2 more gaps: --limit shows them.\n")


@pytest.mark.parametrize("kept", ["hashed", "none"])
def test_without_text_no_index_is_needed_and_it_says_what_is_missing(command, database: Database, kept: str):
    Journal(database, kept).write([declined("Quokka?"), declined("Quokka?"), declined("Marzipan?")])
    result = command("gaps", "--index", "nowhere")
    assert result.code == 0, result.err
    assert "quokka" not in result.out.casefold()
    if kept == "hashed":
        assert result.out.count("• A question of which only a hash is kept\n  asked ") == 2
        assert "asked 2 times · insufficient evidence 2" in result.out
    else:
        assert "3 times a question was declined or voted down of which nothing was kept" in result.out
        assert "RDHY_QA_JOURNAL_TEXT=full" in result.out


def test_an_empty_journal_says_where_it_is(command, database: Database):
    result = command("gaps")
    assert result.code == 0
    assert result.out.startswith("0 questions since ")
    assert "RDHY_QA_DATABASE" in result.out


def test_a_journal_without_gaps_says_so(command, database: Database):
    good = declined("Who won?").answer.model_copy(update={"answered": True, "reason": None})
    Journal(database, "full").write([Entry(AskRequest(question="Who won?"), good, "mcp", 1.0)])
    assert "None of them was declined or voted down." in command("gaps").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [(("--since", "soon"), 2, "24h, 7d, 4w"), (("--limit", "0"), 2, "--limit"), (("--limit", "1001"), 2, "--limit")],
)
def test_bad_options_are_refused(command, database: Database, arguments: tuple[str, ...], code: int, says: str):
    result = command("gaps", *arguments)
    assert result.code == code
    assert says in result.err


def test_a_database_that_is_away_is_an_error_of_one_line(command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RDHY_QA_DATABASE", "postgresql://user:secret@127.0.0.1:1/name")
    result = command("gaps")
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert "can't be reached" in result.err
    assert "secret" not in result.err
