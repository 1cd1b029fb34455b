"""Exit codes, errors and what goes to which stream."""

import time

import pytest
from typer.testing import CliRunner

from rdhy_qa.cli.app import app

COMMANDS = [
    ("ingest",),
    ("ask",),
    ("search",),
    ("index",),
    ("index", "list"),
    ("index", "verify"),
    ("index", "activate"),
    ("index", "prune"),
    ("keys",),
    ("keys", "create"),
    ("keys", "list"),
    ("keys", "revoke"),
    ("serve",),
    ("mcp",),
    ("doctor",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_help_has_an_example(command: tuple[str, ...]):
    result = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80"}, prog_name="rdhy-qa")
    assert result.exit_code == 0
    assert f"  Example:\n    rdhy-qa {' '.join(command)}" in result.output
    assert max(map(len, result.output.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [[], ["index"], ["keys"]])
def test_no_command_shows_the_help(command, arguments: list[str]):
    shown = command(*arguments)
    assert shown.code == 0
    assert "Commands:" in shown.out


def test_version(command):
    assert command("--version").out.startswith("rdhy-qa 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "nonsense"),
        (["ask", "--nonsense"], "See rdhy-qa ask --help."),
        (["ask"], "either a question or --batch"),
        (["search", "a", "b"], "unexpected"),
        (["ask", "Who", "won?"], "quotation marks"),
        (["ask", "Who won?", "  "], "quotation marks"),
        (["ask", "Who won?", "Who lost\x1b?"], "control characters"),
        (["ask", "a", "--batch", "-"], "either a question or --batch"),
        (["ask", "Who won?", "Who lost?", "--batch", "-"], "either a question or --batch"),
        (["ask", "--batch", "missing.jsonl"], "missing.jsonl"),
        (["ask", " "], "question: must not be empty."),
        (["ask", "x" * 1001], "1000 characters"),
        (["ask", "a\x1bb"], "control characters"),
        (["ask", "half a pair \udcff"], "question"),
        (["ask", "Who?", "--series", "-1"], "filters.series.0"),
        (["search", "Who?", "--limit", "0"], "--limit"),
        (["ingest", "/no/such/folder"], "/no/such/folder does not exist."),
        (["ingest", "--share", "0/3"], "--share 0/3 names no share. Write which one of how many: --share 2/5"),
        (["ingest", "--share", "4/3"], "--share 4/3 names no share."),
        (["ingest", "--share", "x"], "--share x names no share."),
        (["ingest", "--share", "1/2", "--gate"], "takes neither --gate nor --wait"),
        (["ingest", "--share", "1/2", "--wait", "9"], "takes neither --gate nor --wait"),
        (["index", "prune", "--keep", "0"], "--keep"),
        (["serve", "--port", "70000"], "--port"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(command, tmp_path, arguments: list[str], said: str):
    if arguments[0] in {"ingest"}:
        arguments = [*arguments, "--index", str(tmp_path)]
    result = command(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert said in result.err


def test_an_unknown_setting_is_bad_input(command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RDHY_QA_COLOUR", "red")
    result = command("index", "list")
    assert result.code == 2
    assert "RDHY_QA_COLOUR is not a setting." in result.err


@pytest.mark.parametrize("arguments", [["ask", "Who?"], ["search", "Who?"], ["index", "verify"]])
def test_a_missing_index_says_how_to_build_it(command, tmp_path, arguments: list[str]):
    result = command(*arguments, "--index", tmp_path)
    assert result.code == 1
    assert f"rdhy-qa ingest --index {tmp_path}" in result.err


def test_a_fault_shows_its_traceback_only_when_asked(command, engine):
    quiet = command("ask", "boom")
    assert quiet.code == 1
    assert quiet.err.count("\n") == 1
    assert "--debug" in quiet.err
    for loud in (command("ask", "boom", "--debug"), command("--debug", "ask", "boom")):
        assert loud.code == 1
        assert "Traceback" in loud.err


def test_debug_after_a_double_dash_is_text(command, engine):
    command("ask", "--", "--debug")
    assert engine.asked[0].question == "--debug"


def test_a_folder_that_cannot_be_written_is_one_line(command, tmp_path, corpus):
    blocked = tmp_path / "file"
    blocked.touch()
    result = command("ingest", corpus, "--index", blocked)
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err


def test_help_is_fast_because_nothing_heavy_is_imported(process):
    started = time.monotonic()
    child = process("ask", "--help", PYTHONPROFILEIMPORTTIME="1")
    _, imported = child.communicate()
    for heavy in (b"torch", b"numpy", b"faiss", b"spacy", b"fastapi", b"sentence_transformers"):
        assert b"| " + heavy + b"\n" not in imported.replace(b"|   ", b"| ").replace(b"  ", b"")
    assert time.monotonic() - started < 30


def test_a_reader_that_went_away_is_no_error(process):
    child = process("--help", PYTHONUNBUFFERED="1")
    child.stdout.close()
    assert child.wait(60) == 1
    assert child.stderr.read() == b""
    child.stdin.close()
    child.stderr.close()
