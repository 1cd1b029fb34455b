"""A bad hour in a minute: many readers, new generations, and a language model that fails half the time.

``python benchmarks/load.py`` starts the service, lets 200 readers ask it for a minute, activates another generation
five times meanwhile, and checks every reply: its citations have to be in the documents of the generation that it names,
and that generation has to have been active while the question was under way. See README.md.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import uvicorn
import yaml
from fastapi import FastAPI, Request
from rich.console import Console
from starlette.responses import Response, StreamingResponse

from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"
console = Console(soft_wrap=True, highlight=False)

QUESTIONS = ROOT / "evals" / "post-4" / "authors.yaml"
SWAPS = 5
SECONDS_TO_TAKE_UP = 5.0
"""A running service takes up a new generation within this time."""
BUSY = frozenset({429, 503})
SEED = 20240920


@dataclass
class Seen:
    """What the readers saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@dataclass
class Timeline:
    """Which generation was active from when on."""

    entries: list[tuple[float, str]] = field(default_factory=list)

    def allowed(self, began: float, ended: float) -> set[str]:
        """The generations that may have answered a question that was under way in this time."""
        from_when = began - SECONDS_TO_TAKE_UP
        before = [generation for at, generation in self.entries if at <= from_when]
        return {*before[-1:], *(generation for at, generation in self.entries if from_when < at <= ended)}


def main() -> None:
    """Run it, print what was seen, and exit with 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rdhy-qa-load-"))
    try:
        generations, texts = build(folder)
        with language_model() as address, service(folder, address, arguments.workers) as (process, base):
            seen, memory = asyncio.run(
                load(base, folder, generations, texts, process.pid, arguments.readers, arguments.seconds)
            )
    finally:
        shutil.rmtree(folder)
    sys.exit(report(seen, memory, arguments.seconds))


def build(folder: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Two generations whose documents differ, and the texts of each."""
    settings = Settings(index=folder / "index")
    generations, texts = [], {}
    for opening in ("", "This text has been revised since.\n\n"):
        corpus = folder / "corpus"
        shutil.rmtree(corpus, ignore_errors=True)
        shutil.copytree(CORPUS, corpus)
        for path in corpus.rglob("*.md"):
            head, front, body = path.read_text(encoding="utf-8").partition("\n---\n")
            path.write_text(f"{head}{front}\n{opening}{body}", encoding="utf-8")
        generation = ingest([corpus], settings=settings).generation_id
        store = activation.open_active(settings.index).store
        texts[generation] = {one.id: store.document(one.id).text for one in store.documents()}
        generations.append(generation)
    return generations, texts


@contextmanager
def language_model() -> Iterator[str]:
    """An endpoint that repeats the first line that it is shown, or fails in one way or another."""
    app = FastAPI()
    chance = random.Random(SEED)

    @app.post("/v1/chat/completions")
    async def complete(request: Request) -> Response:
        body = await request.json()
        failing = chance.random()
        if failing < 0.2:
            return Response("overloaded", 500)
        if failing < 0.35:
            return Response("slow down", 429, {"Retry-After": "30"})
        if failing < 0.5:
            return Response(b"\xff\xfe not json")
        first = re.search(r"^\[1\] (.+)$", body["messages"][-1]["content"], re.MULTILINE)
        return StreamingResponse(
            _chunks(f"{first.group(1)} [1]" if first else "NO ANSWER"), media_type="text/event-stream"
        )

    with serve(app) as base:
        yield f"{base}/v1"


async def _chunks(text: str) -> AsyncIterator[bytes]:
    words = re.findall(r"\S+\s*", text)
    for number, word in enumerate(words, 1):
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": "stop" if number == len(words) else None}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "stub", "choices": [choice]}
        yield f"data: {json.dumps(chunk)}\n\n".encode()
        await asyncio.sleep(0.002)
    yield b"data: [DONE]\n\n"


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Serve an application from a thread."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def service(folder: Path, llm: str, workers: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `rdhy-qa serve` with the language model behind it."""
    environment = os.environ | {
        "RDHY_QA_DATABASE": f"sqlite:///{folder / 'journal.sqlite'}",
        "RDHY_QA_LLM_BASE_URL": llm,
        "RDHY_QA_LLM_MODEL": "stub",
        "RDHY_QA_LLM_TIMEOUT_S": "5",
        "RDHY_QA_RATE_LIMIT": "1000000/minute",
    }
    command = [sys.executable, "-m", "rdhy_qa", "serve", "--index", str(folder / "index"), "--port", "0"]
    with (folder / "service.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)], stdout=log, stderr=subprocess.STDOUT, env=environment, text=True
        )
        try:
            yield process, wait_ready(process, folder / "service.log")
        finally:
            process.terminate()
            console.print(f"exit code after SIGTERM: {process.wait(30)}")


def wait_ready(process: subprocess.Popen[str], log: Path) -> str:
    """The address of the service, once it answers."""
    for _ in range(600):
        found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
        if found:
            try:
                if httpx.get(f"{found.group()}/readyz", trust_env=False).status_code == 200:
                    return found.group()
            except httpx.TransportError:
                pass
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"The service did not start:\n{log.read_text(encoding='utf-8')}")


async def load(
    base: str,
    folder: Path,
    generations: list[str],
    texts: dict[str, dict[str, str]],
    pid: int,
    readers: int,
    seconds: int,
) -> tuple[Seen, list[float]]:
    """Ask for so long with so many readers."""
    seen, timeline = Seen(), Timeline([(time.monotonic() - 60, generations[-1])])
    questions = [case["question"] for case in yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))]
    until = time.monotonic() + seconds
    memory: list[float] = []
    async with readers_client(base, readers) as client, asyncio.TaskGroup() as tasks:
        for number in range(readers):
            tasks.create_task(read(client, questions, random.Random(SEED + number), until, texts, timeline, seen))
        tasks.create_task(swap(folder, generations, timeline, seconds))
        tasks.create_task(watch(pid, until, memory))
    return seen, memory


@asynccontextmanager
async def readers_client(base: str, readers: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a connection for each reader."""
    # The service closes a connection that is idle for five seconds, perhaps just when a reader takes it up again.
    limits = httpx.Limits(max_connections=readers, max_keepalive_connections=readers, keepalive_expiry=1)
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60, trust_env=False) as client:
        yield client


async def read(
    client: httpx.AsyncClient,
    questions: list[str],
    chance: random.Random,
    until: float,
    texts: dict[str, dict[str, str]],
    timeline: Timeline,
    seen: Seen,
) -> None:
    """One reader: asks, checks the reply, asks again; where there is no place, comes back as told."""
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            reply = await client.post("/v1/ask", json={"question": chance.choice(questions)})
        except httpx.TransportError as error:
            seen.broken.append(repr(error))
            continue
        ended = time.monotonic()
        seen.statuses[reply.status_code] += 1
        if reply.status_code == 200:
            seen.milliseconds.append((ended - began) * 1000)
            check(reply.json(), texts, timeline.allowed(began, ended), seen)
        elif reply.status_code in BUSY:
            await asyncio.sleep(min(float(reply.headers["Retry-After"]), 2) * chance.uniform(0.5, 1))


def check(answer: dict, texts: dict[str, dict[str, str]], allowed: set[str], seen: Seen) -> None:
    """Whether an answer is of a generation that was active, and proves itself there."""
    seen.modes[f"{answer['mode']}, fallback {answer['fallback']}"] += 1
    if answer["generation"] not in allowed:
        seen.wrong.append(f"generation {answer['generation']} instead of {sorted(allowed)}")
    for citation in answer["citations"]:
        text = texts[answer["generation"]][citation["document_id"]]
        if text[citation["start"] : citation["end"]] != citation["quote"]:
            seen.wrong.append(f"{citation['quote']!r} is not in generation {answer['generation']}")


async def swap(folder: Path, generations: list[str], timeline: Timeline, seconds: int) -> None:
    """Activate the other generation again and again."""
    for number in range(SWAPS):
        await asyncio.sleep(seconds / (SWAPS + 1))
        generation = generations[number % 2]
        timeline.entries.append((time.monotonic(), generation))
        await asyncio.to_thread(activation.activate, folder / "index", generation)


async def watch(pid: int, until: float, memory: list[float]) -> None:
    """Resident memory of the service and its workers, in MiB, once a second."""
    while time.monotonic() < until:
        memory.append(sum(resident(one) for one in [pid, *children(pid)]))
        await asyncio.sleep(1)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(one) for one in found.split()]


def resident(pid: int) -> float:
    """Resident memory of a process in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found.group(1)) / 1024 if found else 0.0


def report(seen: Seen, memory: list[float], seconds: int) -> int:
    """Print what was seen; 1 where a promise was broken."""
    failed = sum(count for status, count in seen.statuses.items() if status != 200 and status not in BUSY)
    p50, p95 = np.percentile(seen.milliseconds or [0], (50, 95))
    # A swap holds two generations for a moment: what counts is that it does not add up.
    thirds = len(memory) // 3
    early, late = np.median(memory[thirds : 2 * thirds]), np.median(memory[2 * thirds :])
    console.print(f"replies by status: {dict(sorted(seen.statuses.items()))}")
    console.print(f"answers by mode: {dict(seen.modes.most_common())}")
    console.print(f"answers: {len(seen.milliseconds) / seconds:.0f} a second, p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    levels = f"{memory[0]:.0f} at first, {early:.0f} in the middle, {late:.0f} at the end, {max(memory):.0f} at most"
    console.print(f"memory in MiB: {levels}")
    console.print(f"connections that broke: {len(seen.broken)} {seen.broken[:3]}")
    console.print(f"failed requests other than {sorted(BUSY)}: {failed}")
    console.print(f"answers of a wrong generation, or that do not prove themselves: {len(seen.wrong)} {seen.wrong[:3]}")
    return int(bool(failed or seen.broken or seen.wrong))


if __name__ == "__main__":
    main()
