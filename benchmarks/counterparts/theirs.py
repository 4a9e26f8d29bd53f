"""A run's network in training, as it is written in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from counterparts.layers import Product
from counterparts.optimizers import OPTIMIZERS, scheduler
from counterparts.seen import Arrays, Seen
from experiments.nn.activations import ACTIVATIONS
from experiments.parameters import Choice
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
        loss: a row of the losses.
        start: the weights of each product, (H, D + 1).
        updates: of the whole run.

    """

    def __init__(self, run: Run, loss: str, start: Sequence[np.ndarray], updates: int) -> None:
        network, training = run.network, run.training
        functions = (*network.activations, Choice.of(network.output, ACTIVATIONS))
        hidden = [*[network] * len(network.activations), None]
        self._products = nn.ModuleList(map(Product, start, functions, hidden))
        if training.trainable == "output":
            self._products[:-1].requires_grad_(False)
        self._loss, self._smoothing = loss, training.label_smoothing
        self._clipping = training.clipping
        self._learning = [p for p in self._products.parameters() if p.requires_grad]
        decaying = {id(product.linear.weight) for product in self._products}
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
        values |= {(number, "z"): _plain(z).T for number, z in enumerate(zs)}
        values |= {(number, "a"): _plain(a).T for number, a in enumerate(outputs)}
        gradients = {(n, "z"): _plain(z.grad).T for n, z in enumerate(zs) if z.grad is not None}
        return Seen(values, gradients | self._learned(gradients=True))

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
        return {n: _plain(p.dropout.mask).T for n, p in numbered if p.dropout is not None}

    def learned(self) -> Arrays:
        """Return all that is learned, (H, X) each."""
        return self._learned(gradients=False)

    def moments(self) -> Arrays:
        """Return the running moments, (H, 1)."""
        return {
            (number, name): _plain(array)[:, None]
            for number, product in enumerate(self._products)
            for name, array in product.moments().items()
        }

    def _learned(self, *, gradients: bool) -> Arrays:
        found = {}
        for number, product in enumerate(self._products):
            for name, own in product.learned().items():
                arrays = own if isinstance(own, tuple) else (own,)
                if gradients and not any(array.requires_grad for array in arrays):
                    continue
                # A bias that is left as it is has no gradient: 0.
                taken = [
                    (torch.zeros_like(array) if array.grad is None else array.grad)
                    if gradients
                    else array
                    for array in arrays
                ]
                found[number, name] = _plain(torch.column_stack(taken))
        return found


def _plain(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy().copy()
