"""An index by its setting: a folder of this machine, or an address in Milvus."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rdhy_qa.index import activation
from rdhy_qa.index.activation import Listed
from rdhy_qa.index.manifest import Manifest
from rdhy_qa.index.milvus import activation as in_milvus_activation
from rdhy_qa.index.milvus.address import address_of, in_milvus
from rdhy_qa.index.serving import Serving
from rdhy_qa.settings import Settings

if TYPE_CHECKING:
    from rdhy_qa.index.builder import Accept, IngestResult, ProgressCallback, ShareResult
    from rdhy_qa.index.share import Share


def shown(index: Path) -> str:
    """Return an index's setting as a user writes it."""
    return str(address_of(index)) if in_milvus(index) else str(index)


def active_id(index: Path) -> str:
    """Return the id of the generation that serves."""
    return in_milvus_activation.active_id(address_of(index)) if in_milvus(index) else activation.active_id(index)


def open_active(index: Path, *, embedder: str | None = None) -> Serving:
    """Open the generation that serves; `embedder` names what it must have been built with."""
    if in_milvus(index):
        return in_milvus_activation.open_active(address_of(index), embedder=embedder)
    return activation.open_active(index, embedder=embedder)


def open_generation(index: Path, generation_id: str) -> Serving:
    """Open any generation, whether or not it serves."""
    if in_milvus(index):
        return in_milvus_activation.open_generation(address_of(index), generation_id)
    return activation.open_generation(index, generation_id)


def list_generations(index: Path) -> list[Listed]:
    """All generations, newest first, those that can't be used last."""
    if in_milvus(index):
        return in_milvus_activation.list_generations(address_of(index))
    return activation.list_generations(index)


def verify(index: Path, generation_id: str) -> Manifest:
    """Check that a generation is whole."""
    if in_milvus(index):
        return in_milvus_activation.verify(address_of(index), generation_id)
    return activation.verify(index, generation_id)


def activate(index: Path, generation_id: str) -> None:
    """Verify a generation and let it serve."""
    if in_milvus(index):
        in_milvus_activation.activate(address_of(index), generation_id)
    else:
        activation.activate(index, generation_id)


def prune(index: Path, keep: int) -> list[str]:
    """Remove all but the newest generations; the active one always stays."""
    return in_milvus_activation.prune(address_of(index), keep) if in_milvus(index) else activation.prune(index, keep)


def ingest(
    paths: Sequence[Path],
    *,
    settings: Settings,
    progress: "ProgressCallback | None" = None,
    wait: float = 0.0,
    accept: "Accept | None" = None,
) -> "IngestResult":
    """Build a generation of exactly these files and folders, and let it serve; see ``builder.ingest``.

    For Milvus it is built in a folder of the user's cache, where the next ingest finds the vectors that it can take
    over, and then published.
    """
    from rdhy_qa.index import builder  # answering does without
    from rdhy_qa.index.milvus.publishing import publish

    if not in_milvus(settings.index):
        return builder.ingest(paths, settings=settings, progress=progress, wait=wait, accept=accept)
    address = address_of(settings.index)
    local = _built_locally(settings)
    result = builder.ingest(paths, settings=local, progress=progress, wait=wait, accept=accept)
    publish(activation.open_generation(address.folder, result.generation_id), address, progress)
    in_milvus_activation.activate(address, result.generation_id)
    activation.prune(address.folder, 1)
    return result


def ingest_share(
    paths: Sequence[Path], share: "Share", *, settings: Settings, progress: "ProgressCallback | None" = None
) -> "ShareResult":
    """Embed one share of what an ingest has to embed; see ``builder.ingest_share``.

    For Milvus the vectors go where the generation is going to be built, into the folder of the user's cache.
    """
    from rdhy_qa.index import builder  # answering does without

    local = _built_locally(settings) if in_milvus(settings.index) else settings
    return builder.ingest_share(paths, share, settings=local, progress=progress)


def _built_locally(settings: Settings) -> Settings:
    return settings.model_copy(update={"index": address_of(settings.index).folder})
