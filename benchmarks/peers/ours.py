"""rdhy-qa: ``ingest`` of one text file a passage, and the hybrid retrieval that every answer begins with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

TOP = 10


def ingest(passages: list[dict[str, Any]], folder: Path) -> None:
    """Build an index as ``rdhy-qa ingest`` does."""
    from rdhy_qa.index.builder import ingest
    from rdhy_qa.settings import Settings

    source = folder / "passages"
    source.mkdir()
    for passage in passages:
        (source / f"{passage['id']}.txt").write_text(passage["text"], encoding="utf-8")
    ingest([source], settings=Settings(index=folder / "index"))


def open_index(folder: Path) -> Callable[[str], list[str]]:
    """Load all of the active generation."""
    from rdhy_qa.contracts import Filters
    from rdhy_qa.index.activation import open_active
    from rdhy_qa.retrieval.hybrid import DEPTH, HybridRetriever

    retriever = HybridRetriever(open_active(folder / "index").load())

    def search(question: str) -> list[str]:
        hits = retriever.search(question, retriever.embed(question), Filters(), DEPTH)
        # A passage that is longer than what the embedder reads is several of ours.
        return list(dict.fromkeys(hit.passage.document.id for hit in hits))[:TOP]

    return search
