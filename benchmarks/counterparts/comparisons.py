"""What is compared: every row of every table, at its defaults and at other parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import or_

import numpy as np
import torch

from counterparts import functions, layers, optimizers, theirs
from counterparts.seen import largest, of_numbers
from counterparts.side_by_side import UPDATES, Difference, compare, run_of
from experiments.nn.activations import ACTIVATIONS, apply
from experiments.nn.losses import LOSSES
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.rate_schedules import SCHEDULES, factors
from experiments.parameters import Choice

FAR = 700
_NEAR, _FAR = np.arange(-24 * 256, 24 * 256) / 256, np.linspace(24, FAR, 32)
GRID = np.concatenate([_NEAR, _FAR, -_FAR])
"""Where activations are read: all kinks are among the points."""

WARM_UPS = (0.0, 0.2)
OPTIONS: dict[str, Mapping[str, float]] = {
    "none": {},
    "weight decay": {"weight_decay": 0.1},
    "clipping": {"clipping": 0.2},
    "label smoothing": {"label_smoothing": 0.1},
    "all three": {"weight_decay": 0.1, "clipping": 0.2, "label_smoothing": 0.1},
}
"""What surrounds an optimizer's rule, by what it is called."""


def choices(name: str, rows: Mapping, tried: Sequence[Mapping]) -> list[Choice]:
    """Return a row at its defaults, and at each of the parameters that are tried beside them."""
    return [Choice.of(name, rows, **given) for given in ({}, *tried)]


def activation(name: str) -> Difference:
    """Compare one activation on a grid, and a network with it."""
    tried = choices(name, ACTIVATIONS, functions.FUNCTIONS[name].tried)
    return reduce(or_, (_on_grid(choice) | compare(run_of(activation=choice)) for choice in tried))


def _on_grid(choice: Choice) -> Difference:
    row, function = ACTIVATIONS[choice.name], functions.FUNCTIONS[choice.name]
    rng = np.random.default_rng(0)
    # Its order is drawn, for the sake of what mixes the units of an example.
    z = rng.permutation(GRID).reshape(8, -1)  # (H, B)
    upstream = rng.uniform(0.5, 1.5, z.shape)
    arguments = choice.arguments
    tensors = {}
    if row.learned:  # another one for each unit, beyond what it may start from
        learned = rng.uniform(-0.5, 1.5, (len(z), 1))
        arguments[row.learned] = learned
        tensors[row.learned] = torch.tensor(learned[:, 0], requires_grad=True)
    a = row.function(z, np.empty_like(z), **arguments)
    x = torch.tensor(z.T.copy(), requires_grad=True)
    y = function.call(x, **(arguments | tensors))
    y.backward(torch.from_numpy(upstream.T.copy()))
    gradients = []
    if row.learned:
        ours = (row.by_learned(z, np.empty_like(z)) * upstream).sum(axis=1)
        gradients.append(of_numbers(ours, tensors[row.learned].grad.numpy()))
    ours = row.backward(z, a, upstream.copy(), np.empty_like(z), **arguments)
    gradients.append(of_numbers(ours, x.grad.numpy().T))
    return Difference(of_numbers(a, y.detach().numpy().T), largest(gradients))


def layer(name: str) -> Difference:
    """Compare networks with one layer."""
    return reduce(or_, (compare(run_of(**given)) for given in layers.LAYERS[name].tried))


def loss(name: str) -> Difference:
    """Compare one loss on a grid of what it reads, and networks that are trained by it."""
    row = LOSSES[name]
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.uniform(-20, 20, (4, 2000)), rng.uniform(-FAR, FAR, (4, 100))], axis=1)
    a = apply(Choice(row.link), z) if row.link else z  # (C, B)
    y = np.eye(4)[rng.integers(4, size=z.shape[1])].T
    read = torch.tensor(z.T.copy(), requires_grad=True)  # z and, without a link, a
    found = theirs.losses(name, read, read, torch.from_numpy(y.T.copy()))
    found.sum().backward()
    grid = Difference(
        of_numbers(row.value(z, a, y), found.detach().numpy()),
        of_numbers(row.gradient(a, y, np.empty_like(a)), read.grad.numpy().T),
    )
    if row.link:
        return grid | compare(run_of(output=row.link))
    regression = compare(run_of(output="linear"), regression=True)
    return grid | regression | compare(run_of(output="tanh"))


def schedule(name: str) -> Difference:
    """Compare the rates of one schedule, with and without a warm-up."""
    return Difference(values=largest(map(_of_rates, _with_warm_ups(name))))


def _of_rates(choice: Choice) -> float:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = optimizers.scheduler(optimizer, choice, UPDATES)
    rates = []
    for _ in range(UPDATES):
        rates += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    return of_numbers(factors(choice, UPDATES), np.array(rates))


def _with_warm_ups(name: str) -> list[Choice]:
    tried = optimizers.SCHEDULES[name].tried
    return [
        Choice.of(name, SCHEDULES, **given, warmup=warmup)
        for given in ({}, *tried)
        for warmup in WARM_UPS
    ]


def updates(optimizer: str, schedule: str) -> Iterator[tuple[str, float, float]]:
    """Compare networks trained by one optimizer under one schedule.

    They have layers that learn what no decay of weights is meant for.

    Yields:
        The option, the share of the warm-up and the largest difference of all that is seen of a
        network, for each of the parameters that are tried.

    """
    row, tried = OPTIMIZERS[optimizer], optimizers.OPTIMIZERS[optimizer].tried
    rules = choices(optimizer, OPTIMIZERS, tried)
    prelu = Choice.of("prelu", ACTIVATIONS)
    for (option, given), rule, rate in product(OPTIONS.items(), rules, _with_warm_ups(schedule)):
        run = run_of(
            activation=prelu, normalisation="layer", optimizer=rule, schedule=rate,
            learning_rate=row.rates[1] / 2, **given,
        )  # fmt: skip
        yield option, rate.arguments["warmup"], compare(run).largest
