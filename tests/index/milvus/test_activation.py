"""Generations in Milvus: one serves, others wait, what was not whole is finished or removed."""

from pathlib import Path

import pytest

from rdhy_qa.contracts import AskRequest
from rdhy_qa.engine import Engine
from rdhy_qa.errors import DamagedIndexError, NoIndexError, NotFoundError, SettingsError, UnavailableIndexError
from rdhy_qa.index import activation, places
from rdhy_qa.index.milvus import collections
from rdhy_qa.index.milvus.address import address_of, in_milvus
from rdhy_qa.index.milvus.publishing import publish
from rdhy_qa.index.milvus.server import Server
from rdhy_qa.index.share import Share
from rdhy_qa.settings import Settings

QUESTION = AskRequest(question="Who lit the lantern?")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    return folder


def write(texts: Path, who: str) -> None:
    front = "---\nid: norby\ntitle: Norby\nkind: post\n---\n\n## The keeper\n\n"
    (texts / "norby.md").write_text(f"{front}The keeper {who} lit the lantern on 4 May 2021.\n", encoding="utf-8")


def ingest(texts: Path, index: Path, who: str) -> str:
    write(texts, who)
    return places.ingest([texts], settings=Settings(index=index, threads=1)).generation_id


def test_replica_follows_the_alias_and_rollback_takes_it_back(lite, texts: Path) -> None:
    index = lite.index("follow")
    with pytest.raises(NoIndexError):
        places.active_id(index)
    first = ingest(texts, index, "Bruno Salt")
    replica = Engine.open(Settings(index=index, threads=1))
    assert replica.reload() is False
    second = ingest(texts, index, "Greta Wind")
    assert replica.ask(QUESTION).generation == first
    assert replica.reload() is True
    assert "Greta Wind" in str(replica.ask(QUESTION).answer)
    assert [(one.id, one.active) for one in places.list_generations(index)] == [(second, True), (first, False)]
    places.activate(index, first)
    assert replica.reload() is True
    assert "Bruno Salt" in str(replica.ask(QUESTION).answer)
    assert places.verify(index, first).id == first
    assert places.prune(index, 1) == [second]
    assert [one.id for one in places.list_generations(index)] == [first]
    with pytest.raises(NotFoundError):
        places.activate(index, second)


def test_looking_at_the_alias_again_takes_no_connection_of_its_own(
    lite, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = lite.index("watched")
    built = ingest(texts, index, "Bruno Salt")
    places.active_id(index)
    connected = []
    connect = Server._connected

    def note(server: Server) -> object:
        connected.append(server._client is None)
        return connect(server)

    monkeypatch.setattr(Server, "_connected", note)
    assert [places.active_id(index) for _ in range(3)] == [built] * 3
    assert connected == [False, False, False]
    lite.kill()
    try:
        with pytest.raises(UnavailableIndexError):
            places.active_id(index)
    finally:
        lite.start()
    assert [places.active_id(index) for _ in range(2)] == [built] * 2
    assert connected[-2:] == [True, False]


def test_publication_that_was_killed_is_not_served_and_the_next_run_ends_it(
    lite, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(texts, "Bruno Salt")
    local = Settings(index=tmp_path / "index", threads=1)
    built = places.ingest([texts], settings=local).generation_id
    index, address = lite.index("killed"), lite.address("killed")
    write_part = "rdhy_qa.index.milvus.parts.Parts.write"
    with monkeypatch.context() as patch:
        patch.setattr(write_part, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish(activation.open_generation(local.index, built), address)
    assert [one.manifest for one in places.list_generations(index)] == [None]
    with pytest.raises(DamagedIndexError, match="not whole"):
        places.activate(index, built)
    sent = []
    write_to = Server.write

    def note(server: Server, method: str, *arguments: object, **options: object) -> object:
        sent.append((method, arguments[0]))
        return write_to(server, method, *arguments, **options)

    monkeypatch.setattr(Server, "write", note)
    publish(activation.open_generation(local.index, built), address)
    assert ("upsert", collections.passages_of(address, built)) not in sent
    assert ("upsert", collections.parts_of(address, built)) in sent
    places.activate(index, built)
    assert "Bruno Salt" in str(Engine.open(Settings(index=index, threads=1)).ask(QUESTION).answer)


def test_shares_are_embedded_without_the_server_and_taken_over(lite, texts: Path) -> None:
    index = lite.index("shared")
    write(texts, "Bruno Salt")
    settings = Settings(index=index, threads=1)
    lite.kill()
    try:
        done = [places.ingest_share([texts], Share(number, 2), settings=settings) for number in (1, 2)]
    finally:
        lite.start()
    assert {one.path.parent for one in done} == {lite.address("shared").folder / "embedded"}
    assert sum(one.embedded for one in done) == 1
    result = places.ingest([texts], settings=settings)
    assert (result.embedded, result.reused) == (0, 1)
    assert not done[0].path.parent.exists()
    assert places.active_id(index) == result.generation_id


def test_dropped_passages_are_found_by_verify(lite, texts: Path) -> None:
    index = lite.index("damaged")
    built = ingest(texts, index, "Bruno Salt")
    server = Server(lite.address("damaged"))
    server.write("delete", collections.passages_of(server.address, built), ids=[0])
    server.close()
    with pytest.raises(DamagedIndexError, match="passages"):
        places.verify(index, built)


def test_no_server_is_said_with_a_next_step(lite, tmp_path: Path) -> None:
    with pytest.raises(UnavailableIndexError, match="Start Milvus"):
        places.active_id(Path("milvus://127.0.0.1:1/name"))


@pytest.mark.parametrize(
    "index", ["milvus://host/name", "milvus://host:19530", "milvus://h:99999/a", "milvus://h:1/a-b"]
)
def test_wrong_address_is_refused(index: str) -> None:
    assert in_milvus(Path(index))
    with pytest.raises(SettingsError, match="milvus://host:19530/name"):
        address_of(Path(index))


def test_address_is_shown_as_it_is_written() -> None:
    assert places.shown(Path("milvus://db.example:19530/qa")) == "milvus://db.example:19530/qa"
    assert places.shown(Path("index")) == "index"


def test_generation_half_of_which_is_gone_is_listed_as_such_and_pruned(lite, texts: Path) -> None:
    index = lite.index("half")
    first = ingest(texts, index, "Bruno Salt")
    second = ingest(texts, index, "Greta Wind")
    server = Server(lite.address("half"))
    server.write("drop_collection", collections.parts_of(server.address, first))
    server.close()
    assert [(one.id, one.manifest is None) for one in places.list_generations(index)] == [
        (second, False),
        (first, True),
    ]
    assert places.prune(index, 2) == [first]
    assert [one.id for one in places.list_generations(index)] == [second]
