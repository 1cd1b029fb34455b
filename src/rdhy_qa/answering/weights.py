"""The fitted weights of the answering stage: ``weights.json``, which ``python -m rdhy_qa_evals.fit`` writes."""

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt


@lru_cache(maxsize=1)
def fitted() -> dict[str, Any]:
    """All that was fitted, read once."""
    content: dict[str, Any] = json.loads(
        resources.files("rdhy_qa.answering").joinpath("weights.json").read_text(encoding="utf-8")
    )
    return content


def weights_of(model: str, features: Sequence[str]) -> npt.NDArray[np.float64]:
    """Weights of one model in the order of its features; of shape (features,)."""
    return np.array([fitted()[model][name] for name in features])
