"""Which documents are for training, which for fitting the answering stage, and which for measuring both."""

import hashlib
from typing import Literal

Part = Literal["train", "fit", "measure"]


def part_of(document: str, *, trained: bool = True) -> Part:
    """The part that a document belongs to, by the digest of its name.

    Of six documents one is held out, half of those to measure; of a set that the reader was not ``trained`` on, all.
    """
    number = int(hashlib.sha256(document.encode()).hexdigest(), 16)
    if trained and number % 6 != 2:
        return "train"
    return "fit" if number // 6 % 2 else "measure"
