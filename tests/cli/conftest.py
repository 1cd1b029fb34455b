"""An engine that needs no model, for what commands do with answers; and a real index for the commands themselves."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from rdhy_qa.cli import loading
from rdhy_qa.cli.app import run
from rdhy_qa.contracts import (
    Answer,
    AskRequest,
    Citation,
    Complete,
    Item,
    Passage,
    Related,
    SearchReply,
    SearchRequest,
)

TITLE = "A post with a rather long title, so that it has to be wrapped at eighty columns"


def citation(n: int, quote: str, **changes) -> Citation:
    fields = {
        "n": n, "document_id": "post-4", "title": TITLE, "section": ("Prizes", "Winners"),
        "url": "https://example.org/" + "long-" * 20, "view_url": f"/documents/post-4#c{n}-{n + len(quote)}",
        "page": 3, "published": "2024-09-20", "start": n, "end": n + len(quote), "quote": quote,
    }  # fmt: skip
    return Citation(**(fields | changes))


LIST = Answer(
    question="Who won?",
    answered=True,
    short_answer="2 organisations",
    answer="The organisations that won are these: Raízen (Brazil) [1]; SINA [2].",
    items=(Item(text="Raízen (Brazil)", citations=(1,)), Item(text="SINA", citations=(2,))),
    complete=Complete(found=2, expected=2),
    confidence=0.9,
    citations=(citation(1, "Raízen [red]won[/red] :smile:"), citation(2, "SINA\x1b[31m won\nas well", note=True)),
    generation="0123456789ab",
    timings_ms={"total": 12.3},
)
ABSTENTION = Answer(
    question="Why?",
    answered=False,
    short_answer=None,
    answer="The documents don't give the answer.",
    confidence=0.1,
    reason="insufficient_evidence",
    related=(
        Related(
            document_id="post-4", title=TITLE, section=("Prizes",), text="word " * 200, start=0, end=9, view_url="/d"
        ),
    ),
    generation="0123456789ab",
)


class FakeEngine:
    """Answers "why" with an abstention, fails on "boom", and knows a list for all else."""

    def __init__(self) -> None:
        self.asked: list[AskRequest | SearchRequest] = []

    def ask(self, request: AskRequest) -> Answer:
        self.asked.append(request)
        if "boom" in request.question:
            raise RuntimeError("secret")
        return (ABSTENTION if "why" in request.question else LIST).model_copy(update={"question": request.question})

    def search(self, request: SearchRequest) -> SearchReply:
        self.asked.append(request)
        passage = Passage(
            rank=1, score=0.5, dense=None, lexical=2.0, document_id="post-4", title=TITLE, section=("Prizes",),
            kind="post", text="Raízen won.", start=0, end=11, page=None, url=None, view_url="/documents/post-4#c0-11",
        )  # fmt: skip
        results = (
            ()
            if "nothing" in request.question
            else tuple(passage.model_copy(update={"rank": n + 1}) for n in range(request.limit))
        )
        return SearchReply(question=request.question, results=results, generation="0123456789ab")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine that commands open."""
    fake = FakeEngine()
    monkeypatch.setattr(loading, "open_engine", lambda index: fake)
    return fake


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., SimpleNamespace]:
    """Runs a command in this process, at eighty columns and with no terminal."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> SimpleNamespace:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return call


@pytest.fixture(scope="session")
def process() -> Callable[..., subprocess.Popen[bytes]]:
    """Starts a command as a process of its own."""

    def start(*arguments: object, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "rdhy_qa", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | environment,
        )

    return start


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one document, one file that can't be read, and one that is no document."""
    folder = tmp_path_factory.mktemp("commands") / "corpus"
    folder.mkdir()
    (folder / "prizes.md").write_text(
        "---\nid: prizes\ntitle: The prizes of 2024\nkind: post\nseries: 4\n---\n\n## Winners\n\n"
        "Two organisations won the benchmark prize in 2024:\n\n- Raízen (Brazil)\n- SINA (Uganda)\n",
        encoding="utf-8",
    )
    (folder / "empty.txt").touch()
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder
