"""Diagnostics that are measured with a clock: they do not repeat to the bit."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.diagnostics.record import Diagnostic, View
from experiments.nn.network import Block

ROUNDS = 7


def _seconds(work: Callable[[], object]) -> float:
    """Return the median time of a few rounds, after one that fills the caches."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _function(view: View, block: Block, *, forward: bool = True, backward: bool = True) -> float:
    """Time f, the product with f', or both, in a block's hidden layers: seconds for each run.

    Without a hidden layer there is nothing to time, and the result is NaN.
    """
    row, arguments = ACTIVATIONS[block.activation.name], block.activation.arguments
    hidden = range(len(view.stack.weights) - 1)
    if not hidden:
        return float("nan")
    layers = [view.stack.pre_activations[layer][block.runs].copy() for layer in hidden]
    outputs = [view.stack.outputs[layer][block.runs].copy() for layer in hidden]
    upstream, scratch = ([np.ones_like(z) for z in layers] for _ in range(2))

    def work() -> None:
        for z, a, up, buffer in zip(layers, outputs, upstream, scratch, strict=True):
            if forward:
                row.function(z, a, **arguments)
            if backward:
                row.backward(z, a, up, buffer, **arguments)

    return _seconds(work) / _runs(block)


def _update(view: View, block: Block) -> float:
    """Time whole updates of a block's networks, on copies: seconds for each run."""
    return _seconds(view.update_of(block)) / _runs(block)


def _runs(block: Block) -> int:
    return block.runs.stop - block.runs.start


def _of_blocks(view: View, measure: Callable[[Block], float]) -> np.ndarray:
    result = np.empty(len(view.runs))
    for block in view.stack.blocks:
        result[block.runs] = measure(block)
    return result


def _elements(view: View) -> int:
    return sum(z.shape[1] * z.shape[2] for z in view.stack.pre_activations[:-1])


def _each(view: View, *, forward: bool, backward: bool) -> np.ndarray:
    """Return nanoseconds for each element of the hidden layers, (R,)."""

    def measure(block: Block) -> float:
        return _function(view, block, forward=forward, backward=backward)

    return _of_blocks(view, measure) * 1e9 / max(1, _elements(view))


def _function_time(view: View, _: int) -> np.ndarray:
    return _each(view, forward=True, backward=False)


def _derivative_time(view: View, _: int) -> np.ndarray:
    return _each(view, forward=False, backward=True)


def _update_time(view: View, _: int) -> np.ndarray:
    return _of_blocks(view, lambda block: _update(view, block)) * 1e6


def _function_share(view: View, _: int) -> np.ndarray:
    return _of_blocks(view, lambda block: _function(view, block) / _update(view, block))


def _row(name: str, label: str, formula: str, gather, unit: str = "") -> Diagnostic:
    return Diagnostic(
        name, label, formula, f"the median of {ROUNDS} rounds on this machine, one core",
        gather, where="network", part="none", unit=unit, measured=True,
    )  # fmt: skip


ROWS = (
    _row(
        "function_time", "time of the function",
        "time of f over the elements of all hidden layers, for each", _function_time, "ns",
    ),
    _row(
        "derivative_time", "time of the derivative",
        "time of f' and the product with it over the elements of all hidden layers, for each",
        _derivative_time, "ns",
    ),
    _row(
        "update_time", "time of a whole update",
        "time of forward pass, backward pass and optimizer's step, for each run", _update_time,
        "µs",
    ),
    _row(
        "function_share", "share of the function in an update",
        "time of f and of the product with f' in all hidden layers / time of a whole update",
        _function_share,
    ),
)  # fmt: skip
