"""Where an index in Milvus is: ``milvus://host:port/name``."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from rdhy_qa.errors import SettingsError

_SCHEME = "milvus:"
# A path that is made of an address has one slash after the scheme.
_ADDRESS = re.compile(r"milvus:/{1,2}(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})/(?P<name>[A-Za-z]\w{0,99})")


@dataclass(frozen=True, slots=True)
class Address:
    """A Milvus server, and the name of an index there."""

    host: str
    port: int
    name: str

    def __str__(self) -> str:
        """Return the address as a user writes it."""
        return f"milvus://{self.host}:{self.port}/{self.name}"

    @property
    def uri(self) -> str:
        """What the client library takes."""
        return f"http://{self.host}:{self.port}"

    @property
    def folder(self) -> Path:
        """Where this machine builds generations for the index, and keeps the small files of those it answers from."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cache / "rdhy-qa" / "milvus" / re.sub(r"\W", "_", f"{self.host}_{self.port}_{self.name}")


def in_milvus(index: Path) -> bool:
    """Tell whether a setting of the index names Milvus, not a folder."""
    return index.parts[:1] == (_SCHEME,)


def address_of(index: Path) -> Address:
    """Take an address apart.

    Raises:
        SettingsError: if it is none.

    """
    found = _ADDRESS.fullmatch(index.as_posix())
    if found is None or int(found["port"]) > 65535:
        raise SettingsError(f"{index} is no address of Milvus.", "Write it as milvus://host:19530/name.")
    return Address(found["host"], int(found["port"]), found["name"])
