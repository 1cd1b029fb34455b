"""The corpus of the checkout, with the real model."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rdhy_qa.contracts import Filters
from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.retrieval.hybrid import Hit, HybridRetriever
from rdhy_qa.settings import Settings

Find = Callable[..., list[Hit]]


@pytest.fixture(scope="session")
def retriever(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> HybridRetriever:
    """Built by the first test of the run that needs it; later calls of `ingest` find it unchanged."""
    settings = Settings(index=Path(tmp_path_factory.getbasetemp()) / "corpus-index", threads=1)
    ingest([pytestconfig.rootpath / "corpus"], settings=settings)
    return HybridRetriever(activation.open_active(settings.index))


@pytest.fixture(scope="session")
def find(retriever: HybridRetriever) -> Find:
    def search(question: str, limit: int = 10, **filters: object) -> list[Hit]:
        return retriever.search(question, retriever.embed(question), Filters(**filters), limit)

    return search
