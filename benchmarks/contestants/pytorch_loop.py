"""A loop over PyTorch networks, as its tutorials write it."""

from __future__ import annotations

from itertools import chain

import numpy as np
import torch
from torch import nn

from contestants.loop import one_by_one
from contestants.workloads import Task, Weights, starting_weights
from experiments.records import Dataset, Run

_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


def _linear(weights: np.ndarray) -> nn.Linear:
    """Return a layer with given weights (H, D + 1)."""
    outputs, inputs = weights.shape
    layer = nn.utils.skip_init(nn.Linear, inputs - 1, outputs)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights[:, :-1]))
        layer.bias.copy_(torch.from_numpy(weights[:, -1]))
    return layer


class Net:
    """One network in training, see `loop.Net`."""

    def __init__(self, run: Run, data: Dataset) -> None:
        self._linear = [_linear(weights) for weights in starting_weights(run, data)]
        activation = _ACTIVATIONS[run.network.activation.name]
        layers = chain.from_iterable((linear, activation()) for linear in self._linear)
        self._net = nn.Sequential(*list(layers)[:-1])
        self._loss = nn.CrossEntropyLoss()
        # The fastest of its three ways to step: 5 to 15 % of an update of these nets.
        self._optimizer = torch.optim.SGD(
            self._net.parameters(),
            lr=run.training.learning_rate,
            momentum=run.training.optimizer.arguments["momentum"],
            fused=True,
        )
        self._inputs, self._labels = torch.from_numpy(data.inputs), torch.from_numpy(data.labels)

    def advance(self, rows: np.ndarray) -> None:
        """Make one update for each row of the examples' numbers, (U, B)."""
        for batch in torch.from_numpy(rows):
            self._optimizer.zero_grad()
            self._loss(self._net(self._inputs[batch]), self._labels[batch]).backward()
            self._optimizer.step()

    @torch.no_grad()
    def read(self, rows: slice) -> tuple[float, float]:
        """Return the mean loss and the accuracy on these examples."""
        outputs, labels = self._net(self._inputs[rows]), self._labels[rows]
        right = (outputs.argmax(1) == labels).float().mean()
        return self._loss(outputs, labels).item(), right.item()

    @torch.no_grad()
    def weights(self) -> Weights:
        """Return the weights as they are now."""
        return [torch.column_stack([part.weight, part.bias]).numpy() for part in self._linear]


def train(task: Task) -> dict[Run, Weights]:
    """Train all runs of a task and return their last weights."""
    return one_by_one(Net, task)
