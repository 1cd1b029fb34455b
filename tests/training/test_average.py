"""The mean of readers."""

import torch
from average import mean_of


def test_each_parameter_is_the_mean_of_the_readers_that_have_it():
    first = {"span.weight": torch.tensor([1.0, 3.0]), "ids": torch.tensor([0, 1])}
    second = {"span.weight": torch.tensor([3.0, 5.0]), "yes.weight": torch.tensor([7.0]), "ids": torch.tensor([0, 1])}
    mean = mean_of([first, second])
    assert mean["span.weight"].tolist() == [2.0, 4.0]
    assert mean["yes.weight"].tolist() == [7.0]
    assert mean["ids"].tolist() == [0, 1]
