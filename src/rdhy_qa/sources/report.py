"""What became of each source."""

from dataclasses import dataclass
from typing import Literal

Result = Literal["new", "changed", "unchanged", "accepted", "kept aside", "refused", "failed"]
"""``kept aside``: what came is probably not what was wanted, so it did not replace a good copy.
``refused``: its address or robots.txt rules it out. ``failed``: it could not be had."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source."""

    source_id: str
    result: Result
    detail: str
    next_step: str = ""

    @property
    def fine(self) -> bool:
        """False where somebody has to look."""
        return self.result in ("new", "changed", "unchanged", "accepted")
