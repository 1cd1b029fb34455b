"""One share of what an ingest has to embed, so that several processes or machines can do it at once."""

import re
from typing import NamedTuple

from rdhy_qa.documents.document import Document
from rdhy_qa.errors import UsageError
from rdhy_qa.index.drafting import NewPassage, new_passages
from rdhy_qa.index.splitting import Passage

_WRITTEN = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})", re.ASCII)


class Share(NamedTuple):
    """Which share, counted from 1, of how many."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Share":
        """Read what a user wrote, such as ``2/5``.

        Raises:
            UsageError: if it names no share.

        """
        found = _WRITTEN.fullmatch(text)
        share = cls(int(found[1]), int(found[2])) if found else None
        if share is None or share.number > share.of:
            raise UsageError(f"--share {text} names no share.", "Write which one of how many: --share 2/5")
        return share

    def __str__(self) -> str:
        """Return it as a user writes it."""
        return f"{self.number}/{self.of}"

    @property
    def file_name(self) -> str:
        """What its file in the folder of vectors is called, without the suffix."""
        return f"{self.number}-of-{self.of}"

    def holds(self, digest: str) -> bool:
        """Tell whether a passage is of this share, by its digest alone: so all agree without talking."""
        return int(digest[:16], 16) % self.of == self.number - 1


class ShareDraft:
    """Takes what an ingest reads in place of a ``Draft``, and keeps only what its share has to embed."""

    def __init__(self, share: Share) -> None:
        """Begin with no documents."""
        self._share = share
        self._passages = 0
        self.new: dict[str, NewPassage] = {}
        """The passages of the share that were read, by their digests."""

    def take_over(self, _document_id: str) -> None:
        """Pass over a document of the generation before: its vectors are there."""
        self._passages += 1

    def add(self, _document: Document, _source: str | None, passages: list[Passage]) -> None:
        """Take a document that was read."""
        self._passages += len(passages)
        self.new |= {one.digest: one for one in new_passages(passages) if self._share.holds(one.digest)}

    def __len__(self) -> int:
        """Return 0 only where there was nothing to index, in any share."""
        return self._passages
