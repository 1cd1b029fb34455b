"""txtai: one embeddings database with dense and sparse index and the texts, which joins the scores itself."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOP = 10
MODEL = os.environ["PEERS_MODEL"]


def ingest(passages: list[dict[str, Any]], folder: Path) -> None:
    """Index the passages, and save the database."""
    from txtai import Embeddings

    # `maxlength` lets it read as many tokens as the model's other users do; it would read twice as many.
    embeddings = Embeddings(path=MODEL, hybrid=True, content=True, maxlength=True, gpu=False)
    embeddings.index((passage["id"], passage["text"], None) for passage in passages)
    embeddings.save(str(folder / "database"))
    embeddings.close()


def open_index(folder: Path) -> Callable[[str], list[str]]:
    """Load the database."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder / "database"))

    def search(question: str) -> list[str]:
        return [found["id"] for found in embeddings.search(question, TOP)]

    return search
