"""Opening the engine for a command."""

from pathlib import Path

from rdhy_qa.cli.output import console
from rdhy_qa.engine import Engine
from rdhy_qa.settings import load_settings


def open_engine(index: Path | None) -> Engine:
    """Open the engine; a terminal is told what it waits for."""
    with console(stderr=True).status("Loading the index …"):
        return Engine.open(load_settings(index=index))
