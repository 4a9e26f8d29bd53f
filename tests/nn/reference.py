"""A plain trainer of a single network, to compare with.

It is written to be obviously right and shares no code with what it checks, but for the starting
weights and the random stream of the order. Examples stand in rows, biases apart from weights,
every activation has its whole Jacobian matrix, and every loss is a function of the outputs.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from experiments.records import Dataset, DataShape, Evaluation, Run
from experiments.streams import generator

from .helpers import draw_weights
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
    norm = math.sqrt(sum(float((g**2).sum()) for own in gradients for g in own.values()))
    factor = min(1.0, limit / (norm + 1e-6))
    return [{kind: factor * g for kind, g in own.items()} for own in gradients]


class Net:
    """One network: what it learns, for each layer by name, and what it keeps.

    `weights` are (D, H) and all others (H,). A hidden layer is a product, its normalisation if it
    has one, its activation and, while it trains, dropout.
    """

    def __init__(self, run: Run, shape: DataShape) -> None:
        network = run.network
        sizes = (shape.features, *network.widths, shape.outputs)
        drawn = draw_weights(network.init, network.activation, sizes, run.stream, run.seed)
        self.regression = shape.regression
        self.normalisation, self.dropout = network.normalisation, network.dropout
        self.activations = [(f.name, f.arguments) for f in network.activations]
        self.activations.append((network.output, {}))
        self.learned, self.masks = [], []
        for layer, matrix in enumerate(drawn):
            width, hidden = len(matrix), layer < len(network.widths)
            arrays = {
                "weights": network.init_scale * matrix[:, :-1].T,
                "biases": matrix[:, -1].copy(),
            }
            if hidden and self.normalisation != "none":
                arrays |= {"gain": np.ones(width), "shift": np.zeros(width)}
            name, parameters = self.activations[layer]
            if name == "prelu":
                arrays["slope"] = np.full(width, parameters.get("slope", 0.25))
            self.learned.append(arrays)
            if hidden and self.dropout:
                self.masks.append(generator(run.stream, run.seed, "dropout", layer))
        self.running = [(np.zeros(width), np.ones(width)) for width in network.widths]

    @property
    def weights(self) -> list[np.ndarray]:
        return [arrays["weights"] for arrays in self.learned]

    @property
    def biases(self) -> list[np.ndarray]:
        return [arrays["biases"] for arrays in self.learned]

    def parameters(self, layer: int) -> tuple[str, dict]:
        """Return the activation of a layer and its parameters, learned ones as they are."""
        name, given = self.activations[layer]
        learned = {key: value for key, value in self.learned[layer].items() if key == "slope"}
        return name, given | learned

    def _normalised(self, layer: int, x: np.ndarray, training: bool) -> tuple[np.ndarray, ...]:
        """Return x' (B, H), and its matrix dx'/dx of each unit (H, B, B) or example (B, H, H)."""
        if self.normalisation == "batch" and not training:
            mean, variance = self.running[layer]
            root = np.sqrt(variance + 1e-5)
            return (x - mean) / root, np.eye(len(x)) / root[:, None, None]
        rows = x.T if self.normalisation == "batch" else x  # each of n numbers
        n = rows.shape[1]
        mean, variance = rows.mean(axis=1), rows.var(axis=1)
        root = np.sqrt(variance + 1e-5)
        normal = (rows - mean[:, None]) / root[:, None]
        if self.normalisation == "batch":
            old_mean, old_variance = self.running[layer]
            unbiased = rows.var(axis=1, ddof=1)
            self.running[layer] = 0.9 * old_mean + 0.1 * mean, 0.9 * old_variance + 0.1 * unbiased
        # d x'_i / d x_j = (1[i = j] - 1 / n - x'_i x'_j / n) / root
        outer = normal[:, :, None] * normal[:, None, :]
        matrix = (np.eye(n) - 1 / n - outer / n) / root[:, None, None]
        return (normal.T if self.normalisation == "batch" else normal), matrix

    def through_normalisation(self, layer: int, upstream: np.ndarray) -> np.ndarray:
        """Return the gradient (B, H) for the product from that for what the activation reads."""
        if "gain" not in self.learned[layer]:
            return upstream
        upstream, matrix = upstream * self.learned[layer]["gain"], self.kept[layer]["matrix"]
        if self.normalisation == "batch":
            return np.einsum("bh,hbc->ch", upstream, matrix)
        return np.einsum("bh,bhk->bk", upstream, matrix)

    def forward(
        self, x: np.ndarray, training: bool = False
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return what the activations of each layer read, and its inputs with the output last."""
        zs, values, self.kept = [], [x], []
        for layer, arrays in enumerate(self.learned):
            z, kept = values[-1] @ arrays["weights"] + arrays["biases"], {}
            if "gain" in arrays:
                kept["normal"], kept["matrix"] = self._normalised(layer, z, training)
                z = arrays["gain"] * kept["normal"] + arrays["shift"]
            name, parameters = self.parameters(layer)
            a = FUNCTIONS[name](z, **parameters)
            if training and layer < len(self.masks):
                draws = self.masks[layer].random(a.T.shape, dtype=np.float32)
                kept["mask"] = (self.dropout <= draws.T) / (1 - self.dropout)
                a = a * kept["mask"]
            zs.append(z)
            values.append(a)
            self.kept.append(kept)
        return zs, values

    def gradients(
        self, x: np.ndarray, y: np.ndarray, training: bool = False
    ) -> list[dict[str, np.ndarray]]:
        """Return the gradients of the mean loss for what each layer learns."""
        zs, values = self.forward(x, training)
        output = self.activations[-1][0]
        upstream = loss_gradients(output, values[-1], y, self.regression) / len(x)
        found = []
        for layer in reversed(range(len(zs))):
            arrays, kept, own = self.learned[layer], self.kept[layer], {}
            if "mask" in kept:
                upstream = upstream * kept["mask"]
            name, parameters = self.parameters(layer)
            if "slope" in arrays:
                own["slope"] = (upstream * np.where(zs[layer] < 0, zs[layer], 0)).sum(axis=0)
            delta = np.einsum("bi,bij->bj", upstream, jacobians(name, zs[layer], **parameters))
            if "gain" in arrays:
                own["gain"] = (delta * kept["normal"]).sum(axis=0)
                own["shift"] = delta.sum(axis=0)
            delta = self.through_normalisation(layer, delta)
            own["weights"], own["biases"] = values[layer].T @ delta, delta.sum(axis=0)
            if "gain" in arrays and self.normalisation == "batch":
                own["biases"] = np.zeros_like(own["biases"])  # the mean takes them away
            found.append(own)
            upstream = delta @ arrays["weights"].T
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
    states = [{kind: {} for kind in arrays} for arrays in net.learned]
    batches, found = [], []
    for update in range(when[-1] + 1):
        if update > 0:
            if not batches:
                permutation = order.permutation(shape.train)
                batches = [permutation[i * size : (i + 1) * size] for i in range(per_epoch)]
            rows = batches.pop(0)
            y, smoothing = targets_of(data, rows), training.label_smoothing
            y = (1 - smoothing) * y + smoothing / y.shape[1]
            gradients = net.gradients(data.inputs[rows], y, training=True)
            lowest = len(gradients) - 1 if training.trainable == "output" else 0
            learned = clipped(gradients[lowest:], training.clipping)
            row, total = training.schedule, when[-1]
            rate = training.learning_rate * rate_factor(row.name, update, total, **row.arguments)
            for layer, own in enumerate(learned, lowest):
                for kind, gradient in own.items():
                    w = net.learned[layer][kind]
                    decay = training.weight_decay if kind == "weights" else 0.0
                    if training.optimizer.name in DECOUPLED:
                        w = (1 - rate * decay) * w
                    else:
                        gradient = gradient + decay * w
                    net.learned[layer][kind], states[layer][kind] = rule(
                        w,
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
