"""Who may do what, with keys in a real database file, and how often."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI

from rdhy_qa.errors import DatabaseError
from rdhy_qa.journal import keys
from rdhy_qa.journal.database import Database
from rdhy_qa.journal.scopes import Scope
from rdhy_qa.settings import load_settings
from rdhy_qa_api.access import callers as access
from rdhy_qa_api.access.callers import Caller, feedback_limited, requires
from rdhy_qa_api.app import create_app

UNKNOWN = f"rdhy_{'0' * 12}_{'a' * 64}"
QUESTION = {"question": "Who won?"}
WORK = [("POST", "/v1/ask"), ("POST", "/v1/search"), ("GET", "/v1/search?question=Who")]
READING = [*WORK, ("GET", "/v1/documents"), ("GET", "/v1/documents/post-1"), ("GET", "/v1/generation")]
OPEN = ["/healthz", "/readyz", "/documents/post-1", "/static/document.js", "/openapi.json"]

reading = pytest.mark.parametrize(("method", "path"), READING)


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def send(client: httpx.Client, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return client.request(method, path, json=QUESTION if method == "POST" else None, headers=headers)


def check_problem(reply: httpx.Response, status: int) -> dict:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    return reply.json()


def add_routes(app: FastAPI) -> FastAPI:
    """Add a route for staff and one for votes."""

    @app.get("/test/admin")
    async def admin(caller: Annotated[Caller, requires(Scope.ADMIN)]) -> str:
        """Say who calls."""
        return caller.key_id or "nobody"

    @app.post("/test/feedback")
    async def feedback(caller: Annotated[Caller, Depends(feedback_limited)]) -> str:
        """Say from where the call comes."""
        return caller.address

    return app


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database of the module's service."""
    return f"sqlite:///{tmp_path_factory.mktemp('access')}/keys.sqlite"


@pytest.fixture(scope="module")
def database(url: str) -> Iterator[Database]:
    """The same database, opened apart from the service."""
    with closing(Database.open(url)) as opened:
        yield opened


@pytest.fixture(scope="module")
def new_key(database: Database) -> Callable[..., str]:
    """Makes keys."""
    return lambda *scopes, days=None: keys.create(database, "test", scopes or [Scope.READ], days).text


@pytest.fixture(scope="module")
def shared_staffed(serve, shared_engine, url: str) -> Iterator[httpx.Client]:
    settings = load_settings(database=url, rate_limit="1000000/second")
    with serve(add_routes(create_app(settings, engine=shared_engine))) as client:
        yield client


@pytest.fixture
def staffed(shared_staffed: httpx.Client, engine) -> httpx.Client:
    """A client of a service that knows keys."""
    return shared_staffed


@pytest.fixture
def service(serve, engine, tmp_path: Path) -> Callable:
    """Serves with settings of the test's own."""

    def start(**changes: object):
        settings = load_settings(**{"database": f"sqlite:///{tmp_path}/own.sqlite", **changes})
        return serve(add_routes(create_app(settings, engine=engine)))

    return start


@reading
def test_a_key_that_may_read_reads(staffed: httpx.Client, new_key, method: str, path: str):
    assert send(staffed, method, path, bearer(new_key(Scope.READ))).status_code == 200


@reading
@pytest.mark.parametrize("kind", ["unknown", "wrong secret", "malformed", "revoked", "expired"])
def test_a_key_that_is_not_valid_is_refused(
    staffed: httpx.Client, new_key, database: Database, method: str, path: str, kind: str, monkeypatch
):
    good = new_key(Scope.READ, days=1)
    head, key_id, _ = good.split("_")
    if kind == "revoked":
        keys.revoke(database, key_id)
    if kind == "expired":

        class Later(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromtimestamp(time.time() + 86_401, tz)

        monkeypatch.setattr(access, "datetime", Later)
    wrong = {"unknown": UNKNOWN, "wrong secret": f"{head}_{key_id}_{'0' * 64}", "malformed": "hunter2 \xe9"}
    reply = send(staffed, method, path, {"authorization": f"Bearer {wrong.get(kind, good)}".encode("latin-1")})
    problem = check_problem(reply, 401)
    assert reply.headers["www-authenticate"] == "Bearer"
    assert "wrong, revoked or expired" in problem["detail"]


def test_what_is_open_to_all_asks_for_no_key(staffed: httpx.Client):
    for path in OPEN:
        assert staffed.get(path, headers=bearer(UNKNOWN)).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Basic dXNlcjpwYXNz", "nonsense"])
def test_another_kind_of_login_makes_nobody_more_than_a_reader(staffed: httpx.Client, header: str):
    assert send(staffed, "POST", "/v1/ask", {"authorization": header}).status_code == 200
    check_problem(staffed.get("/test/admin", headers={"authorization": header}), 401)


def test_a_key_may_do_only_what_its_scopes_say(staffed: httpx.Client, new_key):
    reads, votes, administers = (bearer(new_key(scope)) for scope in (Scope.READ, Scope.FEEDBACK, Scope.ADMIN))
    assert staffed.get("/test/admin", headers=administers).json() == administers["authorization"].split("_")[1]
    assert staffed.post("/test/feedback", headers=votes).status_code == 200
    for reply, scope in [
        (staffed.get("/test/admin", headers=reads), "admin"),
        (staffed.get("/test/admin", headers=votes), "admin"),
        (staffed.post("/test/feedback", headers=reads), "feedback"),
        (staffed.post("/v1/ask", json=QUESTION, headers=votes), "read"),
        (staffed.post("/v1/ask", json=QUESTION, headers=administers), "read"),
        (staffed.get("/v1/documents", headers=administers), "read"),
    ]:
        assert f"the scope {scope}." in check_problem(reply, 403)["detail"]


def test_what_is_for_staff_asks_readers_for_a_key(staffed: httpx.Client):
    reply = staffed.get("/test/admin")
    assert "the scope admin" in check_problem(reply, 401)["detail"]
    assert reply.headers["www-authenticate"] == "Bearer"


def test_no_work_is_done_for_who_is_refused(staffed: httpx.Client, engine, new_key):
    send(staffed, "POST", "/v1/ask", bearer(UNKNOWN))
    send(staffed, "POST", "/v1/ask", bearer(new_key(Scope.ADMIN)))
    assert engine.asked == []


def test_a_key_shows_in_no_log_and_no_reply(staffed: httpx.Client, engine, new_key, caplog: pytest.LogCaptureFixture):
    good = new_key(Scope.READ)
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    engine.fault = RuntimeError("boom")
    with caplog.at_level(logging.DEBUG):
        replies = [
            send(staffed, "POST", "/v1/ask", bearer(good)),
            send(staffed, "POST", "/v1/ask", bearer(wrong)),
            staffed.get("/test/admin", headers=bearer(good)),
        ]
    assert [reply.status_code for reply in replies] == [500, 401, 403]
    shown = caplog.text + "".join(f"{reply.text}{reply.headers}" for reply in replies)
    assert "boom" in shown
    for secret in (good.split("_")[2], wrong.split("_")[2], keys.read(good).digest):
        assert secret not in shown


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids that are looked up in the database."""
    found: list[str] = []
    find = keys.find

    def counted(database: Database, key_id: str):
        found.append(key_id)
        return find(database, key_id)

    monkeypatch.setattr(keys, "find", counted)
    return found


def test_readers_need_no_key_and_nothing_is_looked_up_for_them(staffed: httpx.Client, lookups: list[str]):
    for method, path in READING:
        assert send(staffed, method, path).status_code == 200
    assert staffed.post("/test/feedback").json() == "127.0.0.1"
    assert lookups == []


def test_a_busy_key_is_looked_up_once_in_a_while(staffed: httpx.Client, new_key, lookups: list[str], monkeypatch):
    clock = [1_000.0]
    monkeypatch.setattr(access, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for key, status in ((new_key(Scope.READ), 200), (UNKNOWN.replace("000", "abc"), 401)):
        lookups.clear()
        for _ in range(5):
            assert send(staffed, "GET", "/v1/documents", bearer(key)).status_code == status
        assert len(lookups) == 1
        clock[0] += 5
        send(staffed, "GET", "/v1/documents", bearer(key))
        assert len(lookups) == 2


def test_a_wrong_secret_is_refused_though_the_key_is_remembered(staffed: httpx.Client, new_key):
    good = new_key(Scope.READ)
    assert staffed.get("/v1/documents", headers=bearer(good)).status_code == 200
    assert staffed.get("/v1/documents", headers=bearer(good[:-64] + "0" * 64)).status_code == 401
    assert staffed.get("/v1/documents", headers=bearer(good)).status_code == 200


def test_a_key_revoked_in_use_is_refused_soon(staffed: httpx.Client, new_key, database: Database, monkeypatch):
    clock = [1_000.0]
    monkeypatch.setattr(access, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    good = new_key(Scope.READ)
    assert staffed.get("/v1/documents", headers=bearer(good)).status_code == 200
    keys.revoke(database, good.split("_")[1])
    clock[0] += 5
    assert staffed.get("/v1/documents", headers=bearer(good)).status_code == 401


def test_strangers_who_try_keys_take_no_memory(serve, engine, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(access, "_MOST_REMEMBERED", 3)
    app = create_app(load_settings(database=f"sqlite:///{tmp_path}/keys.sqlite"), engine=engine)
    with serve(app) as client:
        for number in range(6):
            reply = client.get("/v1/documents", headers=bearer(f"rdhy_{number:012x}_{'a' * 64}"))
            assert reply.status_code == 401
    assert len(app.state.access._keys._remembered) == 3


def test_the_day_of_the_last_use_is_noted(staffed: httpx.Client, new_key, database: Database):
    good, wrong = new_key(Scope.READ), new_key(Scope.READ)
    staffed.get("/v1/documents", headers=bearer(good))
    staffed.get("/v1/documents", headers=bearer(wrong[:-64] + "0" * 64))
    assert keys.find(database, good.split("_")[1]).last_used == datetime.now(UTC).date()
    assert keys.find(database, wrong.split("_")[1]).last_used is None


def test_a_use_that_cannot_be_noted_does_no_harm(staffed: httpx.Client, new_key, monkeypatch, caplog):
    tried = []

    def fail(*arguments: object) -> None:
        tried.append(arguments)
        raise DatabaseError("The database may not be written.", "Check who owns it.")

    monkeypatch.setattr(keys, "note_use", fail)
    good = bearer(new_key(Scope.READ))
    with caplog.at_level(logging.WARNING, "rdhy_qa_api"):
        assert [staffed.get("/v1/documents", headers=good).status_code for _ in range(3)] == [200] * 3
    assert len(tried) == 1
    assert "may not be written" in caplog.text


def test_without_the_database_keys_wait_and_readers_do_not(service, tmp_path: Path):
    folder = tmp_path / "away"
    with service(database=f"sqlite:///{folder}/keys.sqlite") as client:
        reply = client.get("/v1/documents", headers=bearer(UNKNOWN))
        assert "RDHY_QA_DATABASE" in check_problem(reply, 503)["detail"]
        assert int(reply.headers["retry-after"]) > 0
        assert str(folder) not in reply.text
        assert send(client, "POST", "/v1/ask").status_code == 200
        folder.mkdir()
        with closing(Database.open(f"sqlite:///{folder}/keys.sqlite")) as database:
            good = keys.create(database, "n", [Scope.READ]).text
        deadline = time.monotonic() + 20
        while client.get("/v1/documents", headers=bearer(good)).status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.get("/v1/documents", headers=bearer(good)).status_code == 200


def test_a_database_that_hangs_holds_nobody_for_long(service, monkeypatch):
    hanging = threading.Event()
    monkeypatch.setattr(access, "_DATABASE_SECONDS", 0.1)
    monkeypatch.setattr(keys, "find", lambda *_: hanging.wait(30))
    with service() as client:
        try:
            for _ in range(6):  # more than there are threads for it
                reply = client.get("/v1/documents", headers=bearer(UNKNOWN))
                assert "takes too long" in check_problem(reply, 503)["detail"]
            assert send(client, "POST", "/v1/ask").status_code == 200
        finally:
            hanging.set()


def numbers(reply: httpx.Response) -> tuple[int, int]:
    """What remains, and of how much."""
    remaining = reply.headers["ratelimit"].split(";")[1]
    quota = reply.headers["ratelimit-policy"].split(";")[1]
    return int(remaining.removeprefix("r=")), int(quota.removeprefix("q="))


def test_an_address_has_so_many_questions_and_searches_together(service, engine):
    with service(rate_limit="3/year") as client:
        for expected, (method, path) in zip((2, 1, 0), WORK, strict=True):
            reply = send(client, method, path)
            assert reply.status_code == 200
            assert numbers(reply) == (expected, 3)
            assert '"address"' in reply.headers["ratelimit"]
        engine.asked.clear()
        for method, path in WORK:
            reply = send(client, method, path)
            problem = check_problem(reply, 429)
            assert numbers(reply) == (0, 3)
            assert f"{reply.headers['retry-after']} seconds" in problem["detail"]
            assert "this address" in problem["detail"]
        stream = client.post("/v1/ask", json=QUESTION, headers={"accept": "text/event-stream"})
        assert stream.status_code == 429
        assert engine.asked == []
        for path in ("/v1/documents", "/v1/documents/post-1", "/v1/generation", *OPEN):
            reply = client.get(path)
            assert reply.status_code == 200
            assert "ratelimit" not in reply.headers


def test_bad_requests_and_streams_count_and_say_what_remains(service):
    with service(rate_limit="5/year") as client:
        assert numbers(client.post("/v1/ask", json={})) == (4, 5)
        stream = client.post("/v1/ask", json=QUESTION, headers={"accept": "text/event-stream"})
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert numbers(stream) == (3, 5)


def test_each_key_has_a_limit_of_its_own(service, tmp_path: Path):
    with closing(Database.open(f"sqlite:///{tmp_path}/own.sqlite")) as database:
        first, second = (keys.create(database, "n", [Scope.READ]).text for _ in range(2))
    with service(rate_limit="1/year", key_rate_limit="2/year") as client:
        assert send(client, "POST", "/v1/ask").status_code == 200
        assert send(client, "POST", "/v1/ask").status_code == 429
        for key in (first, second):
            statuses = [send(client, "POST", "/v1/ask", bearer(key)).status_code for _ in range(3)]
            assert statuses == [200, 200, 429]
        reply = send(client, "POST", "/v1/ask", bearer(first))
        assert "this API key" in reply.json()["detail"]
        assert '"key"' in reply.headers["ratelimit"]
        assert first.split("_")[1] not in reply.text


def test_votes_have_a_limit_of_their_own(service, monkeypatch):
    monkeypatch.setattr(access, "FEEDBACK_LIMIT", "2/year")
    with service(rate_limit="1/year") as client:
        assert send(client, "POST", "/v1/ask").status_code == 200
        replies = [client.post("/test/feedback") for _ in range(3)]
        assert [reply.status_code for reply in replies] == [200, 200, 429]
        assert '"feedback"' in replies[0].headers["ratelimit"]


def test_openapi_says_where_a_key_is_wanted_and_what_may_happen():
    schema = add_routes(create_app(engine=object())).openapi()
    scheme = schema["components"]["securitySchemes"]["apiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    paths = schema["paths"]
    for method, path in READING:
        path = path.replace("post-1", "{document_id}").split("?")[0]
        operation = paths[path][method.lower()]
        assert operation["security"] == [{"apiKey": ["read"]}, {}]
        assert {"401", "403", "503"} <= operation["responses"].keys()
        assert ("429" in operation["responses"]) == ((method, path) in {(m, p.split("?")[0]) for m, p in WORK})
    assert paths["/test/admin"]["get"]["security"] == [{"apiKey": ["admin"]}]
    for path in ("/healthz", "/readyz", "/documents/{document_id}"):
        assert "security" not in paths[path]["get"]
        assert "401" not in paths[path]["get"]["responses"]
