"""The catalogue: ``sources.toml``, which lists where each original lives and what is to become of it."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from rdhy_qa.errors import CatalogueError, NotFoundError

NAME = "sources.toml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    """One original."""

    # It becomes the name of a folder.
    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    title: str
    address: str = ""
    """Where it lives; empty if that is not known."""
    digest: bool
    """Whether our file is a digest of it."""
    path: str
    """Our file that retells it, stands for it or cites it, below the catalogue's folder."""
    note: str | None = None
    fetch: bool = True
    """False for one that is never to be fetched."""
    prefer: Literal["digest", "original"] = "digest"
    """What ``ingest`` is to read where both are held."""

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if not value or path.is_absolute() or ".." in path.parts:
            raise ValueError("must name a file below the catalogue's folder")
        return value

    @model_validator(mode="after")
    def _can_be_preferred(self) -> "Source":
        if self.prefer == "original" and not self.address:
            raise ValueError("prefer = 'original' needs an address")
        return self

    @property
    def to_be_fetched(self) -> bool:
        """Whether there is an address, and nothing against asking for it."""
        return bool(self.address) and self.fetch

    @property
    def stands_for_it(self) -> bool:
        """True where ``path`` is our file on this very original, not one that only cites it."""
        return PurePosixPath(self.path).stem == self.id


class Catalogue(_Part):
    """All of ``sources.toml``."""

    contact: Annotated[str, StringConstraints(pattern=r"^[!-'*-~]{1,200}$")] | None = None
    """Address of a page or a mailbox where those whose pages are fetched find us."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts that may be fetched from although they are not on the public internet."""
    sources: Annotated[tuple[Source, ...], Field(alias="source")] = ()

    @model_validator(mode="after")
    def _has_each_id_once(self) -> "Catalogue":
        # Some file systems take a and A for the same folder.
        twice = [key for key, count in Counter(source.id.lower() for source in self.sources).items() if count > 1]
        if twice:
            raise ValueError(f"the id {twice[0]!r} is given twice")
        return self

    def choose(self, ids: Iterable[str]) -> tuple[Source, ...]:
        """The sources with these ids, in the order of the catalogue.

        Raises:
            NotFoundError: when there is no source of an id.

        """
        wanted = set(ids)
        chosen = tuple(source for source in self.sources if source.id in wanted)
        unknown = sorted(wanted - {source.id for source in chosen})
        if unknown:
            raise NotFoundError(f"{NAME} has no source {unknown[0]!r}.", "Name the id of one of its sources.")
        return chosen


def load_catalogue(folder: Path) -> Catalogue:
    """Read the catalogue of a corpus.

    Raises:
        CatalogueError: when it is missing or wrong.

    """
    path = folder / NAME
    try:
        loaded = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        step = "Name the folder of a corpus that has one: --corpus DIR"
        raise CatalogueError(f"{path} can't be opened: {error.strerror}.", step) from error
    except ValueError as error:  # neither TOML nor UTF-8
        raise CatalogueError(f"{path} is not valid TOML: {_sentence(str(error))}", "Correct it.") from error
    try:
        return Catalogue.model_validate(loaded)
    except ValidationError as error:
        raise CatalogueError(f"{path}: {_explain(error, loaded)}", "Correct it; its head says what is used.") from error


def _explain(error: ValidationError, loaded: dict[str, object]) -> str:
    """The first thing that is wrong, with the source that it is wrong in."""
    first = error.errors(include_url=False, include_input=False)[0]
    names = [str(part) for part in first["loc"]]
    sources = loaded.get("source")
    if len(names) > 1 and names[0] == "source" and isinstance(sources, list):
        entry = sources[int(names[1])]
        known = entry.get("id") if isinstance(entry, dict) else None
        names = [f"source {known or int(names[1]) + 1!r}", *names[2:]]
    return _sentence(": ".join([*names, first["msg"].removeprefix("Value error, ")]))


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."
