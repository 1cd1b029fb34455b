"""The two collections of a generation: its passages, and all else that answering needs."""

from typing import Any

from rdhy_qa.index.milvus.address import Address
from rdhy_qa.index.milvus.server import Server

MARKER = "complete"
"""Name of the part that is written last."""

_TEXT = 65_535
EXACT_UP_TO = 200_000
"""Passages up to which Milvus compares a question with each; beyond, it goes by a graph."""


def passages_of(address: Address, generation_id: str) -> str:
    """Name of the collection of a generation's passages."""
    return f"{address.name}_{generation_id}"


def parts_of(address: Address, generation_id: str) -> str:
    """Name of the collection of a generation's parts."""
    return f"{passages_of(address, generation_id)}_parts"


def create(server: Server, generation_id: str, *, dimension: int, passages: int) -> None:
    """Make the collections of a generation, as far as there are none."""
    present = server.read("list_collections")
    for name, fields, indexes in (
        (passages_of(server.address, generation_id), _passage_fields(dimension), _passage_indexes(passages)),
        (parts_of(server.address, generation_id), _part_fields(), {"nothing": {"index_type": "FLAT"}}),
    ):
        if name in present and set(server.read("list_indexes", name)) != set(indexes):
            server.write("drop_collection", name)  # its maker was killed before there was anything in it
            present.remove(name)
        if name not in present:
            _create(server, name, fields, indexes)
        server.use(name)


def drop(server: Server, generation_id: str) -> None:
    """Remove a generation; killed half-way, it leaves one that is not whole."""
    for name in (parts_of(server.address, generation_id), passages_of(server.address, generation_id)):
        server.write("drop_collection", name)


def _create(server: Server, name: str, fields: dict[str, dict[str, Any]], indexes: dict[str, dict[str, Any]]) -> None:
    from pymilvus import MilvusClient

    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    for field, options in fields.items():
        schema.add_field(field, **options)
    parameters = MilvusClient.prepare_index_params()
    for field, options in indexes.items():
        parameters.add_index(field, metric_type="IP", **options)
    server.write("create_collection", name, schema=schema, index_params=parameters)


def _passage_fields(dimension: int) -> dict[str, dict[str, Any]]:
    from pymilvus import DataType

    return {
        "row": {"datatype": DataType.INT64, "is_primary": True},
        "document": {"datatype": DataType.INT64},
        "kind": {"datatype": DataType.INT64},
        "series": {"datatype": DataType.INT64},
        "passage": {"datatype": DataType.VARCHAR, "max_length": _TEXT},
        "dense": {"datatype": DataType.FLOAT_VECTOR, "dim": dimension},
        "lexical": {"datatype": DataType.SPARSE_FLOAT_VECTOR},
    }


def _passage_indexes(passages: int) -> dict[str, dict[str, Any]]:
    graph = {"index_type": "HNSW", "params": {"M": 32, "efConstruction": 200}}
    return {
        "dense": {"index_type": "FLAT"} if passages <= EXACT_UP_TO else graph,
        "lexical": {"index_type": "SPARSE_INVERTED_INDEX"},
    }


def _part_fields() -> dict[str, dict[str, Any]]:
    from pymilvus import DataType

    return {
        "key": {"datatype": DataType.VARCHAR, "max_length": 1024, "is_primary": True},
        "name": {"datatype": DataType.VARCHAR, "max_length": 1024},
        "piece": {"datatype": DataType.INT64},
        "pieces": {"datatype": DataType.INT64},
        "content": {"datatype": DataType.VARCHAR, "max_length": _TEXT},
        "nothing": {"datatype": DataType.FLOAT_VECTOR, "dim": 2},
    }
