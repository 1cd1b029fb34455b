"""The weights of an exported reader, to train on from: the library holds the reader, nobody has to keep its checkpoint.

Its weights have eight bits, so what is read is not quite what was trained; the first steps mend that.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

_QUANTIZED, _SCALE, _ZERO = "_quantized", "_scale", "_zero_point"


def weights_of(file: Path) -> dict[str, torch.Tensor]:
    """The state of a ``Network`` but for its word vectors, which are never trained, by the names of its parameters.

    Quantised matrices follow onnxruntime's dynamic quantisation: real = (stored - zero point) * scale, for each column.
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    graph = onnx.load(str(file)).graph
    stored = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
    found = {name: torch.from_numpy(one.copy()) for name, one in stored.items() if name.endswith((".weight", ".bias"))}
    for name in stored:
        if name.endswith(_QUANTIZED) and ".embeddings." in name and "word_embeddings" not in name:
            found[name.removesuffix(_QUANTIZED)] = _real(stored, name)
    for node in graph.node:
        if node.op_type == "MatMulInteger":  # "/encoder/encoder/layer.0/attention/self/query/MatMul_quant"
            module = node.name.strip("/").rpartition("/")[0].replace("/", ".")
            # A matrix multiplies from the right here, from the left in a linear layer.
            found[f"{module}.weight"] = _real(stored, node.input[1]).T.contiguous()
    return found


def _real(stored: dict[str, np.ndarray], name: str) -> torch.Tensor:
    base = name.removesuffix(_QUANTIZED)
    real = (stored[name].astype(np.float32) - stored[base + _ZERO].astype(np.float32)) * stored[base + _SCALE]
    return torch.from_numpy(np.ascontiguousarray(real, dtype=np.float32))
