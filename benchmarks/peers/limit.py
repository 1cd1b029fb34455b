"""The limit: one query embedding and one FAISS search in our index, of which no hybrid retrieval can take less."""

from collections.abc import Callable
from pathlib import Path

TOP = 10


def open_index(folder: Path) -> Callable[[str], list[str]]:
    """Load just the encoder of questions, the vectors, and a list of the passages' names."""
    from rdhy_qa.index.activation import open_active

    generation = open_active(folder / "index")
    encoder, dense = generation.encoder, generation.dense
    names = [passage.document.id for passage in generation.store.passages(list(range(len(dense))))]
    generation.close()

    def search(question: str) -> list[str]:
        _, rows = dense.search(encoder.encode_query(question), 2 * TOP)
        return list(dict.fromkeys(names[row] for row in rows))[:TOP]

    return search
