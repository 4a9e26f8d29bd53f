"""A network that is trained on both sides, from the same weights and on the same batches."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from contestants.workloads import batches, listed, starting_weights

from counterparts.ours import Ours
from counterparts.seen import largest, of_arrays
from counterparts.theirs import Theirs
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers.chain import chain
from experiments.nn.losses import loss_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.parameters import Choice
from experiments.records import Dataset, DataShape, Evaluation, Image, Network, Run, Training

UPDATES = 50
BATCH = 20
_CLASSES = DataShape(features=6, outputs=4, train=200, validation=0, test=BATCH)
_NUMBERS = DataShape(features=6, outputs=2, train=200, validation=0, test=BATCH, regression=True)
IMAGE = Image(planes=3, rows=9, columns=8)
_IMAGES = replace(_CLASSES, features=IMAGE.units, image=IMAGE)
_NETWORK = {field.name for field in fields(Network)}


@dataclass(frozen=True)
class Difference:
    """How far the two sides lie apart, by the measures of `seen`; None: nothing to compare."""

    values: float | None = None
    gradients: float | None = None
    updates: float | None = None

    @property
    def largest(self) -> float:
        """The largest of what was compared; NaN if any is NaN."""
        found = (self.values, self.gradients, self.updates)
        return largest(number for number in found if number is not None)

    def __or__(self, other: Difference) -> Difference:
        """Return the larger of each."""
        return Difference(
            _larger(self.values, other.values),
            _larger(self.gradients, other.gradients),
            _larger(self.updates, other.updates),
        )


def _larger(one: float | None, other: float | None) -> float | None:
    known = [number for number in (one, other) if number is not None]
    return largest(known) if known else None


def run_of(**given: object) -> Run:
    """Return a run with two hidden layers of eight and seven tanh, trained by SGD.

    Args:
        **given: fields of its network and its training that are other than that; layers are
            written as in a config.

    """
    if "layers" in given:
        given |= listed(given["layers"])
    network = {
        "widths": (8, 7), "activation": Choice.of("tanh", ACTIVATIONS), "init": "he",
        "output": "softmax",
    }  # fmt: skip
    training = {
        "optimizer": Choice.of("sgd", OPTIMIZERS), "learning_rate": 2.0**-5, "batch_size": BATCH,
        "epochs": UPDATES * BATCH / _CLASSES.train, "precision": "float64",
    }  # fmt: skip
    network |= {name: value for name, value in given.items() if name in _NETWORK}
    training |= {name: value for name, value in given.items() if name not in _NETWORK}
    return Run(
        Choice("drawn by a teacher"), Network(**network), Training(**training), Evaluation(),
        "evaluation", 0,
    )  # fmt: skip


def compare(run: Run, *, regression: bool = False) -> Difference:
    """Train a network on both sides and compare everything that can be seen of it.

    Values and gradients are those of a batch in training before the first update, and of other
    examples in evaluation after the last; what is learned, and running moments, is compared after
    the updates.
    """
    data = _data(_NUMBERS if regression else _IMAGES if run.network.layers else _CLASSES)
    start, places = starting_weights(run, data), chain(run.network, data.shape)
    loss = loss_of(run.network.output, regression).name
    ours = Ours(run, places, start, UPDATES, regression=regression)
    theirs = Theirs(run, places, loss, start, UPDATES)
    rows = batches(run, data)
    held_out = slice(data.shape.train, None)
    differences = [_look(ours, theirs, *_examples(data, rows[0]), training=True)]
    for batch in rows:
        examples = _examples(data, batch)
        theirs.update(*examples)
        ours.leave_out(theirs.masks())
        ours.update(*examples)
    after = [
        of_arrays(ours.learned(), theirs.learned()),
        of_arrays(ours.moments(), theirs.moments()),
    ]
    differences.append(Difference(updates=largest(after)))
    differences.append(_look(ours, theirs, *_examples(data, held_out), training=False))
    return differences[0] | differences[1] | differences[2]


def _look(
    ours: Ours, theirs: Theirs, inputs: np.ndarray, targets: np.ndarray, *, training: bool
) -> Difference:
    right = theirs.look(inputs, targets, training=training)
    if training:
        ours.leave_out(theirs.masks())
    left = ours.look(inputs, targets, training=training)
    return Difference(
        of_arrays(left.values, right.values), of_arrays(left.gradients, right.gradients)
    )


def _data(shape: DataShape) -> Dataset:
    """Draw normal inputs, and what a linear teacher makes of them: a class, or numbers."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((shape.train + shape.test, shape.features))
    taught = inputs @ rng.standard_normal((shape.features, shape.outputs))
    return Dataset(inputs, taught if shape.regression else taught.argmax(axis=1), shape)


def _examples(data: Dataset, rows: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs (B, D) and targets (B, C) of some examples."""
    labels = data.labels[rows]
    targets = labels if data.shape.regression else np.eye(data.shape.outputs)[labels]
    return data.inputs[rows], targets
