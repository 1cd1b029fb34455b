"""An export of the embedder takes seconds, and many tests build an index: they share one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rdhy_qa.models.embedder import SentenceTransformerEmbedder


@pytest.fixture(scope="session", autouse=True)
def one_export(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Export each embedder once in the run."""
    made = tmp_path_factory.mktemp("exports")
    export = SentenceTransformerEmbedder.export

    def export_once(embedder: SentenceTransformerEmbedder, folder: Path) -> None:
        kept = made / embedder.fingerprint
        if not kept.exists():
            export(embedder, kept)
        shutil.copytree(kept, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SentenceTransformerEmbedder, "export", export_once)
        yield
