"""Diagnostics of a single network, read plainly, to compare with.

It is written after the formulas of the rows and shares no code with them. Nothing is added up over
pieces: a part of the data is passed through at once, and what is told of single examples is told
of one after the other.
"""

from __future__ import annotations

import copy
from unittest.mock import patch

import numpy as np

from experiments.records import Dataset, Run

from . import reference
from .plain_functions import SELU_ALPHA, SELU_SCALE

PEAKS = {  # max |f'|
    "step": 0.0,
    "linear": 1.0,
    "sigmoid": 0.25,
    "tanh": 1.0,
    "relu": 1.0,
    "leaky_relu": 1.0,
    "prelu": 1.0,
    "straight_through_step": 1.0,
    "sigmoid_centred": 0.25,
    "tanh_shifted": 1.0,
    "relu6": 1.0,
    "softplus": 1.0,
    "elu": 1.0,
    "selu": SELU_SCALE * SELU_ALPHA,
    "celu": 1.0,
    "gelu": 1.128904145,
    "gelu_tanh": 1.128992,
    "silu": 1.099839320,
    "mish": 1.088498,
    "hard_swish": 1.5,
    "softsign": 1.0,
    "hard_tanh": 1.0,
    "hard_sigmoid": 1 / 6,
    "scaled_tanh": 1.7159 * 2 / 3,
    "sine": 1.0,
    "gaussian": np.sqrt(2 / np.e),
}
BINS = 15
LEAST = 2.0**-126  # the least positive number that single precision holds in full


def trained_nets(run: Run, data: Dataset) -> tuple[list[int], list[reference.Net]]:
    """Return the updates of the evaluations, and the network as it is at each."""
    nets: list[reference.Net] = []

    def keep(net, *_):
        nets.append(copy.deepcopy(net))
        return [0.0]

    with patch.object(reference, "evaluate", keep):
        updates, _ = reference.train(run, data)
    return updates, nets


def deltas(
    net: reference.Net, x: np.ndarray, y: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the gradient of each example's own loss, layer by layer.

    For what the activations read, and for the products; they differ where there is normalisation.
    """
    zs, values = net.forward(x)
    upstream = reference.loss_gradients(net.activations[-1][0], values[-1], y, net.regression)
    found, of_products = [], []
    for layer in reversed(range(len(zs))):
        name, parameters = net.parameters(layer)
        matrices = reference.jacobians(name, zs[layer], **parameters)
        delta = np.stack([u @ m for u, m in zip(upstream, matrices, strict=True)])
        found.insert(0, delta)
        of_products.insert(0, net.through_normalisation(layer, delta))
        upstream = of_products[0] @ net.weights[layer].T
    return found, of_products


def diagnostics(net: reference.Net, start: reference.Net, data: Dataset) -> dict[str, float]:
    """Return every column that is neither measured nor of the activation function alone."""
    train = slice(0, data.shape.train)
    test = slice(data.shape.train + data.shape.validation, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            **_of_training_part(net, start, data.inputs[train], reference.targets_of(data, train)),
            **_of_test_part(net, data.inputs[test], data.labels[test]),
        }


def _of_training_part(net, start, x, y) -> dict[str, float]:
    zs, values = net.forward(x)
    inputs, outputs = values[:-1], values[1:]
    gradients, of_products = deltas(net, x, y)
    errors = [np.linalg.norm(a - wanted) for a, wanted in zip(outputs[-1], y, strict=True)]
    last = len(zs) - 1
    found = {}
    for layer, (z, a, delta) in enumerate(zip(zs, outputs, gradients, strict=True)):
        where = "output" if layer == last else str(layer + 1)
        found[f"gradient {where}"] = np.sqrt(np.mean(delta**2))
        of_weights = np.mean(
            [np.outer(*both) for both in zip(inputs[layer], of_products[layer], strict=True)], 0
        )
        found[f"weight_gradient {where}"] = np.sqrt(np.mean(of_weights**2))
        found[f"activation_mean {where}"] = np.mean(a)
        found[f"activation_std {where}"] = np.std(a)
        found[f"weight_movement {where}"] = _movement(net, start, layer)
        norms = [np.linalg.norm(d) for d in delta]
        found[f"error_correlation {where}"] = _correlation(norms, errors)
        if layer < last:
            found[f"zeros {where}"] = np.mean(a == 0)
            found[f"dead_units {where}"] = np.mean([not unit.any() for unit in a.T])
            found[f"zero_gradient_units {where}"] = np.mean([not unit.any() for unit in delta.T])
            found[f"saturated {where}"] = _saturated(z, *net.parameters(layer))
    found["cut_off"] = float(any(not a.any() for a in outputs[:-1]))
    found["dead_outputs"] = np.mean([not unit.any() for unit in outputs[-1].T])
    return found


def _saturated(z, name, parameters) -> float:
    if name not in PEAKS:  # no slope of one unit, or none that is the steepest
        return np.nan
    slopes = reference.DERIVATIVES[name](z, **parameters)
    return np.mean([abs(slope) < 0.05 * PEAKS[name] for slope in slopes.flat])


def _movement(net, start, layer) -> float:
    def flat(which):
        return np.append(which.weights[layer], which.biases[layer])

    return np.linalg.norm(flat(net) - flat(start)) / np.linalg.norm(flat(start))


def _correlation(x, y) -> float:
    if np.std(x) <= 1e-6 * np.mean(x) or np.std(y) <= 1e-6 * np.mean(y):
        return np.nan
    return np.corrcoef(x, y)[0, 1]


def _of_test_part(net, x, labels) -> dict[str, float]:
    names = (
        "calibration_error",
        "negative_log_likelihood",
        "sum_error",
        "ambiguous",
        "pre_activation_accuracy",
        "balanced_accuracy",
    )
    if len(x) == 0:
        return dict.fromkeys(names, np.nan)
    found = dict.fromkeys(names, 0.0)
    answered = {label: [] for label in labels} if not net.regression else {}  # rightly?
    bins = {m: [] for m in range(1, BINS + 1)}  # (right?, confidence) with (m - 1) / M < c <= m / M
    for example, label in zip(x, labels, strict=True):
        zs, values = net.forward(example[None])
        z, a = zs[-1][0], values[-1][0]
        found["sum_error"] += abs(sum(a) - 1) / len(x)
        if net.regression:
            continue
        # Rightly: no other class has as much, but for those before it where outputs are equal.
        beaten = [a[c] < a[label] or (a[c] == a[label] and c > label) for c in range(len(a))]
        answered[label].append(sum(beaten) == len(a) - 1)
        shares = a / sum(a)
        found["ambiguous"] += (sum(share > 0.5 for share in a) != 1) / len(x)
        found["pre_activation_accuracy"] += (np.argmax(z) == label) / len(x)
        found["negative_log_likelihood"] -= np.log(np.maximum(shares[label], LEAST)) / len(x)
        confidence = max(shares)
        number = next((m for m in bins if confidence <= m / BINS), BINS)
        bins[number].append((np.argmax(shares) == label, confidence))
    if net.regression:
        return dict.fromkeys(names, np.nan) | {"sum_error": found["sum_error"]}
    found["balanced_accuracy"] = np.mean([np.mean(right) for right in answered.values()])
    for members in filter(None, bins.values()):
        accuracy, confidence = np.mean(members, axis=0)
        found["calibration_error"] += len(members) / len(x) * abs(accuracy - confidence)
    return found
