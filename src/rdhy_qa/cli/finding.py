"""What a check of ``rdhy-qa doctor`` finds."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """Whether all is well, and what there is to know or to do."""

    status: Literal["ok", "warn", "fail"]
    detail: str
