"""Every setting, in one place. Each can be set in the environment as ``RDHY_QA_<NAME>``."""

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rdhy_qa.errors import SettingsError

_PREFIX = "RDHY_QA_"


class Settings(BaseSettings):
    """What can be configured, with its default."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")

    corpus: Path = Field(Path("corpus"), description="Folder that `ingest` reads when no path is given.")
    index: Path = Field(Path("index"), description="Folder that holds the generations.")
    embedder: str = Field(
        "all-MiniLM-L6-v2",
        description="Embedding model: the packaged all-MiniLM-L6-v2, or any sentence-transformers name or folder.",
    )
    reader: str = Field(
        "packaged",
        description="Reader: our own, or any extractive reader or cross-encoder of Hugging Face, by name or folder.",
    )
    threads: int = Field(2, ge=1, le=256, description="Threads that one model call may use.")
    max_file_mb: int = Field(50, ge=1, description="Larger files are skipped by `ingest`, in MiB.")


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; keyword arguments that are not None win.

    Raises:
        SettingsError: for a bad value, or for an ``RDHY_QA_*`` variable that is no setting.
    """
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting.", f"Unset it, or use one of {', '.join(sorted(known))}.")
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg']}.", "Correct its value.") from error
