"""The mean of several readers' weights, which reads better than each where one was trained on from another.

Wortsman et al., "Model soups" (2022, arXiv 2203.05482). ``python training/average.py A B --out FILE`` writes a
checkpoint that ``export.py`` takes; each reader is a checkpoint (``.pt``) or an export (``.onnx``).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from exported import weights_of


def mean_of(readers: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of each parameter, over the readers that have it: a head that came later is in some only."""
    names = dict.fromkeys(name for reader in readers for name in reader)
    found = {name: [reader[name] for reader in readers if name in reader] for name in names}
    return {
        name: torch.stack(ones).mean(dim=0) if ones[0].is_floating_point() else ones[0] for name, ones in found.items()
    }


def _weights(file: Path) -> dict[str, torch.Tensor]:
    if file.suffix == ".onnx":
        return weights_of(file)
    network: dict[str, torch.Tensor] = torch.load(file, weights_only=True)["network"]
    return network


def main(
    readers: Annotated[list[Path], typer.Argument(help="Checkpoints and exports; one checkpoint at least.")],
    out: Annotated[Path, typer.Option(help="The checkpoint to write.")],
) -> None:
    """Average."""
    if all(file.suffix == ".onnx" for file in readers):
        raise typer.BadParameter("An export lacks the word vectors: name one checkpoint at least.")
    torch.save({"network": mean_of([_weights(file) for file in readers])}, out)


if __name__ == "__main__":
    typer.run(main)
