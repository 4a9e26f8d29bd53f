"""A run's network in training, as it is written in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from contestants.pytorch_layers import layers
from torch import Tensor, nn
from torch.nn import functional

from counterparts.optimizers import OPTIMIZERS, scheduler
from counterparts.product import Product
from counterparts.seen import Arrays, Seen
from experiments.nn.layers.record import Place
from experiments.records import Run

SAYS = {
    "cross_entropy": "cross_entropy(z, y)",
    "binary_cross_entropy": "binary_cross_entropy_with_logits(z, y).mean(1)",
    "squared_error": "mse_loss(a, y).mean(1)",
}
"""PyTorch's counterpart of each loss, with reduction="none"."""


def losses(name: str, z: Tensor, a: Tensor, y: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the loss of each example, (B,).

    Args:
        name: a row of the losses.
        z: pre-activations (B, C).
        a: outputs (B, C).
        y: targets (B, C).
        smoothing: the share of the targets that all classes get alike.

    """
    if name == "cross_entropy":
        return functional.cross_entropy(z, y, reduction="none", label_smoothing=smoothing)
    if name == "binary_cross_entropy":
        return functional.binary_cross_entropy_with_logits(z, y, reduction="none").mean(1)
    return functional.mse_loss(a, y, reduction="none").mean(1)


class Theirs:
    """One run's network.

    Args:
        run: what is to be trained.
        places: the layers of the project's network.
        loss: a row of the losses.
        start: the weights of each product, (H, D + 1).
        updates: of the whole run.

    """

    def __init__(
        self, run: Run, places: Sequence[Place], loss: str, start: Sequence[np.ndarray],
        updates: int,
    ) -> None:  # fmt: skip
        training = run.training
        self._products = nn.ModuleList(map(Product, layers(places), start))
        if training.trainable == "output":
            self._products[:-1].requires_grad_(False)
        self._loss, self._smoothing = loss, training.label_smoothing
        self._clipping = training.clipping
        self._learning = [p for p in self._products.parameters() if p.requires_grad]
        decaying = {id(product.weight) for product in self._products}
        groups = [
            {
                "params": [p for p in self._learning if (id(p) in decaying) == decays],
                "weight_decay": training.weight_decay if decays else 0.0,
            }
            for decays in (True, False)
        ]
        make = OPTIMIZERS[training.optimizer.name].make
        self._optimizer = make(groups, lr=training.learning_rate, **training.optimizer.arguments)
        self._scheduler = scheduler(self._optimizer, training.schedule, updates)

    def look(self, inputs: np.ndarray, targets: np.ndarray, *, training: bool) -> Seen:
        """Pass a batch forward and backward; gradients stay with the weights.

        Args:
            inputs: (B, D).
            targets: (B, C), not smoothed yet.
            training: whether it is the pass of an update.

        """
        self._products.train(training).zero_grad()
        x, zs, outputs = torch.from_numpy(inputs), [], []
        for product in self._products:
            z, a, x = product(x)
            if z.requires_grad:
                z.retain_grad()
            zs.append(z)
            outputs.append(a)
        smoothing = self._smoothing if training else 0.0
        found = losses(self._loss, zs[-1], outputs[-1], torch.from_numpy(targets), smoothing)
        found.mean().backward()
        last = len(zs) - 1
        values = {(last, "loss"): _plain(found)}
        gradients = {}
        for number, (product, z, a) in enumerate(zip(self._products, zs, outputs, strict=True)):
            values |= {(number, "z"): _plain(product.units(z))}
            values |= {(number, "a"): _plain(product.units(a))}
            if z.grad is not None:
                gradients[number, "z"] = _plain(product.units(z.grad))
                gradients |= _learned(number, product, _gradient)
        return Seen(values, gradients)

    def update(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        """Make one update; see `look` for the arguments."""
        self.look(inputs, targets, training=True)
        if self._clipping is not None:
            nn.utils.clip_grad_norm_(self._learning, self._clipping)
        self._optimizer.step()
        self._scheduler.step()

    def masks(self) -> dict[int, np.ndarray]:
        """Return what dropout multiplied by in the last pass, (H, B) by the product's number."""
        numbered = enumerate(self._products)
        return {n: _plain(p.units(p.dropout.mask)) for n, p in numbered if p.dropout is not None}

    def learned(self) -> Arrays:
        """Return all that is learned, (H, X) each."""
        found: Arrays = {}
        for number, product in enumerate(self._products):
            found |= _learned(number, product, Tensor.detach)
        return found

    def moments(self) -> Arrays:
        """Return the running moments, (P, 1)."""
        return {
            (number, name): _plain(array)
            for number, product in enumerate(self._products)
            for name, array in product.moments().items()
        }


def _learned(number: int, product: Product, read: Callable[[nn.Parameter], Tensor]) -> Arrays:
    return {(number, name): _plain(array) for name, array in product.learned(read).items()}


def _gradient(parameter: nn.Parameter) -> Tensor:
    # A bias that is left as it is has no gradient: 0.
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _plain(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy().copy()
