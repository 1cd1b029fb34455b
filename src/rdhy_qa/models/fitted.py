"""What was fitted: the weights that rank evidence, and the calibration of confidence.

``ranking.json`` is written by ``python -m rdhy_qa_evals.fit``, ``calibration.json`` by ``rdhy-qa eval calibrate``.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

RANKING, CALIBRATION = "ranking.json", "calibration.json"


@lru_cache(maxsize=2)
def fitted(file: str) -> dict[str, Any]:
    """The content of one of the files, read once."""
    content: dict[str, Any] = json.loads(resources.files("rdhy_qa.models").joinpath(file).read_text(encoding="utf-8"))
    return content


def weights_of(model: str, features: Sequence[str]) -> npt.NDArray[np.float64]:
    """Weights of one ranking model in the order of its features; of shape (features,)."""
    return np.array([fitted(RANKING)[model][name] for name in features])


def fitted_fingerprint() -> str:
    """SHA-256 of both files: where it differs, answers from the same index may."""
    folder = resources.files("rdhy_qa.models")
    return hashlib.sha256(b"".join(folder.joinpath(file).read_bytes() for file in (RANKING, CALIBRATION))).hexdigest()
