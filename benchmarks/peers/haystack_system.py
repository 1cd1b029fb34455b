"""Haystack: an in-memory document store kept as a file, BM25 and embeddings, joined by reciprocal rank fusion."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOP = 10
DEPTH = 50
MODEL = os.environ["PEERS_MODEL"]


def ingest(passages: list[dict[str, Any]], folder: Path) -> None:
    """Embed the passages, write them into a store, and save it."""
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder

    documents = [Document(id=passage["id"], content=passage["text"]) for passage in passages]
    embedder = SentenceTransformersDocumentEmbedder(model=MODEL, progress_bar=False, local_files_only=True)
    embedder.warm_up()
    store = InMemoryDocumentStore()
    store.write_documents(embedder.run(documents)["documents"])
    store.save_to_disk(str(folder / "store.json"))


def open_index(folder: Path) -> Callable[[str], list[str]]:
    """Load the store, and put the pipeline of its guide to hybrid retrieval together."""
    from haystack import Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

    store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
    embedder = SentenceTransformersTextEmbedder(model=MODEL, progress_bar=False, local_files_only=True)
    pipeline = Pipeline()
    pipeline.add_component("embedder", embedder)
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    pipeline.add_component("lexical", InMemoryBM25Retriever(store, top_k=DEPTH))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP))
    pipeline.connect("embedder.embedding", "dense.query_embedding")
    pipeline.connect("dense", "joiner")
    pipeline.connect("lexical", "joiner")

    def search(question: str) -> list[str]:
        reply = pipeline.run({"embedder": {"text": question}, "lexical": {"query": question}})
        return [document.id for document in reply["joiner"]["documents"]]

    return search
