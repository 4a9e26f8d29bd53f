"""A plain trainer of a single network, to compare with.

It is written to be obviously right and shares no code with what it checks, but for the starting
weights and the random stream of the order. Examples stand in rows, biases apart from weights,
every activation has its whole Jacobian matrix, and every loss is a function of the outputs.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from experiments.nn.initializers import draw_weights
from experiments.records import Dataset, DataShape, Evaluation, Run
from experiments.streams import generator

from .plain_functions import DERIVATIVES, FUNCTIONS, softmax


def jacobians(name: str, z: np.ndarray, **parameters) -> np.ndarray:
    """Return d a_i / d z_j of each example, (B, H, H)."""
    eye = np.eye(z.shape[1])
    if name == "softmax":
        a = softmax(z)
        return a[:, :, None] * (eye - a[:, None, :])
    return DERIVATIVES[name](z, **parameters)[:, :, None] * eye


# Losses of outputs a (B, C) and targets y (B, C): each example's, and the gradient for a.


def targets_of(data: Dataset, rows) -> np.ndarray:
    """Return what a net should output for these examples, (B, C)."""
    if data.shape.regression:
        return data.labels[rows]
    return np.eye(data.shape.outputs)[data.labels[rows]]


def losses(output: str, a: np.ndarray, y: np.ndarray, regression: bool = False) -> np.ndarray:
    if regression:
        return ((a - y) ** 2).mean(axis=1)
    if output == "softmax":
        return -np.log((a * y).sum(axis=1))
    if output == "sigmoid":
        return -(y * np.log(a) + (1 - y) * np.log(1 - a)).mean(axis=1)
    return ((a - y) ** 2).mean(axis=1)


def loss_gradients(
    output: str, a: np.ndarray, y: np.ndarray, regression: bool = False
) -> np.ndarray:
    if regression:
        return 2 * (a - y) / a.shape[1]
    if output == "softmax":
        return -y / a
    if output == "sigmoid":
        return (-y / a + (1 - y) / (1 - a)) / a.shape[1]
    return 2 * (a - y) / a.shape[1]


# Optimizers: a new weight array and a new state, from weights, gradient, state, rate and number.


def _sgd(w, g, state, rate, number, momentum, nesterov):
    velocity = momentum * state.get("velocity", 0.0) + g  # without the rate, as PyTorch has it
    w = w - rate * (momentum * velocity + g) if nesterov else w - rate * velocity
    return w, {"velocity": velocity}


def _rmsprop(w, g, state, rate, number, decay, epsilon):
    square = decay * state.get("square", 0.0) + (1 - decay) * g**2
    return w - rate * g / (np.sqrt(square) + epsilon), {"square": square}


def _adam(w, g, state, rate, number, beta1, beta2, epsilon):
    mean = beta1 * state.get("mean", 0.0) + (1 - beta1) * g
    square = beta2 * state.get("square", 0.0) + (1 - beta2) * g**2
    right_mean, right_square = mean / (1 - beta1**number), square / (1 - beta2**number)
    w = w - rate * right_mean / (np.sqrt(right_square) + epsilon)
    return w, {"mean": mean, "square": square}


def _nadam(w, g, state, rate, number, beta1, beta2, momentum_decay, epsilon):
    def momentum(t):
        return beta1 * (1 - 0.96 ** (t * momentum_decay) / 2)

    mean = beta1 * state.get("mean", 0.0) + (1 - beta1) * g
    square = beta2 * state.get("square", 0.0) + (1 - beta2) * g**2
    until_now = math.prod(momentum(t) for t in range(1, number + 1))
    with_next = until_now * momentum(number + 1)
    right_mean = momentum(number + 1) * mean / (1 - with_next)
    right_mean = right_mean + (1 - momentum(number)) * g / (1 - until_now)
    w = w - rate * right_mean / (np.sqrt(square / (1 - beta2**number)) + epsilon)
    return w, {"mean": mean, "square": square}


def _adagrad(w, g, state, rate, number, epsilon):
    total = state.get("total", 0.0) + g**2
    return w - rate * g / (np.sqrt(total) + epsilon), {"total": total}


def _lion(w, g, state, rate, number, beta1, beta2):
    mean = state.get("mean", 0.0)
    w = w - rate * np.sign(beta1 * mean + (1 - beta1) * g)
    return w, {"mean": beta2 * mean + (1 - beta2) * g}


RULES = {
    "sgd": _sgd,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adam,
    "nadam": _nadam,
    "adagrad": _adagrad,
    "lion": _lion,
}
DECOUPLED = ("adamw", "lion")


# What surrounds the rule: the rate of an update, and what is done to the whole gradient.


def rate_factor(name: str, number: int, total: int, warmup: float, **parameters) -> float:
    """Return the factor on the learning rate at an update, counted from 1."""
    warm = round(warmup * total)
    if number <= warm:
        return number / warm
    done, rest = number - 1 - warm, total - warm
    if name == "constant":
        return 1.0
    if name == "step":
        stages = parameters["stages"]
        return parameters["drop"] ** sum(done * stages >= k * rest for k in range(1, stages))
    share = (1 + math.cos(math.pi * done / rest)) / 2 if name == "cosine" else 1 - done / rest
    return parameters["end"] + (1 - parameters["end"]) * share


def clipped(gradients: list, limit: float | None) -> list:
    """Shorten the gradient of all layers together to a norm."""
    if limit is None:
        return gradients
    norm = math.sqrt(sum(float((g**2).sum()) for both in gradients for g in both))
    factor = min(1.0, limit / (norm + 1e-6))
    return [tuple(factor * g for g in both) for both in gradients]


class Net:
    """One network: weights (D, H) and biases (H,) of each layer."""

    def __init__(self, run: Run, shape: DataShape) -> None:
        network = run.network
        sizes = (shape.features, *network.widths, shape.outputs)
        drawn = draw_weights(network.init, network.activation, sizes, run.stream, run.seed)
        self.regression = shape.regression
        self.weights = [network.init_scale * layer[:, :-1].T for layer in drawn]
        self.biases = [layer[:, -1].copy() for layer in drawn]
        hidden = (network.activation.name, network.activation.arguments)
        self.activations = [hidden] * len(network.widths) + [(network.output, {})]

    def forward(self, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the pre-activations of each layer, and its inputs with the output at the end."""
        zs, values = [], [x]
        for w, b, (name, parameters) in zip(
            self.weights, self.biases, self.activations, strict=True
        ):
            zs.append(values[-1] @ w + b)
            values.append(FUNCTIONS[name](zs[-1], **parameters))
        return zs, values

    def gradients(self, x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the gradients of the mean loss for the weights and biases of each layer."""
        zs, values = self.forward(x)
        output = self.activations[-1][0]
        upstream = loss_gradients(output, values[-1], y, self.regression) / len(x)
        found = []
        for layer in reversed(range(len(zs))):
            name, parameters = self.activations[layer]
            delta = np.einsum("bi,bij->bj", upstream, jacobians(name, zs[layer], **parameters))
            found.append((values[layer].T @ delta, delta.sum(axis=0)))
            upstream = delta @ self.weights[layer].T
        return found[::-1]


def schedule(evaluation: Evaluation, epochs: float, per_epoch: int) -> list[int]:
    """Return the updates at which a run is evaluated, in whole numbers throughout."""
    total = max(1, round(epochs * per_epoch)) if epochs > 0 else 0
    found = {0, total}
    if evaluation.at is not None:
        found |= {round(at * per_epoch) for at in evaluation.at}
    elif evaluation.every is not None:
        count = int(epochs / evaluation.every) + 2
        found |= {round(i * evaluation.every * per_epoch) for i in range(count)}
    else:
        p, i, update = evaluation.per_doubling, 0, 1
        while update <= total:
            found.add(update)
            i += 1
            while update**p < 2**i:  # so that update = ceil(2^(i / p))
                update += 1
    return sorted(update for update in found if 0 <= update <= total)


def examples_read(run: Run, shape: DataShape, when: list[int]) -> int:
    """Return how many training examples each evaluation reads."""
    if run.evaluation.examples is not None:
        return run.evaluation.examples
    learned = when[-1] * run.training.batch_size
    others = 0.0
    for part, size in (("validation", shape.validation), ("test", shape.test)):
        others += size if part in run.evaluation.often else size / 4
    tens = math.floor((0.6 * learned / len(when) - others) / 10)
    return max(100, min(1000, 10 * tens))


def evaluate(net: Net, data: Dataset, examples: int, wanted: Collection[str]) -> list[float]:
    """Return loss and accuracy on the training subset, the validation and the test split."""
    shape, output = data.shape, net.activations[-1][0]
    validation, test = shape.train, shape.train + shape.validation
    parts = (slice(0, min(examples, shape.train)), slice(validation, test), slice(test, None))
    metrics = []
    for name, part in zip(("train", "validation", "test"), parts, strict=True):
        x, labels = data.inputs[part], data.labels[part]
        if len(x) == 0 or name not in wanted:
            metrics += [np.nan, np.nan]
            continue
        a = net.forward(x)[1][-1]
        metrics.append(losses(output, a, targets_of(data, part), shape.regression).mean())
        metrics.append(np.nan if shape.regression else (a.argmax(axis=1) == labels).mean())
    return metrics


def train(run: Run, data: Dataset) -> tuple[list[int], np.ndarray]:
    """Return the updates of the evaluations, and the metrics (T, M) at each."""
    training, shape = run.training, data.shape
    size, rule = training.batch_size, RULES[training.optimizer.name]
    net = Net(run, shape)
    order = generator(run.stream, run.seed, "order")
    per_epoch = shape.train // size
    when = schedule(run.evaluation, training.epochs, per_epoch)
    states = [[{}, {}] for _ in net.weights]
    batches, found = [], []
    for update in range(when[-1] + 1):
        if update > 0:
            if not batches:
                permutation = order.permutation(shape.train)
                batches = [permutation[i * size : (i + 1) * size] for i in range(per_epoch)]
            rows = batches.pop(0)
            y, smoothing = targets_of(data, rows), training.label_smoothing
            y = (1 - smoothing) * y + smoothing / y.shape[1]
            gradients = net.gradients(data.inputs[rows], y)
            lowest = len(gradients) - 1 if training.layers == "output" else 0
            learned = clipped(gradients[lowest:], training.clipping)
            row, total = training.schedule, when[-1]
            rate = training.learning_rate * rate_factor(row.name, update, total, **row.arguments)
            for layer, both in enumerate(learned, lowest):
                for kind, (arrays, gradient) in enumerate(
                    zip((net.weights, net.biases), both, strict=True)
                ):
                    decay = training.weight_decay if kind == 0 else 0.0
                    if training.optimizer.name in DECOUPLED:
                        arrays[layer] = (1 - rate * decay) * arrays[layer]
                    else:
                        gradient = gradient + decay * arrays[layer]
                    arrays[layer], states[layer][kind] = rule(
                        arrays[layer],
                        gradient,
                        states[layer][kind],
                        rate,
                        update,
                        **training.optimizer.arguments,
                    )
        if update in when:
            whole = len(found) % 4 == 0 or update == when[-1]
            wanted = ("train", "validation", "test") if whole else run.evaluation.often
            found.append(evaluate(net, data, examples_read(run, shape, when), wanted))
    return when, np.array(found)
