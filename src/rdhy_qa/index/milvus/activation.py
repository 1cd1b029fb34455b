"""Which generation in Milvus serves: the one whose passages the index's alias names."""

import re
from functools import lru_cache

from rdhy_qa.errors import GenerationError, NoIndexError, NotFoundError, UnavailableIndexError
from rdhy_qa.index.activation import Listed
from rdhy_qa.index.manifest import Manifest
from rdhy_qa.index.milvus import collections
from rdhy_qa.index.milvus.address import Address
from rdhy_qa.index.milvus.generation import RemoteGeneration
from rdhy_qa.index.milvus.server import Server, missing

_COLLECTION = re.compile(r"([0-9a-f]{12})(?:_parts)?")
"""What follows the index's name in the names of a generation's collections."""


def active_id(address: Address) -> str:
    """Return the id of the generation that serves.

    Raises:
        NoIndexError: if nothing was activated yet.
        UnavailableIndexError: if Milvus does not answer.

    """
    return _active_id(_watched(address))


def open_active(address: Address, *, embedder: str | None = None) -> RemoteGeneration:
    """Open the generation that serves; `embedder` names what it must have been built with."""
    server = Server(address)
    return RemoteGeneration(server, _active_id(server), embedder=embedder)


def open_generation(address: Address, generation_id: str) -> RemoteGeneration:
    """Open any generation, whether or not it serves.

    Raises:
        NotFoundError: if there is no such generation.

    """
    server = Server(address)
    if generation_id not in _ids(server):
        raise NotFoundError(f"There is no generation {generation_id!r} in {address}.", "List them: rdhy-qa index list")
    return RemoteGeneration(server, generation_id)


def list_generations(address: Address) -> list[Listed]:
    """All generations, newest first, those that are not whole last."""
    server = Server(address)
    try:
        active = _active_id(server)
    except NoIndexError:
        active = ""
    listed = []
    for generation_id in _ids(server):
        try:
            manifest = RemoteGeneration(server, generation_id).manifest
            listed.append(Listed(generation_id, generation_id == active, manifest, None))
        except GenerationError as error:
            listed.append(Listed(generation_id, generation_id == active, None, error.message))
    server.close()
    return sorted(listed, key=lambda one: one.manifest.created.timestamp() if one.manifest else 0.0, reverse=True)


def verify(address: Address, generation_id: str) -> Manifest:
    """Check that a generation is whole; see ``RemoteGeneration.verify``."""
    generation = open_generation(address, generation_id)
    generation.verify()
    generation.close()
    return generation.manifest


def activate(address: Address, generation_id: str) -> None:
    """Verify a generation and let it serve: one call, which replicas see all of or nothing."""
    verify(address, generation_id)
    server = Server(address)
    name = collections.passages_of(address, generation_id)
    try:
        _active_id(server)
    except NoIndexError:
        server.write("create_alias", name, address.name)
    else:
        server.write("alter_alias", name, address.name)
    server.close()


def prune(address: Address, keep: int) -> list[str]:
    """Remove all but the newest generations, and those that are not whole; the active one always stays."""
    listed = sorted(list_generations(address), key=lambda one: not one.active)
    removed = [one.id for number, one in enumerate(listed) if not one.active and (number >= keep or not one.manifest)]
    server = Server(address)
    for generation_id in removed:
        collections.drop(server, generation_id)
    server.close()
    return removed


@lru_cache(maxsize=1)
def _watched(address: Address) -> Server:
    """One connection for all looks at the alias: a service takes one each second."""
    return Server(address)


def _active_id(server: Server) -> str:
    address = server.address
    try:
        name: str = server.read("describe_alias", address.name)["collection_name"]
    except UnavailableIndexError as error:
        if not missing(error.__cause__):
            raise
        step = f"Build it: rdhy-qa ingest --index {address}"
        raise NoIndexError(f"There is no index in {address}.", step) from error
    return name.removeprefix(f"{address.name}_")


def _ids(server: Server) -> list[str]:
    prefix = f"{server.address.name}_"
    names = (name.removeprefix(prefix) for name in server.read("list_collections") if name.startswith(prefix))
    return sorted({match[1] for name in names if (match := _COLLECTION.fullmatch(name))})
