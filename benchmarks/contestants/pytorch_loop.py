"""A loop over PyTorch networks, as its tutorials write it."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from contestants import pytorch_layers
from contestants.loop import one_by_one
from contestants.workloads import Task, Weights, starting_weights
from experiments.nn.layers.chain import chain
from experiments.records import Dataset, Run

_ACTIVATIONS = {"relu": [nn.ReLU()], "tanh": [nn.Tanh()], "softmax": []}  # the loss has that
_FORMAT = torch.channels_last  # of images and kernels: see PyTorch's tutorial of that name


class Net:
    """One network in training, see `loop.Net`."""

    def __init__(self, run: Run, data: Dataset) -> None:
        layers = pytorch_layers.layers(chain(run.network, data.shape))
        products = map(pytorch_layers.product, layers, starting_weights(run, data))
        self._products = list(zip(products, layers, strict=True))
        modules: list[nn.Module] = []
        for product, layer in self._products:
            modules += [*pytorch_layers.before(layer), product]
            for place in layer.rest:
                if place.function is not None:
                    modules += _ACTIVATIONS[place.function.name]
                else:
                    modules.append(pytorch_layers.pooling(place))
        self._inputs, self._labels = torch.from_numpy(data.inputs), torch.from_numpy(data.labels)
        if isinstance(modules[0], nn.Unflatten):
            # Once for all, and not batch by batch: what is gathered of it lies in the same way.
            self._inputs = modules.pop(0)(self._inputs).to(memory_format=_FORMAT)
        self._net = nn.Sequential(*modules).to(memory_format=_FORMAT)
        self._loss = nn.CrossEntropyLoss()
        # The fastest of its three ways to step: 5 to 15 % of an update of these nets.
        self._optimizer = torch.optim.SGD(
            self._net.parameters(),
            lr=run.training.learning_rate,
            momentum=run.training.optimizer.arguments["momentum"],
            fused=True,
        )

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
        return [pytorch_layers.weights_of(*pair).numpy() for pair in self._products]


def train(task: Task) -> dict[Run, Weights]:
    """Train all runs of a task and return their last weights."""
    return one_by_one(Net, task)
