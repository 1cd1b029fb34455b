"""Every setting, in one place. Each can be set in the environment as ``RDHY_QA_<NAME>``."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from rdhy_qa.errors import SettingsError

_PREFIX = "RDHY_QA_"


class Settings(BaseSettings):
    """What can be configured, with its default."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")

    corpus: Path = Field(Path("corpus"), description="Folder that `ingest` reads when no path is given.")
    index: Path = Field(
        Path("index"),
        description="Folder that holds the generations, or an index in Milvus: `milvus://host:port/name`.",
    )
    originals: Path = Field(
        Path("originals"), description="Folder that `fetch` keeps originals in, and that `ingest` takes them from."
    )
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
    database: str = Field(
        "sqlite:///rdhy-qa.sqlite",
        repr=False,  # it may hold a password
        description="Database of the journal, feedback and API keys: an SQLAlchemy URL of SQLite or PostgreSQL.",
    )
    journal_text: Literal["full", "hashed", "none"] = Field(
        "full", description="What the journal keeps of a question's text: `full`, `hashed` or `none`."
    )
    journal_days: int = Field(90, ge=1, description="Days after which an entry of the journal is removed.")
    llm_base_url: str | None = Field(
        None,
        repr=False,  # it may hold a login
        description="Address of an OpenAI-compatible endpoint; without it no language model is used.",
    )
    llm_model: str | None = Field(None, description="Name of the language model at that endpoint.")
    llm_api_key: SecretStr | None = Field(None, description="API key of that endpoint, where it wants one.")
    llm_timeout_s: float = Field(
        20.0, gt=0, description="Seconds that the language model may take in all, before the answer is extractive."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins whose pages may use the service from a browser, separated by commas; `*` allows all."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses or networks of proxies whose `X-Forwarded-For` is believed, separated by commas."
    )
    rate_limit: str = Field("30/minute", description="Questions that one address may ask without a key.")
    key_rate_limit: str = Field("600/minute", description="Questions that one API key may ask.")
    max_waiting: int = Field(
        64, ge=1, description="Questions that may be under way at once; more are turned away with 503."
    )

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


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
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg']}.", "Correct its value.") from error
    _check_llm(settings)
    return settings


def _check_llm(settings: Settings) -> None:
    """A language model needs its address and its name."""
    url, model = settings.llm_base_url, settings.llm_model
    if (url is None) != (model is None):
        lacking, given = ("MODEL", "BASE_URL") if model is None else ("BASE_URL", "MODEL")
        raise SettingsError(f"{_PREFIX}LLM_{given} is set without {_PREFIX}LLM_{lacking}.", "Set both, or neither.")
    if url is not None and not url.startswith(("http://", "https://")):
        raise SettingsError(f"{_PREFIX}LLM_BASE_URL: {url!r} is no address.", "Name one like http://127.0.0.1:8080/v1.")
