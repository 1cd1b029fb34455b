"""Files that are read in the place of others."""

import codecs
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Substitute:
    """A file that is read in the place of another, with what is known of its document from elsewhere."""

    path: Path
    metadata: Mapping[str, object] = field(default_factory=dict)
    """By the names of the fields of ``Metadata``; it wins over what the file itself declares."""
    charset: str | None = None
    """The encoding of its text, where that is known. It wins over what the file itself declares."""

    def decoded(self, data: bytes) -> bytes:
        """The file's bytes as they are to be read: those of a text of known encoding in UTF-8, marked as such."""
        if self.charset is None or self.path.suffix == ".pdf" or data.startswith(_BOMS):
            return data
        return codecs.BOM_UTF8 + data.decode(self.charset, errors="replace").encode()

    def fingerprint(self, sha256: str) -> str:
        """One digest for its bytes, of which the digest is given, and all that is known of it."""
        known = (sha256, self.path.suffix, sorted(self.metadata.items()), self.charset)
        return hashlib.sha256(repr(known).encode()).hexdigest()
