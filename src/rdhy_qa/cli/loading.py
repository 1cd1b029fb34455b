"""Opening the engine for a command."""

from pathlib import Path

from rdhy_qa.cli.output import console
from rdhy_qa.engine import Engine
from rdhy_qa.errors import NotFoundError
from rdhy_qa.index import places
from rdhy_qa.settings import load_settings


def open_engine(index: Path | None) -> Engine:
    """Open the engine; a terminal is told what it waits for."""
    with console(stderr=True).status("Loading the index …"):
        return Engine.open(load_settings(index=index))


def open_generation(index: Path | None, generation_id: str) -> Engine:
    """Open the engine on a generation that may not serve any more, without a language model.

    Raises:
        NotFoundError: if it was removed.
    """
    settings = load_settings(index=index).model_copy(update={"llm_base_url": None})
    try:
        generation = places.open_generation(settings.index, generation_id)
    except NotFoundError as error:
        raise NotFoundError(
            f"The answer came from generation {generation_id}, which is no longer in {places.shown(settings.index)}.",
            "Keep more of them from now on: rdhy-qa index prune --keep N",
        ) from error
    with console(stderr=True).status("Loading the index …"):
        return Engine(settings, generation)
