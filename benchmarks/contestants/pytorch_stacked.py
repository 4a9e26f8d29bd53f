"""PyTorch with all runs stacked by hand: batched products, and autograd through them."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from contestants.workloads import Task, Weights, batches, starting_weights
from experiments.records import Run

_ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


def train(task: Task) -> dict[Run, Weights]:
    """Train all runs of a task and return their last weights."""
    run = next(iter(task))
    activation, momentum = run.network.activation.name, run.training.optimizer.arguments["momentum"]
    stacked = zip(*(starting_weights(*pair) for pair in task.items()), strict=True)
    layers = [torch.from_numpy(np.stack(layer)).mT for layer in stacked]  # (R, D + 1, H)
    weights = [layer[:, :-1].contiguous().requires_grad_() for layer in layers]
    biases = [layer[:, -1:].contiguous().requires_grad_() for layer in layers]
    optimizer = torch.optim.SGD(
        weights + biases, lr=run.training.learning_rate, momentum=momentum, fused=True
    )
    inputs = torch.from_numpy(np.concatenate([data.inputs for data in task.values()]))  # (R N, D)
    labels = torch.from_numpy(np.concatenate([data.labels for data in task.values()]))
    for rows in _rows(task):
        a = inputs.index_select(0, rows.flatten()).view(*rows.shape, -1)  # (R, B, D)
        for w, b in zip(weights, biases, strict=True):
            z = torch.baddbmm(b, a, w)
            a = _ACTIVATIONS[activation](z) if w is not weights[-1] else z
        # Runs do not touch each other: the gradient of the sum of their means is each one's own.
        right = labels.index_select(0, rows.flatten())
        loss = functional.cross_entropy(z.flatten(0, 1), right, reduction="sum") / rows.shape[1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    parts = [torch.cat([w, b], 1).mT.detach().numpy() for w, b in zip(weights, biases, strict=True)]
    return {run: [part[number] for part in parts] for number, run in enumerate(task)}


def _rows(task: Task) -> torch.Tensor:
    """Return which rows of the concatenated examples each update sees, (U, R, B)."""
    orders = np.stack([batches(*pair) for pair in task.items()], axis=1)
    examples = next(iter(task.values())).shape.train
    return torch.from_numpy(orders + examples * np.arange(len(task))[:, None])
