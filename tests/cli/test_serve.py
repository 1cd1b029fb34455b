"""The service as a process, or several: its start, its end, its workers, and generations that change under load."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import load_settings

QUESTION = "Who won the benchmark prize?"
SLOW = Path(__file__).with_name("slow_service.py")
WELCOME = re.compile(r"http://127\.0\.0\.1:\d+")


class Served:
    """A service that runs as a process of its own."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self.process = process
        self._errors = errors
        self.url = WELCOME.search(process.stdout.readline())[0]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def log(self) -> str:
        return self._errors.read_text()

    def workers(self) -> list[int]:
        """Numbers of all that were ever started, in order."""
        return [int(pid) for pid in re.findall(r"Started server process \[(\d+)\]", self.log())]

    def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not true():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def ready(self) -> bool:
        with self.client() as client:
            return client.get("/readyz").status_code == 200


@contextmanager
def running(errors: Path, *command: object, **environment: str) -> Iterator[Served]:
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | environment,
        )
    try:
        served = Served(process, errors)
        served.until(served.ready)
        yield served
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.stdout.close()


def serving(index: Path, errors: Path, *options: object, **environment: str):
    return running(
        errors, "-m", "rdhy_qa", "serve", "--index", index, "--port", 0, *options,
        RDHY_QA_RATE_LIMIT="1000000/second", **environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with two generations that answer differently."""
    folder = tmp_path_factory.mktemp("serve")
    for winner in ("SINA (Uganda)", "Raízen (Brazil)"):
        text = f"---\nid: prizes\ntitle: Prizes\nkind: post\n---\n\n## Winners\n\n{winner} won the benchmark prize.\n"
        (folder / "prizes.md").write_text(text, encoding="utf-8")
        ingest([folder / "prizes.md"], settings=load_settings(index=folder / "index"))
    return folder / "index"


@pytest.fixture(scope="module")
def two(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with two workers."""
    with serving(index, tmp_path_factory.mktemp("two") / "log", "--workers", 2) as served:
        served.until(lambda: len(served.workers()) == 2)
        yield served


@pytest.fixture(scope="module")
def key() -> dict[str, str]:
    """Header of somebody who may see the figures."""
    database = Database.open(load_settings().database)
    made = keys.create(database, "figures", [Scope.ADMIN])
    database.close()
    return {"Authorization": f"Bearer {made.text}"}


def figure(text: str, name: str) -> float:
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def asked(client: httpx.Client, key: dict[str, str]) -> float:
    text = client.get("/metrics", headers=key).text
    return figure(text, 'rdhy_qa_requests_total{method="POST",route="/v1/ask",status="200"}')


def asked_anew(two: Served, key: dict[str, str]) -> float:
    with two.client() as client:
        return asked(client, key)


def test_the_figures_of_all_workers_are_added(two: Served, key: dict[str, str]):
    with two.client() as client:
        before = asked(client, key)
    for _ in range(20):
        with two.client() as client:  # each connection may come to another worker
            client.post("/v1/ask", json={"question": QUESTION}).raise_for_status()
    two.until(lambda: asked_anew(two, key) == before + 20)  # a request is counted when its reply has gone out
    for _ in range(5):
        with two.client() as client:
            assert asked(client, key) - before == 20
            memory = figure(client.get("/metrics", headers=key).text, "process_resident_memory_bytes ")
    assert memory > sum(resident(pid) for pid in two.workers()[-2:])


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_worker_that_is_killed_is_replaced_and_its_figures_stay(two: Served, key: dict[str, str]):
    before = asked_anew(two, key)
    with two.client() as client:
        client.post("/v1/ask", json={"question": QUESTION}).raise_for_status()
    two.until(lambda: asked_anew(two, key) == before + 1)
    started = two.workers()
    os.kill(started[-1], signal.SIGKILL)
    two.until(lambda: len(two.workers()) > len(started))
    two.until(two.ready)
    with two.client() as client:
        client.post("/v1/ask", json={"question": QUESTION}).raise_for_status()
    two.until(lambda: asked_anew(two, key) == before + 2)


def test_workers_take_up_another_generation_and_drop_no_request(two: Served, index: Path):
    first, second = sorted(one.id for one in activation.list_generations(index))
    stop = threading.Event()
    replies: list[tuple[int, str]] = []

    def read() -> None:
        while not stop.is_set():
            with two.client() as client:
                reply = client.post("/v1/ask", json={"question": QUESTION})
                replies.append((reply.status_code, reply.json().get("generation")))

    def served() -> set[str]:
        return {generation for _, generation in replies[-20:]}

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for generation in (first, second, first):
            activation.activate(index, generation)
            count = len(replies)
            two.until(lambda: len(replies) > count + 20 and served() == {generation})  # noqa: B023
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert {status for status, _ in replies} == {200}
    assert {generation for _, generation in replies} == {first, second}


def test_workers_end_when_what_watches_over_them_is_killed(index: Path, tmp_path: Path):
    with serving(index, tmp_path / "log", "--workers", 2) as served:
        served.until(lambda: len(served.workers()) == 2)
        served.process.kill()
        served.until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in served.workers()))


def test_an_index_that_may_only_be_read_answers_and_says_so_to_who_would_write(
    index: Path, tmp_path: Path, disk, command
):
    place = disk(128)
    folder = shutil.copytree(index, place.folder / "index")
    active = activation.active_id(folder)
    with place.read_only():
        with serving(folder, tmp_path / "log") as served, served.client() as client:
            answer = client.post("/v1/ask", json={"question": QUESTION}).raise_for_status().json()
            assert (answer["answered"], answer["generation"]) == (True, active)
        for reading in (["ask", QUESTION], ["search", QUESTION], ["index", "list"], ["index", "verify"]):
            assert command(*reading, "--index", folder).code == 0
        for writing in (
            ["ingest", index.parent / "prizes.md"],
            ["index", "activate", active],
            ["index", "prune", "--keep", 1],
        ):
            refused = command(*writing, "--index", folder)
            assert refused.code == 1
            assert (
                "can't be written: Read-only file system. Name a folder that you may write to: --index" in refused.err
            )
            assert refused.err.count("\n") == 1
        assert activation.active_id(folder) == active


def test_ctrl_c_stops_it_quietly(index: Path, tmp_path: Path):
    with serving(index, tmp_path / "log") as served:
        with served.client() as client:
            assert "server" not in client.get("/healthz").headers
        assert "curl" in "".join(served.process.stdout.readline() for _ in range(4))
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(30) == 0
        assert "Traceback" not in served.log()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stream_under_way_is_finished_before_the_end(index: Path, tmp_path: Path, workers: int):
    with serving(index, tmp_path / "log", "--workers", workers) as served, served.client() as client:
        with client.stream("GET", "/v1/stream-test") as reply:
            lines = reply.iter_lines()
            assert next(lines) == "event: tick"
            served.process.terminate()
            rest = list(lines)
        assert rest.count("event: tick") == 3
        assert served.process.wait(30) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_ends_it_at_once(index: Path, tmp_path: Path, workers: int):
    with serving(index, tmp_path / "log", "--workers", workers) as served:
        address = served.url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1]))) as half:
            half.sendall(b"POST /v1/ask HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
            served.until(lambda: served.ready())
            served.process.terminate()
            served.until(lambda: "Waiting for connections to close" in served.log())
            asked_again = time.monotonic()
            served.process.terminate()
            assert served.process.wait(30) != 0
            # It would have waited ten seconds for the rest of the body.
            assert time.monotonic() - asked_again < 8


def test_a_stream_that_does_not_end_in_time_ends_in_an_error(tmp_path: Path):
    with running(tmp_path / "log", SLOW) as served, served.client() as client:
        with client.stream("POST", "/v1/ask", json={"question": "?"}, headers={"Accept": "text/event-stream"}) as reply:
            lines = reply.iter_lines()
            assert next(lines) == "event: status"
            served.process.terminate()
            *_, event, data = filter(None, lines)
        assert event == "event: error"
        problem = json.loads(data.removeprefix("data: "))
        assert problem["status"] == 503
        assert "Ask again" in problem["detail"]
        assert served.process.wait(30) in {0, -signal.SIGTERM}


def test_the_log_of_a_service_is_json_and_tells_no_question(index: Path, tmp_path: Path, key: dict[str, str]):
    with serving(index, tmp_path / "log") as served, served.client() as client:
        headers = {"X-Request-ID": "mine"}
        answer = client.post("/v1/ask", json={"question": QUESTION}, headers=headers).json()
        client.get("/v1/search", params={"question": QUESTION})
        client.get(f"/nowhere/{QUESTION}")
        client.get("/metrics", headers=key)
        served.until(lambda: "/metrics" in served.log())
        lines = [json.loads(line) for line in served.log().splitlines()]
    asked = next(line for line in lines if line.get("request_id") == "mine")
    assert asked["answer_id"] == answer["answer_id"]
    assert (asked["route"], asked["status"], asked["mode"]) == ("/v1/ask", 200, "extractive")
    assert asked["confidence"] == answer["confidence"]
    assert "benchmark" not in str(lines)
    assert key["Authorization"].split("_")[-1] not in str(lines)


def test_what_is_wrong_with_the_settings_is_told_before_workers_start(command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RDHY_QA_RATE_LIMIT", "often")
    result = command("serve", "--workers", 2)
    assert result.code == 2
    assert "'often' is no rate limit" in result.err


def test_a_port_that_is_taken_is_one_line(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = command("serve", "--port", taken.getsockname()[1])
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "Choose another --host or --port." in result.err
