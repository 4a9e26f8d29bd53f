"""Diagnostics that are measured with a clock: they do not repeat to the bit.

Every run is measured for itself: a measurement that runs shared would count once, however many
runs it was written to. Who executes the runs sees to it that nothing else keeps the machine busy
meanwhile, and that the arms take turns (`execution.loop`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.nn.activations import ACTIVATIONS, Activation
from experiments.nn.diagnostics.record import Diagnostic, View

ROUNDS = 7

WORKING_SET, MOST_COPIES = 6 * 2**20, 256
"""About how many bytes the copies of a network take that are timed together, and the most copies.

A network trains beside others, in fleets of about this size (`execution.fleets`), and is timed as
it trains: arrays lie in the same cache, and no call is made for a single small network, which
would cost more than what it computes. Runs of equal shape have equally many copies.
"""


def _seconds(work: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> float:
    """Return the median time of a few rounds, after one that fills the caches.

    Args:
        work: what is timed.
        prepare: what is done before each round and not timed.

    """
    times = []
    for _ in range(1 + ROUNDS):
        prepare()
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def _copies(view: View) -> int:
    """Return how many copies of a network are timed together: as many as would train together."""
    weights = sum(w[0].nbytes for w in view.stack.weights)
    outputs = sum(z[0].nbytes for z in view.stack.pre_activations)
    # As fleets are cut: weights, gradients and the optimizer's state; z, a and their gradients.
    return max(1, min(MOST_COPIES, WORKING_SET // (4 * weights + 5 * outputs)))


def _function(view: View, run: int, *, forward: bool = True, backward: bool = True) -> float:
    """Time f, the product with f', or both, in all hidden layers of a run: seconds.

    Without a hidden layer there is nothing to time, and the result is NaN.
    """
    copies = _copies(view)
    hidden = range(len(view.stack.weights) - 1)
    if not hidden:
        return float("nan")

    def tiled(array: np.ndarray) -> np.ndarray:
        return np.repeat(array[run : run + 1], copies, axis=0)

    def function(layer: int) -> tuple[Activation, dict[str, Any]]:
        blocks = view.stack.functions(layer)
        runs, name, arguments = next(b for b in blocks if b[0].start <= run < b[0].stop)
        learned = {
            key: np.repeat(value[run - runs.start][None], copies, axis=0)
            for key, value in arguments.items()
            if isinstance(value, np.ndarray)
        }
        return ACTIVATIONS[name], arguments | learned

    functions = [function(layer) for layer in hidden]
    layers = [tiled(view.stack.pre_activations[layer]) for layer in hidden]
    outputs = [tiled(view.stack.outputs[layer]) for layer in hidden]
    upstream, scratch = ([np.ones_like(z) for z in layers] for _ in range(2))

    def prepare() -> None:
        # It is overwritten by its product with f'. Multiplied again and again, it would come
        # to numbers so small that a processor takes many times as long over them.
        for up in upstream if backward else ():
            up.fill(1)

    def work() -> None:
        for (row, arguments), z, a, up, buffer in zip(
            functions, layers, outputs, upstream, scratch, strict=True
        ):
            if forward:
                row.function(z, a, **arguments)
            if backward:
                row.backward(z, a, up, buffer, **arguments)

    return _seconds(work, prepare) / copies


def _update(view: View, run: int) -> float:
    """Time whole updates of a run, on copies: seconds."""
    copies = _copies(view)
    return _seconds(view.update_of(run, copies)) / copies


def _of_runs(view: View, measure: Callable[[int], float]) -> np.ndarray:
    """Measure one run after the other, (R,)."""
    return np.array([measure(run) for run in range(len(view.runs))])


def _elements(view: View) -> int:
    return sum(z.shape[1] * z.shape[2] for z in view.stack.pre_activations[:-1])


def _each(view: View, *, forward: bool, backward: bool) -> np.ndarray:
    """Return nanoseconds for each element of the hidden layers, (R,)."""

    def measure(run: int) -> float:
        return _function(view, run, forward=forward, backward=backward)

    return _of_runs(view, measure) * 1e9 / max(1, _elements(view))


def _function_time(view: View, _: int) -> np.ndarray:
    return _each(view, forward=True, backward=False)


def _derivative_time(view: View, _: int) -> np.ndarray:
    return _each(view, forward=False, backward=True)


def _update_time(view: View, _: int) -> np.ndarray:
    return _of_runs(view, lambda run: _update(view, run)) * 1e6


def _function_share(view: View, _: int) -> np.ndarray:
    return _of_runs(view, lambda run: _function(view, run) / _update(view, run))


def _row(name: str, label: str, formula: str, gather, unit: str = "") -> Diagnostic:
    return Diagnostic(
        name, label, formula,
        f"each run for itself, the median of {ROUNDS} rounds on this machine, one core",
        gather, where="network", split="none", unit=unit, measured=True, version=2,
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
