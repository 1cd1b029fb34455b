"""A real server on loopback, and an engine that answers at once, slowly or not at all."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from rdhy_qa.contracts import Answer, AskRequest, Passage, SearchReply, SearchRequest
from rdhy_qa.documents.document import Block, BlockKind, Document, Metadata, Record, Sentence
from rdhy_qa.errors import NotFoundError
from rdhy_qa.events import AnswerSentence, Done, Event, Status
from rdhy_qa.index.manifest import Built, Chunking, Counts, Manifest, ModelIdentity
from rdhy_qa.settings import load_settings
from rdhy_qa_api.app import create_app

PARTS = [
    (BlockKind.HEADING, "Winners <2024>", None),
    (BlockKind.PARAGRAPH, "Two won. Both came from “abroad” & far away.", None),
    (BlockKind.LIST_ITEM, "Raízen (Brazil)", 0),
    (BlockKind.QUOTATION, "We won it.", 0),
    (BlockKind.LIST_ITEM, "SINA", 0),
    (BlockKind.NOTE, "Other sources name three.", None),
    (BlockKind.PARAGRAPH, '<script>alert(1)</script> & "quotes".', None),
]


def _document() -> Document:
    text = "\n\n".join(part for _, part, _ in PARTS)
    blocks, sentences, records = [], [], []
    for index, (kind, part, list_id) in enumerate(PARTS):
        start = text.index(part)
        end = start + len(part)
        blocks.append(Block(kind, start, end, ("Winners",), 2 if kind is BlockKind.HEADING else 0, None, list_id))
        ends = [start + 8, end] if part.startswith("Two won.") else [end]
        for stop in ends:
            sentences.append(Sentence(start, stop, index))
            start = stop + 1
    brazil, uganda = text.index("Raízen"), text.index("SINA")
    won = text.index("We won it.") + len("We won it.")
    records = [
        Record(0, 0, brazil, won, 2, None, None, None, ("Winners",)),
        Record(0, 1, uganda, uganda + 4, 4, None, None, None, ("Winners",)),
    ]
    metadata = Metadata("post-1", "A <title>", "post", 1, "A. Author", "2024-09-20", "https://example.org/?a=1&b=2")
    return Document(metadata, text, tuple(blocks), tuple(sentences), tuple(records))


def _manifest(generation: str) -> Manifest:
    built = Built.model_construct(corpus="secret/path.md", package="0.1.0", libraries={"numpy": "2"})
    return Manifest.model_construct(
        format=1,
        id=generation,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        corpus_fingerprint="aa",
        built=built,
        model=ModelIdentity(name="toy", fingerprint="ff", dimension=4),
        chunking=Chunking(target_tokens=10, max_tokens=20),
        counts=Counts(documents=1, passages=2, sentences=3, records=4),
        skipped=(),
        files={},
    )


class FakeEngine:
    """The façade with one document; can be told to be slow or to fail."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.held = _document()
        self.generation = SimpleNamespace(manifest=_manifest("000000000001"))
        self.fault: Exception | None = None
        self.seconds = 0.0
        self.steps = 0
        self.open_streams = 0
        self.asked: list[AskRequest | SearchRequest] = []
        self.next_generation: str | None = None
        self.reload_fault: Exception | None = None

    def _work(self, request: AskRequest | SearchRequest) -> None:
        self.asked.append(request)
        time.sleep(self.seconds)
        if self.fault:
            raise self.fault

    def ask(self, request: AskRequest) -> Answer:
        self._work(request)
        return Answer(
            question=request.question, answered=True, short_answer="Two", answer="Two.", confidence=0.5, generation="1"
        )

    def ask_stream(self, request: AskRequest) -> Iterator[Event]:
        self.open_streams += 1
        try:
            yield Status(stage="retrieving")
            answer = self.ask(request)
            yield AnswerSentence(text=answer.answer, citations=())
            for _ in range(self.steps):
                time.sleep(self.seconds)
                yield Status(stage="writing")
            yield Done(answer=answer)
        finally:
            self.open_streams -= 1

    def search(self, request: SearchRequest) -> SearchReply:
        self._work(request)
        passage = Passage(
            rank=1, score=1, dense=None, lexical=2, document_id="post-1", title="A", section=(), kind="post",
            text="Two", start=0, end=3, page=None, url=None, view_url="/documents/post-1#c0-3",
        )  # fmt: skip
        return SearchReply(question=request.question, results=(passage,), generation="1")

    def documents(self) -> list[Metadata]:
        return [self.held.metadata]

    def document(self, document_id: str) -> Document:
        if document_id != self.held.id:
            raise NotFoundError(f"There is no document {document_id!r}.", "List them at /v1/documents.")
        return self.held

    def reload(self) -> bool:
        if self.reload_fault:
            raise self.reload_fault
        if self.next_generation is None:
            return False
        self.generation = SimpleNamespace(manifest=_manifest(self.next_generation))
        self.next_generation = None
        return True


Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]


@contextmanager
def _serve(app: FastAPI) -> Iterator[httpx.Client]:
    """Run the application on a free port; the client raises for nothing."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", server_header=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serves an application on loopback."""
    return _serve


@pytest.fixture(scope="session")
def shared_client(serve: Serve, shared_engine: FakeEngine) -> Iterator[httpx.Client]:
    """The client of all tests that need no service of their own."""
    with serve(create_app(load_settings(rate_limit="1000000/second"), engine=shared_engine)) as client:
        yield client


@pytest.fixture
def client(shared_client: httpx.Client, engine: FakeEngine) -> httpx.Client:
    """A client of a service that has the fake engine."""
    return shared_client


@pytest.fixture(scope="session")
def shared_engine() -> FakeEngine:
    """The engine of the client's service."""
    return FakeEngine()


@pytest.fixture
def engine(shared_engine: FakeEngine) -> FakeEngine:
    """The same, as new."""
    shared_engine.reset()
    return shared_engine


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a small corpus, built for real."""
    from rdhy_qa.index.builder import ingest

    folder = tmp_path_factory.mktemp("service")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "prizes.md").write_text(
        "---\nid: prizes\ntitle: The prizes of 2024\nkind: post\nseries: 4\nauthor: A. Author\n---\n\n"
        "## Benchmark winners\n\nTwo organisations won the benchmark prize in 2024:\n\n"
        "- Raízen (Brazil): Raízen makes fuel from sugar cane.\n- SINA (Uganda): SINA educates young people.\n\n"
        "The prizes were handed over in Qingdao on 20 September 2024.\n\n"
        "> **Editor's note.** Other sources name three winners.\n",
        encoding="utf-8",
    )
    ingest([corpus], settings=load_settings(index=folder / "index"))
    return folder / "index"
