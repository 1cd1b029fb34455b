"""LlamaIndex: a FAISS vector store and its BM25 retriever, joined by reciprocal rank fusion."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOP = 10
DEPTH = 50
DIMENSION = 384
MODEL = os.environ["PEERS_MODEL"]


def ingest(passages: list[dict[str, Any]], folder: Path) -> None:
    """Index one node a passage, and persist both indexes."""
    import faiss
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    nodes = [TextNode(id_=passage["id"], text=passage["text"]) for passage in passages]
    # Inner products, since fusion takes the highest score for the best, and of L2 distances the lowest is.
    storage = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss.IndexFlatIP(DIMENSION)))
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=HuggingFaceEmbedding(MODEL, device="cpu"))
    index.storage_context.persist(str(folder / "vectors"))
    BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=DEPTH).persist(str(folder / "bm25"))


def open_index(folder: Path) -> Callable[[str], list[str]]:
    """Load both indexes, and fuse their retrievers; one query, so that no language model is asked for variants."""
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    vectors = str(folder / "vectors")
    storage = StorageContext.from_defaults(vector_store=FaissVectorStore.from_persist_dir(vectors), persist_dir=vectors)
    index = load_index_from_storage(storage, embed_model=HuggingFaceEmbedding(MODEL, device="cpu"))
    retriever = QueryFusionRetriever(
        [index.as_retriever(similarity_top_k=DEPTH), BM25Retriever.from_persist_dir(str(folder / "bm25"))],
        llm=MockLLM(),
        mode=FUSION_MODES.RECIPROCAL_RANK,
        similarity_top_k=TOP,
        num_queries=1,
        use_async=False,
    )

    def search(question: str) -> list[str]:
        return [found.node.node_id for found in retriever.retrieve(question)]

    return search
