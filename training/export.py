"""Export a checkpoint to ONNX with int8 weights, into the library.

``python training/export.py --checkpoint FILE`` writes ``reader.onnx`` and ``tokenizer.json``; with ``--full`` the
network keeps its 32-bit weights, to compare with.
"""

import logging
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Annotated

import torch
import typer
from model import Network, backbone

_LIBRARY = Path(__file__).parents[1] / "src" / "rdhy_qa" / "models" / "packaged_reader"
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OUTPUTS = ("start", "end", "answerable", "yes")


def export(checkpoint: Path, file: Path, *, full: bool) -> None:
    """Write the network of a checkpoint as ONNX."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    network = Network()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["network"])
    network.eval()
    example = tuple(torch.ones((2, 8), dtype=torch.long) for _ in _INPUTS)
    axes = {name: {0: "rows", 1: "tokens"} for name in (*_INPUTS, "start", "end")}
    axes |= {name: {0: "rows"} for name in ("answerable", "yes")}
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            network,
            example,
            str(whole),
            input_names=list(_INPUTS),
            output_names=list(_OUTPUTS),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        if full:
            shutil.copyfile(whole, file)
            return
        logging.disable(logging.WARNING)
        # One scale for each column of a matrix: with one for all of it the outputs are visibly off.
        quantize_dynamic(whole, file, weight_type=QuantType.QUInt8, per_channel=True)


def main(
    checkpoint: Annotated[Path, typer.Option(help="What training/train.py wrote.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = _LIBRARY,
    full: Annotated[bool, typer.Option(help="Keep 32-bit weights.")] = False,
) -> None:
    """Export."""
    out.mkdir(parents=True, exist_ok=True)
    export(checkpoint, out / "reader.onnx", full=full)
    shutil.copyfile(backbone() / "tokenizer.json", out / "tokenizer.json")
    typer.echo(f"{out / 'reader.onnx'}: {(out / 'reader.onnx').stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    typer.run(main)
