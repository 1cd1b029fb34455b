"""The packaged model, loaded once, and its export."""

from pathlib import Path

import pytest

from rdhy_qa.models.embedder import PACKAGED_MODEL, SentenceTransformerEmbedder, load_embedder


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    loaded = load_embedder(PACKAGED_MODEL, threads=2)
    assert isinstance(loaded, SentenceTransformerEmbedder)
    return loaded


@pytest.fixture(scope="session")
def exported(embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "embedder"
    embedder.export(folder)
    return folder
