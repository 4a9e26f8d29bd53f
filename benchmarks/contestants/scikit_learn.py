"""A loop over scikit-learn's MLPClassifier."""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from contestants.loop import one_by_one
from contestants.workloads import Task, Weights, metrics, starting_weights
from experiments.records import Dataset, Run


class _Started(MLPClassifier):
    """A classifier that starts from given weights and has a softmax for two classes too."""

    def _init_coef(self, fan_in: int, fan_out: int, dtype: type) -> tuple[np.ndarray, np.ndarray]:
        weights = next(self.given)
        # Its layers are (D, H), in the order of memory that its own draws have.
        return np.ascontiguousarray(weights[:, :-1].T, dtype), weights[:, -1].astype(dtype)

    def _validate_input(
        self, X: np.ndarray, y: np.ndarray, incremental: bool, reset: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        X, y = super()._validate_input(X, y, incremental, reset)
        if y.shape[1] == 1:  # two classes, which it would tell apart by one logistic output
            self._label_binarizer.y_type_ = "multiclass"
            y = np.hstack([~y, y])
        return X, y


class Net:
    """One network in training, see `loop.Net`."""

    def __init__(self, run: Run, data: Dataset) -> None:
        training = run.training
        self._run, self._data = run, data
        self._start = starting_weights(run, data)
        self._model = _Started(
            run.network.widths, activation=run.network.activation.name, solver="sgd", alpha=0,
            batch_size=training.batch_size, learning_rate_init=training.learning_rate,
            shuffle=False, momentum=training.optimizer.arguments["momentum"],
            nesterovs_momentum=False,
        )  # fmt: skip
        self._model.given = iter(self._start)

    def advance(self, rows: np.ndarray) -> None:
        """Make one update for each row of the examples' numbers, (U, B)."""
        # Unshuffled, one pass over the examples in the order of the batches is these updates.
        order = rows.ravel()
        inputs, labels = self._data.inputs[order], self._data.labels[order]
        try:
            self._model.partial_fit(inputs, labels, classes=np.arange(self._data.shape.outputs))
        except ValueError:
            # That is how it ends when it has diverged; the weights are there, and tell it.
            if all(np.isfinite(layer).all() for layer in self.weights()):
                raise

    def read(self, rows: slice) -> tuple[float, float]:
        """Return the mean loss and the accuracy on these examples."""
        return metrics(self._run, self.weights(), self._data.inputs[rows], self._data.labels[rows])

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        if not hasattr(self._model, "coefs_"):  # it makes them at its first update
            return self._start
        layers = zip(self._model.coefs_, self._model.intercepts_, strict=True)
        return [np.column_stack([w.T, b]) for w, b in layers]


def train(task: Task) -> dict[Run, Weights]:
    """Train all runs of a task and return their last weights."""
    return one_by_one(Net, task)
