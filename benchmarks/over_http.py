"""What HTTP costs: answers a second of the real service on loopback, beside the engine's own in two threads.

``python benchmarks/over_http.py`` asks with 1, 8, 64 and 256 clients by turns. It isn't called http.py, because Python
would then take it for the standard library's module. See README.md.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from budgets import CORPUS, WARM_UP, conditions, console, some_questions
from load import children, wait_ready
from rich.table import Table

from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import Settings

CLIENTS = (1, 8, 64, 256)
THREADS = 2
IN_PROCESS = "in process"
SHARE_AT = 64
SHARE = 0.8
RESULTS = Path(__file__).parent / "results" / "over_http.json"


@dataclass(frozen=True, slots=True)
class Round:
    """What one way of asking reached in one round."""

    seconds: float
    milliseconds: list[float]
    refused: int = 0
    client_cpu: float = 0.0
    """Seconds of processor time that the clients took, of the same cores as the service."""
    service_cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class Reached:
    """What one way of asking reached in all rounds."""

    who: str
    answers: int
    per_second: float
    p50_ms: float
    p95_ms: float
    refused: int
    client_cpu: float
    """Share of one core."""
    service_cpu: float


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long a round of one way of asking takes")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, default=RESULTS, help="file for the figures")
    arguments = parser.parse_args()
    before = conditions()
    folder = Path(tempfile.mkdtemp(prefix="rdhy-qa-http-"))
    try:
        reached = measure(folder, arguments.rounds, arguments.seconds)
    finally:
        shutil.rmtree(folder)
    show(reached)
    written = {"before": before, "after": conditions(), "ways": [asdict(one) for one in reached]}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def measure(folder: Path, rounds: int, seconds: float) -> list[Reached]:
    """Ask in all ways by turns, so that a machine that slows down slows all of them."""
    settings = Settings(index=folder / "index")
    ingest([CORPUS], settings=settings)
    questions = some_questions()
    engine = Engine.open(settings)
    for question in WARM_UP:
        engine.ask(AskRequest(question=question))
    seen: dict[str, list[Round]] = {}
    with service(folder) as (pid, base):
        asyncio.run(over_http(base, pid, questions, THREADS, 1))
        for _ in range(rounds):
            seen.setdefault(IN_PROCESS, []).append(in_process(engine, questions, seconds))
            for clients in CLIENTS:
                seen.setdefault(str(clients), []).append(asyncio.run(over_http(base, pid, questions, clients, seconds)))
    engine.generation.close()
    return [summary(who, of) for who, of in seen.items()]


def in_process(engine: Engine, questions: list[str], seconds: float) -> Round:
    """Ask the engine from two threads for so long."""
    began, until = time.perf_counter(), time.perf_counter() + seconds

    def ask(first: int) -> list[float]:
        taken = []
        while (start := time.perf_counter()) < until:
            engine.ask(AskRequest(question=questions[(first + len(taken) * THREADS) % len(questions)]))
            taken.append((time.perf_counter() - start) * 1000)
        return taken

    with ThreadPoolExecutor(THREADS) as pool:
        taken = [one for of in pool.map(ask, range(THREADS)) for one in of]
    return Round(time.perf_counter() - began, taken)


@contextmanager
def service(folder: Path) -> Iterator[tuple[int, str]]:
    """Run `rdhy-qa serve` with room for every client."""
    environment = os.environ | {
        "RDHY_QA_DATABASE": f"sqlite:///{folder / 'journal.sqlite'}",
        "RDHY_QA_RATE_LIMIT": "1000000/minute",
        "RDHY_QA_MAX_WAITING": str(2 * max(CLIENTS)),
    }
    command = [sys.executable, "-m", "rdhy_qa", "serve", "--index", str(folder / "index"), "--port", "0"]
    with (folder / "service.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, text=True)
        try:
            yield process.pid, wait_ready(process, folder / "service.log")
        finally:
            process.terminate()
            process.wait(30)


async def over_http(base: str, pid: int, questions: list[str], clients: int, seconds: float) -> Round:
    """Ask the service with so many clients for so long; each keeps its connection and waits for its reply."""
    taken: list[float] = []
    statuses: list[int] = []
    own, its = time.process_time(), processor_time(pid)
    began, until = time.perf_counter(), time.perf_counter() + seconds
    async with asyncio.TaskGroup() as tasks:
        for number in range(clients):
            tasks.create_task(client(base, questions[number % len(questions) :] + questions, until, taken, statuses))
    elapsed = time.perf_counter() - began
    refused = sum(status != 200 for status in statuses)
    return Round(elapsed, taken, refused, time.process_time() - own, processor_time(pid) - its)


async def client(base: str, questions: list[str], until: float, taken: list[float], statuses: list[int]) -> None:
    """One client. A bare connection, because a client library would take a good part of the service's cores."""
    place = urlsplit(base)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    number = 0
    while (start := time.perf_counter()) < until:
        body = json.dumps({"question": questions[number % len(questions)]}).encode()
        number += 1
        head = f"POST /v1/ask HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status = await read_reply(reader)
        statuses.append(status)
        if status == 200:
            taken.append((time.perf_counter() - start) * 1000)
    writer.close()
    await writer.wait_closed()


async def read_reply(reader: asyncio.StreamReader) -> int:
    """Read one whole reply, and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    await reader.readexactly(int(headers["content-length"]))
    return int(lines[0].split()[1])


def processor_time(pid: int) -> float:
    """Seconds of processor time that the service has taken, its workers included."""
    ticks = 0
    for one in [pid, *children(pid)]:
        fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def summary(who: str, rounds: list[Round]) -> Reached:
    """Put the rounds of one way of asking together."""
    seconds = sum(one.seconds for one in rounds)
    taken = [one for of in rounds for one in of.milliseconds]
    p50, p95 = (float(value) for value in np.percentile(taken, (50, 95)))
    cpu = [sum(one.client_cpu for one in rounds) / seconds, sum(one.service_cpu for one in rounds) / seconds]
    return Reached(who, len(taken), len(taken) / seconds, p50, p95, sum(one.refused for one in rounds), *cpu)


def show(reached: list[Reached]) -> None:
    """Print the table, and how the service compares with the engine."""
    table = Table("clients", "a second", "share", "p50 ms", "p95 ms", "refused", "CPU", "own CPU")
    alone = next(one.per_second for one in reached if one.who == IN_PROCESS)
    for one in reached:
        cores = ("", "") if one.who == IN_PROCESS else (f"{one.service_cpu:.2f}", f"{one.client_cpu:.2f}")
        shown = (f"{one.per_second:.1f}", f"{one.per_second / alone:.0%}", f"{one.p50_ms:.1f}", f"{one.p95_ms:.1f}")
        table.add_row(one.who, *shown, str(one.refused), *cores)
    console.print(table)
    share = next(one.per_second / alone for one in reached if one.who == str(SHARE_AT))
    verdict = "ok" if share >= SHARE else "missed"
    console.print(
        f"at {SHARE_AT} clients {share:.0%} of the engine's own; at least {SHARE:.0%} is asked for: {verdict}"
    )


if __name__ == "__main__":
    main()
