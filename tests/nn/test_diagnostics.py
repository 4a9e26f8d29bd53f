"""What is read of networks beside their metrics is what the formulas say, and disturbs nothing."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings

from experiments.nn import examples as examples_module
from experiments.nn import training
from experiments.nn.diagnostics import DIAGNOSTICS, columns, layers, outputs, probes, times
from experiments.nn.diagnostics.reading import Reader
from experiments.nn.examples import Examples
from experiments.nn.network import Block, Stack
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.training import train
from experiments.records import METRICS, Dataset, DataShape, Evaluation, Fleet, Run, Trace

from . import diagnostic_reference, reference
from .helpers import (
    FIXED,
    PRECISIONS,
    activation,
    assert_same_bits,
    make_dataset,
    make_fleet,
    make_run,
    optimizer,
    train_alone,
    train_fleet,
)
from .test_fleets import fleets

PRECISE = pytest.mark.parametrize("precision", PRECISIONS)
OPTIMIZED = pytest.mark.parametrize("chosen", OPTIMIZERS)
READ = tuple(row.name for row in (*layers.ROWS, *outputs.ROWS))  # of networks, without a clock
MEASURED = tuple(name for name, row in DIAGNOSTICS.items() if row.measured)
COUNTED = (  # shares of whole numbers, which have no rounding
    "zeros",
    "saturated",
    "dead_units",
    "zero_gradient_units",
    "cut_off",
    "dead_outputs",
    "ambiguous",
    "pre_activation_accuracy",
)
OF_CLASSES = (
    "calibration_error",
    "negative_log_likelihood",
    "ambiguous",
    "pre_activation_accuracy",
    "balanced_accuracy",
)
# Squares of squares explode in three layers, where the plain formulas overflow.
MIXED = [
    {"hidden": name, "init": "lecun", "init_scale": 0.7 if name == "squared_relu" else 1.0}
    for name in FIXED
]
HUGE = 1e30  # a learning rate at which any weight that moves is soon infinite


def asking(fleet: Fleet, names: Sequence[str] = READ) -> Fleet:
    return replace(fleet, runs=tuple(replace(run, diagnostics=tuple(names)) for run in fleet.runs))


def of_rows(trace: Trace, names: Sequence[str]) -> list[str]:
    return [name for name in trace.columns if name.split(" ")[0] in names]


def hidden_columns(trace: Trace, name: str, row: int = 0) -> np.ndarray:
    """Return a diagnostic of all hidden layers at one evaluation, (L,)."""
    depth = sum(c.startswith("zeros ") for c in trace.columns)
    return np.array([trace.metric(f"{name} {layer}")[row] for layer in range(1, depth + 1)])


def assert_as_the_formulas_say(found: Trace, run: Run, data: Dataset, rtol=1e-8, atol=1e-12):
    updates, nets = diagnostic_reference.trained_nets(run, data)
    assert found.updates.tolist() == updates
    for row, net in enumerate(nets):
        expected = diagnostic_reference.diagnostics(net, nets[0], data)
        assert set(expected) == set(found.columns[len(METRICS) :])
        for name, value in expected.items():
            # A variance as the difference of two means keeps half of the digits where it is 0.
            loose = 3e-8 if name.startswith("activation_std") else atol
            np.testing.assert_allclose(
                found.metric(name)[row],
                value,
                rtol=rtol,
                atol=loose,
                err_msg=f"{name} of {run.network} at update {updates[row]}",
            )


# The table


def test_names_are_unique_over_all_files():
    rows = [*layers.ROWS, *outputs.ROWS, *times.ROWS, *probes.ROWS]
    assert len({row.name for row in rows}) == len(rows) == len(DIAGNOSTICS)
    assert len({row.label for row in rows}) == len(rows)
    assert not {row.name for row in rows} & set(METRICS)


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_every_row_is_complete(name):
    row = DIAGNOSTICS[name]
    assert row.name == name
    assert name.isidentifier()
    assert name == name.lower()
    assert row.label.strip()
    assert row.formula.strip()
    assert row.source.strip()
    assert type(row.version) is int
    assert row.version >= 1
    assert row.theory is None or (row.theory.formula.strip() and row.theory.source.strip())


@pytest.mark.parametrize("widths", [(), (3,), (3, 4, 2)], ids=["depth0", "depth1", "depth3"])
def test_columns_are_named_by_layer_in_the_order_asked_for(widths):
    hidden = [str(layer + 1) for layer in range(len(widths))]
    names = ("cut_off", "gradient", "zeros", "sum_error", "weight_movement")
    expected = (
        "cut_off",
        *(f"gradient {layer}" for layer in [*hidden, "output"]),
        *(f"zeros {layer}" for layer in hidden),
        "sum_error",
        *(f"weight_movement {layer}" for layer in [*hidden, "output"]),
    )
    assert columns(names, len(widths)) == expected
    shape = DataShape(3, 2, 20, 0, 5)
    (trace,) = train_fleet(asking(make_fleet([{}], (0,), widths=widths), names), shape)
    assert trace.columns == (*METRICS, *expected)
    assert trace.values.shape[1] == len(trace.columns)


def test_a_net_without_hidden_layers_has_no_hidden_columns():
    fleet = asking(make_fleet([{}], (0,), widths=()), tuple(DIAGNOSTICS))
    (trace,) = train_fleet(fleet, DataShape(3, 2, 20, 0, 5))
    by_layer = [name for name in trace.columns if " " in name]
    assert by_layer
    assert all(name.endswith(" output") for name in by_layer)
    np.testing.assert_array_equal(trace.metric("cut_off"), 0)


def test_columns_hold_the_row_that_they_are_named_after_in_whatever_order_they_are_asked_for():
    """The parts of the data are read one after the other, and the columns mix them."""
    shape = DataShape(3, 3, 20, 0, 7)
    fleet = make_fleet([{"hidden": "relu"}, {"hidden": "tanh"}], (0, 1))
    (first, *_) = train_fleet(asking(fleet, READ), shape)
    (mixed, *_) = train_fleet(asking(fleet, READ[::-2] + READ[-2::-2]), shape)
    assert first.columns != mixed.columns
    assert set(first.columns) == set(mixed.columns)
    for name in first.columns:
        np.testing.assert_array_equal(first.metric(name), mixed.metric(name), err_msg=name)


# The numbers


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "relu", "step"])
@pytest.mark.parametrize("widths", [(), (6,), (6, 5, 4)], ids=["depth0", "depth1", "depth3"])
@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
def test_every_row_is_what_its_formula_says(widths, output, regression):
    shape = DataShape(5, 3, 40, 4, 21, regression)
    variants = [*MIXED, {"hidden": activation("leaky_relu", slope=0.4), "init": "he_uniform"}]
    fleet = asking(
        make_fleet(
            variants if widths else variants[:1],
            seeds=(0, 3),
            widths=widths,
            output=output,
            rate=0.02,
            evaluation=Evaluation(at=(0.4,)),
        )
    )
    datasets = [make_dataset(shape, run.seed) for run in fleet.first_of_seeds]
    for number, (run, trace) in enumerate(zip(fleet.runs, train(fleet, datasets), strict=True)):
        assert len(trace.updates) == 3
        assert_as_the_formulas_say(trace, run, datasets[number % 2])


@pytest.mark.parametrize("normalisation", ["none", "batch", "layer"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_every_row_of_other_layers_is_what_its_formula_says(normalisation, dropout):
    """Networks are evaluated: all units are there, and moments are the running ones."""
    shape = DataShape(5, 3, 40, 4, 21)
    functions = (activation("tanh"), activation("prelu"), activation("relu"))
    given = {"normalisation": normalisation, "dropout": dropout, "init": "lecun", "rate": 0.02}
    fleet = asking(make_fleet([{}], (0, 3), hidden=functions, widths=(6, 5, 4), **given))
    datasets = [make_dataset(shape, run.seed) for run in fleet.first_of_seeds]
    for run, trace, data in zip(fleet.runs, train(fleet, datasets), datasets, strict=True):
        assert_as_the_formulas_say(trace, run, data)


def test_what_is_read_of_one_function_is_no_number_where_layers_have_several():
    functions = (activation("tanh"), activation("relu"))
    fleet = asking(make_fleet([{}], (0,), hidden=functions), ["peak_slope"])
    (trace,) = train_fleet(fleet, DataShape(3, 3, 40, 0, 0))
    assert np.isnan(trace.metric("peak_slope")).all()


@pytest.mark.parametrize("normalisation", ["none", "batch", "layer"])
def test_times_of_other_layers_are_measured(normalisation):
    hidden = (activation("prelu"), activation("relu"))
    given = {"normalisation": normalisation, "dropout": 0.3, "epochs": 1.0}
    fleet = make_fleet([{}], (0, 1), hidden=hidden, **given)
    shape = DataShape(3, 3, 40, 0, 0)
    untimed = train_fleet(fleet, shape)
    for trace, expected in zip(train_fleet(asking(fleet, MEASURED), shape), untimed, strict=True):
        for name in MEASURED:
            assert (trace.metric(name) > 0).all()
        metrics = trace.values[:, : len(METRICS)]  # what was timed were copies
        np.testing.assert_array_equal(metrics, expected.values)


@pytest.mark.parametrize("trainable", ["all", "output"])
def test_weights_that_do_not_learn_do_not_move(trainable):
    fleet = asking(make_fleet([{"hidden": "tanh"}], (0,), trainable=trainable, rate=0.1))
    shape = DataShape(3, 3, 40, 0, 0)
    (trace,) = train_fleet(fleet, shape)
    moved = [trace.metric(f"weight_movement {layer}") for layer in ("1", "2", "output")]
    np.testing.assert_array_equal([m[0] for m in moved], 0)
    assert [m[-1] > 0 for m in moved] == [trainable == "all", trainable == "all", True]
    # What does not learn has its gradient all the same.
    assert (hidden_columns(trace, "gradient", -1) > 0).all()
    assert_as_the_formulas_say(trace, fleet.runs[0], make_dataset(shape))


def test_movement_of_a_linear_model_after_one_update_is_the_gradient_at_the_start():
    """With plain gradient descent on the whole training split, biases starting at 0."""
    rate, shape = 0.3, DataShape(4, 1, 16, 0, 0, regression=True)
    run = replace(
        make_run(
            widths=(),
            output="linear",
            optimizer=optimizer("sgd", momentum=0.0),
            batch=16,
            epochs=1.0,
            rate=rate,
        ),
        diagnostics=("weight_movement", "weight_gradient"),
    )
    data = make_dataset(shape)
    (trace,) = train(Fleet((run,), 1), [data])
    w = reference.Net(run, shape).weights[0][:, 0]
    error = data.inputs @ w - data.labels[:, 0]
    gradient = 2 * np.append(data.inputs.T @ error, error.sum()) / 16
    assert trace.metric("weight_gradient output")[0] == pytest.approx(
        np.sqrt(np.square(gradient[:-1]).mean()), rel=1e-12
    )
    assert trace.metric("weight_movement output")[1] == pytest.approx(
        rate * np.linalg.norm(gradient) / np.linalg.norm(w), rel=1e-12
    )


SMOOTH = [  # pairs without kinks, whose differences converge
    ("tanh", "softmax"),
    ("sigmoid", "sigmoid"),
    ("softmax", "tanh"),
    ("tanh_shifted", "linear"),
    ("linear", "softmax"),
]


@pytest.mark.parametrize(("hidden", "output"), SMOOTH)
@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
def test_gradients_are_the_differences_of_losses(hidden, output, regression):
    """Only a forward pass is believed: the weights and pre-activations are moved a little."""
    shape = DataShape(3, 3, 20, 0, 0, regression)
    run = replace(
        make_run(hidden, widths=(4, 3), output=output, init="lecun", evaluation=Evaluation(at=())),
        diagnostics=("gradient", "weight_gradient"),
    )
    data = make_dataset(shape)
    (trace,) = train(Fleet((run,), 1), [data])
    x, y = data.inputs, reference.targets_of(data, slice(None))
    step = 1e-5

    def losses(net):
        return reference.losses(output, net.forward(x)[1][-1], y, regression)

    def difference(net, arrays, index):
        """Return the derivative of each example's loss for one weight, (B,)."""
        kept = arrays[index]
        arrays[index] = kept + step
        ahead = losses(net)
        arrays[index] = kept - step
        behind = losses(net)
        arrays[index] = kept
        return (ahead - behind) / (2 * step)

    _, nets = diagnostic_reference.trained_nets(run, data)
    for row, net in enumerate(nets):
        for layer, name in enumerate(("1", "2", "output")):
            w, b = net.weights[layer], net.biases[layer]
            # A bias is added to z for each example alike: its derivative is that for z.
            of_z = np.array([difference(net, b, i) for i in range(len(b))])
            of_w = np.array([difference(net, w, i).mean() for i in np.ndindex(w.shape)])
            for key, expected in (("gradient", of_z), ("weight_gradient", of_w)):
                assert trace.metric(f"{key} {name}")[row] == pytest.approx(
                    np.sqrt(np.square(expected).mean()), rel=1e-6, abs=1e-10
                )


def test_the_gradient_of_a_linear_regression_goes_with_its_error():
    """It is the error, up to a factor, at the output; of one unit behind it as well."""
    fleet = asking(make_fleet([{"hidden": "linear"}], (0, 1, 2), widths=(1,), output="linear"))
    for trace in train_fleet(fleet, DataShape(3, 2, 50, 0, 0, regression=True)):
        np.testing.assert_allclose(trace.metric("error_correlation output"), 1, rtol=1e-9)
        assert (np.abs(trace.metric("error_correlation 1")) <= 1 + 1e-9).all()
    for trace in train_fleet(fleet, DataShape(3, 1, 50, 0, 0, regression=True)):
        np.testing.assert_allclose(trace.metric("error_correlation 1"), 1, rtol=1e-9)


@pytest.mark.parametrize("classes", [2, 3, 7, 10])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear", "relu"])
@PRECISE
def test_an_error_that_is_the_same_for_every_example_correlates_with_nothing(
    classes, output, precision
):
    """A net of weights 0 makes one and the same error; what rounding leaves is no variance."""
    fleet = make_fleet(
        [{}], (0,), init_scale=0.0, output=output, precision=precision, epochs=0.0, batch=1
    )
    fleet = asking(fleet, ("error_correlation",))
    for train_part in (1, 3, 50, 600):
        (trace,) = train_fleet(fleet, DataShape(3, classes, train_part, 0, 0))
        assert trace.values[:, len(METRICS) :].shape == (1, 3)
        assert np.isnan(trace.values[:, len(METRICS) :]).all()


def test_a_correlation_is_the_same_at_any_scale_of_gradients_and_errors():
    rng = np.random.default_rng(0)
    x, y = np.abs(rng.normal(1, 0.3, (2, 100)))
    for a, b in ((1, 1), (1e-30, 1e8), (1e-9, 1e-9)):
        sums = [v.sum() for v in (a * x, b * y, a * a * x * x, b * b * y * y, a * b * x * y)]
        found = DIAGNOSTICS["error_correlation"].finish(np.array([sums]), 100)
        assert found[0] == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-10)


@PRECISE
def test_the_confidence_of_a_net_that_knows_nothing_is_its_calibration(precision):
    """Weights of 0: every share is 1 / C, the guess is class 0, and NLL is log C."""
    shape = DataShape(3, 4, 20, 0, 300)
    fleet = asking(make_fleet([{}], (0,), init_scale=0.0, epochs=0.0, precision=precision))
    data = make_dataset(shape, 0, precision)
    (trace,) = train(fleet, [data])
    right = np.mean(data.labels[20:] == 0)
    one = {name: trace.metric(name)[0] for name in trace.columns if " " not in name}
    assert one["calibration_error"] == pytest.approx(abs(right - 0.25), rel=1e-6)
    assert one["negative_log_likelihood"] == pytest.approx(np.log(4), rel=1e-6)
    assert one["sum_error"] == pytest.approx(0, abs=1e-6)
    assert one["ambiguous"] == 1
    assert one["pre_activation_accuracy"] == right
    assert one["balanced_accuracy"] == 0.25


def test_the_balanced_accuracy_of_always_answering_the_largest_class():
    """Nine of ten examples are of class 0: the accuracy is 0.9, the balanced one a half."""
    shape = DataShape(3, 2, 20, 0, 40)
    labels = np.array([0] * 20 + 4 * [0] + [1] + 35 * [0])
    labels[-3:] = 1
    data = Dataset(make_dataset(shape).inputs, labels, shape)
    fleet = asking(make_fleet([{}], (0,), init_scale=0.0, epochs=0.0), ["balanced_accuracy"])
    (trace,) = train(fleet, [data])
    assert trace.metric("test_accuracy")[0] == 0.9
    assert trace.metric("balanced_accuracy")[0] == 0.5


@pytest.mark.parametrize("output", ["softmax", "linear", "sigmoid"])
def test_with_classes_of_one_size_the_balanced_accuracy_is_the_accuracy(output):
    shape = DataShape(3, 3, 60, 0, 300)
    drawn = make_dataset(shape)
    data = Dataset(drawn.inputs, np.arange(360) % 3, shape)
    (trace,) = train(asking(make_fleet([{}], (0,), output=output), ["balanced_accuracy"]), [data])
    np.testing.assert_allclose(trace.metric("balanced_accuracy"), trace.metric("test_accuracy"))


def test_a_class_without_test_examples_has_no_part_in_the_balanced_accuracy():
    shape = DataShape(3, 3, 30, 0, 20)
    data = Dataset(make_dataset(shape).inputs, np.r_[np.arange(30) % 3, np.arange(20) % 2], shape)
    (trace,) = train(asking(make_fleet([{}], (0,)), ["balanced_accuracy"]), [data])
    np.testing.assert_allclose(trace.metric("balanced_accuracy"), trace.metric("test_accuracy"))


def test_an_output_of_just_a_half_is_no_answer():
    fleet = asking(make_fleet([{}], (0,), init_scale=0.0, epochs=0.0, output="sigmoid"))
    for classes in (1, 2, 3):
        (trace,) = train_fleet(fleet, DataShape(3, classes, 20, 0, 20))
        assert trace.metric("ambiguous")[0] == 1


def test_probabilities_by_softmax_are_judged_by_their_cross_entropy():
    fleet = asking(make_fleet([{"hidden": "relu"}, {"hidden": "tanh"}], (0, 1), rate=0.2))
    for trace in train_fleet(fleet, DataShape(3, 3, 60, 0, 300)):
        np.testing.assert_allclose(
            trace.metric("negative_log_likelihood"), trace.metric("test_loss"), rtol=1e-10
        )
        np.testing.assert_array_equal(
            trace.metric("pre_activation_accuracy"), trace.metric("test_accuracy")
        )
        np.testing.assert_allclose(trace.metric("sum_error"), 0, atol=1e-14)


def test_a_sure_mistake_costs_no_infinity():
    """One output is 1 and the other 0 to the last digit, whatever the example."""
    shape = DataShape(1, 2, 4, 0, 4)
    data = Dataset(np.full((8, 1), 1e6), np.array([0, 1] * 4), shape)
    run = replace(make_run(widths=(), epochs=0.0, batch=4), diagnostics=READ)
    (trace,) = train(Fleet((run,), 1), [data])
    assert trace.metric("calibration_error")[0] == pytest.approx(0.5)
    most = -np.log(np.finfo(np.float32).tiny)
    assert trace.metric("negative_log_likelihood")[0] == pytest.approx(most / 2)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("test", [1, 3, 300])
def test_a_regression_has_nothing_that_is_told_of_classes(outputs, test):
    shape = DataShape(3, outputs, 20, 0, test, regression=True)
    fleet = asking(make_fleet([{}, {"hidden": "tanh"}], (0, 1), output="linear"))
    for trace in train_fleet(fleet, shape):
        for name in OF_CLASSES:
            assert np.isnan(trace.metric(name)).all()
        others = of_rows(trace, [name for name in READ if name not in OF_CLASSES])
        assert "sum_error" in others
        known = [name for name in others if "error_correlation" not in name]
        assert np.isfinite([trace.metric(name) for name in known]).all()


def test_without_a_test_part_what_is_read_of_it_is_not_known():
    fleet = asking(make_fleet([{"hidden": "tanh"}], (0, 1), init="glorot"))
    for trace in train_fleet(fleet, DataShape(3, 3, 40, 5, 0)):
        of_test = [name for name in READ if DIAGNOSTICS[name].split == "test"]
        assert len(of_test) == len(outputs.ROWS)
        for name in of_test:
            assert np.isnan(trace.metric(name)).all()
        others = of_rows(trace, [name for name in READ if name not in of_test])
        assert np.isfinite([trace.metric(name) for name in others]).all()


def test_the_test_part_is_read_and_not_the_validation_part():
    shape = DataShape(3, 3, 30, 40, 50)
    data = make_dataset(shape)
    fleet = asking(make_fleet([{"hidden": "tanh"}], (0,)))
    (trace,) = train(fleet, [data])
    for part, same in ((slice(30, 70), True), (slice(70, None), False)):
        changed = Dataset(data.inputs.copy(), data.labels, shape)
        changed.inputs[part] *= -3
        (other,) = train(fleet, [changed])
        for row in outputs.ROWS:
            assert np.array_equal(trace.metric(row.name), other.metric(row.name)) == same


def test_the_whole_training_part_is_read_however_few_examples_an_evaluation_reads():
    shape = DataShape(3, 3, 60, 0, 20)
    for examples in (1, 7, 1000):
        evaluation = Evaluation(at=(), examples=examples)
        fleet = asking(make_fleet([{"hidden": "relu"}], (0,), evaluation=evaluation))
        (trace,) = train_fleet(fleet, shape)
        assert_as_the_formulas_say(trace, fleet.runs[0], make_dataset(shape))


# Parts larger than a chunk


@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
def test_parts_of_several_chunks_are_read_as_if_at_once(regression, monkeypatch):
    shape = DataShape(4, 3, 600, 0, 530, regression)  # chunks of 200, and of 176 and 177
    output = "linear" if regression else "sigmoid"
    variants = [{"hidden": name, "init": "lecun"} for name in ("relu", "tanh", "softmax", "step")]
    fleet = asking(make_fleet(variants, (0, 1), output=output, evaluation=Evaluation(at=())))
    cut = train_fleet(fleet, shape)
    assert [len(part) for part in _examples(shape, fleet).splits(600)] == [3, 0, 3]
    monkeypatch.setattr(examples_module, "CHUNK", 10_000)
    assert [len(part) for part in _examples(shape, fleet).splits(600)] == [1, 0, 1]
    for run, trace, whole in zip(fleet.runs, cut, train_fleet(fleet, shape), strict=True):
        counted = of_rows(trace, COUNTED)
        assert len(counted) == 12
        for name in trace.columns:
            limit = 1e-15 if name in counted else 1e-7 if "deviation" in name else 1e-11
            np.testing.assert_allclose(
                trace.metric(name), whole.metric(name), rtol=limit, atol=limit / 1e3, err_msg=name
            )
        if run.seed == 0:
            assert_as_the_formulas_say(trace, run, make_dataset(shape))


def _examples(shape, fleet):
    return Examples([make_dataset(shape)], "float64")


def test_a_unit_that_is_alive_in_one_chunk_only_is_not_dead():
    """One example of 600 lies on the other side of 0."""
    inputs = -np.ones((600, 1))
    inputs[-1] = 1.0
    shape = DataShape(1, 1, 600, 0, 0, regression=True)
    data = Dataset(inputs, np.ones((600, 1)), shape)
    fleet = asking(make_fleet([{}], range(8), widths=(1,), output="linear", epochs=0.0))
    sides = set()
    for trace in train(fleet, [data] * 8):
        zeros = trace.metric("zeros 1")[0]
        sides.add(round(600 * zeros))
        assert trace.metric("dead_units 1")[0] == 0
        assert trace.metric("zero_gradient_units 1")[0] == 0
        assert trace.metric("cut_off")[0] == 0
    assert sides == {1, 599}


def test_single_precision_reads_nearly_what_double_precision_reads():
    shape = DataShape(6, 3, 300, 0, 300)
    variants = [{"hidden": name} for name in ("relu", "tanh", "sigmoid", "leaky_relu")]
    fleets = {
        precision: asking(make_fleet(variants, (0, 1), precision=precision, epochs=0.0))
        for precision in PRECISIONS
    }
    data = {
        "float64": [make_dataset(shape, seed) for seed in (0, 1)],
        "float32": [make_dataset(shape, seed, "float32") for seed in (0, 1)],
    }
    for single, double in zip(
        *(train(fleets[precision], data[precision]) for precision in PRECISIONS), strict=True
    ):
        for name in single.columns[len(METRICS) :]:
            np.testing.assert_allclose(
                single.metric(name), double.metric(name), rtol=2e-5, atol=1e-6, err_msg=name
            )


# Neighbours


def assert_each_alone_is_the_same(fleet: Fleet, shape: DataShape, every: int = 1) -> list[Trace]:
    traces = train_fleet(fleet, shape)
    for run, trace in list(zip(fleet.runs, traces, strict=True))[::every]:
        alone = train_alone(run, shape)
        assert trace.columns == alone.columns
        assert_same_bits(trace, alone)
    return traces


@PRECISE
@pytest.mark.parametrize(
    ("widths", "batch", "parts"),
    [
        ((), 7, (50, 3, 5)),
        ((1,), 1, (5, 2, 1)),
        ((17,), 33, (100, 3, 31)),
        ((9, 2, 8), 3, (20, 7, 257)),
    ],
    ids=["depth0", "one_unit", "depth1", "depth3"],
)
@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
def test_what_is_read_alone_or_in_a_fleet_is_the_same(precision, widths, batch, parts, regression):
    output = "linear" if regression else "softmax"
    fleet = make_fleet(
        MIXED, (4, 0, 7), widths=widths, batch=batch, precision=precision, output=output
    )
    for size in (2, 10):
        shape = DataShape(3, size, *parts, regression)
        assert_each_alone_is_the_same(asking(fleet), shape, every=4)


@PRECISE
def test_what_is_read_in_a_fleet_so_large_that_numpy_works_in_pieces_is_the_same(precision):
    """NumPy's own buffers hold 8,192 elements; they may not cut a run in two."""
    shape = DataShape(3, 10, 300, 0, 255)
    fleet = make_fleet(
        MIXED, range(12), widths=(13, 11), batch=127, precision=precision, epochs=0.5
    )
    assert_each_alone_is_the_same(asking(fleet), shape, every=17)


@settings(max_examples=40)
@given(fleets())
def test_what_is_read_alone_or_in_any_fleet_is_the_same(fleet_and_shape):
    """Among these fleets are many with rates at which a variant diverges."""
    fleet, shape = fleet_and_shape
    assert_each_alone_is_the_same(asking(fleet), shape, every=3)


@PRECISE
@OPTIMIZED
def test_what_is_read_goes_on_as_it_would_alone_after_a_variant_was_dropped(precision, chosen):
    shape = DataShape(3, 3, 40, 8, 300)
    huge = HUGE if precision == "float32" else 1e160  # its square is infinite
    variants = [
        {"hidden": "leaky_relu", "rate": huge},
        {"hidden": "tanh"},
        {"hidden": "linear", "rate": huge},
        {"hidden": "leaky_relu"},
        {"hidden": "linear", "rate": huge * 10},
    ]
    fleet = asking(
        make_fleet(
            variants,
            (0, 6),
            rate=0.01,
            output="linear",
            optimizer=chosen,
            precision=precision,
            epochs=4.0,
        )
    )
    traces = assert_each_alone_is_the_same(fleet, shape)
    ended = [trace.status == "diverged" for trace in traces]
    assert ended == [True, True, False, False, True, True, False, False, True, True]
    for trace, diverged in zip(traces, ended, strict=True):
        if not diverged:
            moved = of_rows(trace, ["weight_movement"])
            assert len(moved) == 3
            assert all(trace.metric(name)[-1] > 0 for name in moved)
            assert np.isfinite(trace.values).all()


def test_a_run_that_diverges_at_one_seed_leaves_what_is_read_at_the_others_alone():
    shape = DataShape(3, 3, 40, 8, 8)
    fleet = asking(
        make_fleet([{}, {"hidden": "tanh"}], (0, 1), precision="float32", output="linear")
    )
    good, bad = (make_dataset(shape, seed, "float32") for seed in (0, 1))
    bad = Dataset(bad.inputs * np.float32(1e30), bad.labels, bad.shape)
    traces = train(fleet, [good, bad])
    assert [t.status for t in traces] == ["completed", "diverged", "completed", "completed"]
    for number, trace in enumerate(traces):
        alone = Fleet((fleet.runs[number],), 1)
        assert_same_bits(trace, train(alone, [(good, bad)[number % 2]])[0])


# What reading leaves behind


@PRECISE
@OPTIMIZED
@pytest.mark.parametrize("batch", [8, 40, 7], ids=["a_fifth", "the_training_part", "the_test_part"])
def test_runs_with_and_without_diagnostics_have_the_same_metrics(precision, chosen, batch):
    """Reading passes through buffers that training uses, most of all where the sizes agree."""
    shape = DataShape(4, 3, 40, 5, 7)
    for common in ({"trainable": "all"}, {"trainable": "output", "widths": (3,)}):
        fleet = make_fleet(
            MIXED, (0, 1), optimizer=chosen, precision=precision, batch=batch, **common
        )
        plain = train_fleet(fleet, shape)
        read = train_fleet(asking(fleet, READ), shape)
        for a, b in zip(plain, read, strict=True):
            assert a.columns == METRICS
            assert b.columns[: len(METRICS)] == METRICS
            assert len(b.columns) > len(METRICS) + len(READ)
            assert_same_bits(replace(b, values=b.values[:, : len(METRICS)]), a)


def test_a_diagnostic_does_not_depend_on_which_others_are_read():
    shape = DataShape(4, 3, 40, 5, 7)
    fleet = make_fleet([{"hidden": "relu"}, {"hidden": "sigmoid"}], (0, 1))
    together = train_fleet(asking(fleet), shape)
    for name in READ:
        for trace, whole in zip(train_fleet(asking(fleet, [name]), shape), together, strict=True):
            for column in trace.columns:
                np.testing.assert_array_equal(trace.metric(column), whole.metric(column))


def test_reading_twice_gives_the_same():
    shape = DataShape(4, 3, 40, 5, 7)
    fleet = asking(make_fleet(MIXED, (0, 1)))
    for a, b in zip(train_fleet(fleet, shape), train_fleet(fleet, shape), strict=True):
        assert_same_bits(a, b)


def test_a_frozen_run_keeps_what_is_read_of_it():
    fleet = asking(make_fleet(MIXED, (0, 1), rate=0.0))
    for trace in train_fleet(fleet, DataShape(4, 3, 40, 5, 7)):
        np.testing.assert_array_equal(trace.values, trace.values[:1].repeat(len(trace.updates), 0))
        for name in of_rows(trace, ["weight_movement"]):
            np.testing.assert_array_equal(trace.metric(name), 0)


# Dead nets

DEEP = (2, 2, 2)


@PRECISE
@pytest.mark.parametrize("epochs", [0.0, 2.0])
def test_a_dead_relu_net_is_known_as_such_by_every_row_that_tells_of_it(precision, epochs):
    shape = DataShape(2, 3, 8, 0, 8)
    drawn = make_dataset(shape, 0, precision)
    # Positive inputs, so that negative weights make even a first layer dead.
    data = Dataset(np.abs(drawn.inputs), drawn.labels, shape)
    fleet = asking(
        make_fleet([{}], range(60), widths=DEEP, batch=4, epochs=epochs, precision=precision)
    )
    depths = []
    for trace in train(fleet, [data] * 60):
        at_birth = hidden_columns(trace, "dead_units") == 1
        last = len(trace.updates) - 1
        for row in (0, last):
            dead = hidden_columns(trace, "dead_units", row)
            without = hidden_columns(trace, "zero_gradient_units", row)
            zeros = hidden_columns(trace, "zeros", row)
            gradient = hidden_columns(trace, "gradient", row)
            of_weights = hidden_columns(trace, "weight_gradient", row)
            assert trace.metric("cut_off")[row] == float((dead == 1).any())
            np.testing.assert_array_equal(dead == 1, zeros == 1)
            assert (without >= dead).all()  # no ReLU passes a gradient where it is 0
            np.testing.assert_array_equal(without == 1, gradient == 0)
            np.testing.assert_array_equal(hidden_columns(trace, "saturated", row), zeros)
            if (dead == 1).any():
                np.testing.assert_array_equal(without, 1)
                np.testing.assert_array_equal(gradient, 0)
                np.testing.assert_array_equal(of_weights, 0)
                assert np.isnan(hidden_columns(trace, "error_correlation", row)).all()
                # Nothing but the output's biases is left to learn.
                assert trace.metric("gradient output")[row] > 0
                assert trace.metric("weight_gradient output")[row] == 0
            if at_birth.any():
                np.testing.assert_array_equal(hidden_columns(trace, "weight_movement", row), 0)
        depths.append(int(at_birth.argmax()) if at_birth.any() else None)
        if at_birth.any():
            assert trace.metric("cut_off")[last] == 1  # a dead net is not brought back to life
            first = int(at_birth.argmax())
            assert at_birth[first:].all()  # without biases, zeros stay zeros in the layers above
    assert {None, 0, 1, 2} == set(depths)


def test_a_dead_output_is_told_from_a_dead_net():
    """A ReLU output that is negative for every example is dead, though the net below lives."""
    inputs = np.linspace(1, 2, 8)[:, None]
    data = Dataset(inputs, np.arange(8) % 2, DataShape(1, 2, 8, 0, 0))
    fleet = asking(make_fleet([{}], range(20), widths=(), output="relu", epochs=0.0))
    found = []
    for run, trace in zip(fleet.runs, train(fleet, [data] * 20), strict=True):
        share = np.mean(reference.Net(run, data.shape).weights[0] < 0)
        assert trace.metric("dead_outputs")[0] == share
        assert trace.metric("cut_off")[0] == 0
        found.append(share)
    assert {0, 0.5, 1} == set(found)


def test_softmax_units_are_never_dead_and_one_alone_has_no_gradient():
    """A softmax of one unit is 1 whatever reaches it."""
    fleet = asking(make_fleet([{"hidden": "softmax"}], (0, 1), widths=(1,), init="glorot"))
    for trace in train_fleet(fleet, DataShape(3, 3, 40, 0, 0)):
        np.testing.assert_array_equal(trace.metric("dead_units 1"), 0)
        np.testing.assert_array_equal(trace.metric("zero_gradient_units 1"), 1)
        np.testing.assert_array_equal(trace.metric("activation_mean 1"), 1)
        np.testing.assert_array_equal(trace.metric("activation_std 1"), 0)


def test_saturation_is_counted_by_the_share_of_the_steepest_slope():
    """sigmoid' < 0.05 / 4 beyond |z| = 4.3569; a weight of w saturates inputs beyond 4.3569 / w."""
    edge = np.arccosh(1 / np.sqrt(0.05)) * 2
    inputs = np.linspace(-40, 40, 501)[:, None]
    data = Dataset(inputs, np.zeros((501, 1)), DataShape(1, 1, 501, 0, 0, regression=True))
    fleet = make_fleet(
        [{"hidden": "sigmoid"}, {"hidden": "sigmoid_centred"}], range(5), widths=(1,), epochs=0.0
    )
    fleet = asking(fleet, ["saturated"])
    shares = []
    for run, trace in zip(fleet.runs, train(fleet, [data] * 5), strict=True):
        w = reference.Net(run, data.shape).weights[0][0, 0]
        share = np.mean(np.abs(inputs * w) > edge)
        shares.append(share)
        assert trace.metric("saturated 1")[0] == pytest.approx(share, abs=1e-12)
    assert 0 < np.median(shares) < 1


# Times


def test_times_are_positive_and_the_function_takes_a_part_of_an_update():
    fleet = make_fleet(
        [{"hidden": "relu"}, {"hidden": "tanh", "init": "glorot"}],
        (0, 1),
        widths=(64, 64),
        batch=32,
        epochs=0.0,
        precision="float32",
    )
    for trace in train_fleet(asking(fleet, MEASURED), DataShape(20, 10, 64, 0, 0)):
        values = trace.values[:, len(METRICS) :]
        assert np.isfinite(values).all()
        assert (values > 0).all()
        assert (trace.metric("function_share") < 1).all()


def test_times_are_by_run_and_by_element(monkeypatch):
    """By a clock that goes on by a second whenever it is looked at."""
    clock = SimpleNamespace(perf_counter=count(0.0, 1.0).__next__)
    monkeypatch.setattr(times, "time", clock)
    variants = [{"hidden": "relu"}, {"hidden": "tanh"}, {"hidden": "tanh", "rate": 0.1}]
    fleet = asking(make_fleet(variants, (0, 1, 2), batch=8), MEASURED)
    monkeypatch.setattr(times, "MOST_COPIES", 7)
    expected = {
        "function_time": 1e9 / (7 * (5 + 4) * 8),
        "derivative_time": 1e9 / (7 * (5 + 4) * 8),
        "update_time": 1e6 / 7,
        "function_share": 1.0,
    }
    for trace in train_fleet(fleet, DataShape(3, 3, 40, 0, 0)):
        for name, value in expected.items():
            np.testing.assert_allclose(trace.metric(name), value, rtol=1e-12)


def test_each_run_is_measured_for_itself(monkeypatch):
    """By a clock that goes on faster and faster: two measurements never agree."""
    looks = count()
    clock = SimpleNamespace(perf_counter=lambda: float(next(looks)) ** 2)
    monkeypatch.setattr(times, "time", clock)
    fleet = make_fleet([{"hidden": "relu"}, {"hidden": "tanh"}, {"hidden": "tanh"}], (0, 1))
    fleet = asking(fleet, MEASURED)
    traces = train_fleet(fleet, DataShape(3, 3, 40, 0, 0))
    evaluations = len(traces[0].updates)
    # A measurement looks at the clock twice a round; a share takes two measurements.
    each = 2 * (1 + times.ROUNDS)
    assert next(looks) == each * (len(MEASURED) + 1) * len(traces) * evaluations
    for name in MEASURED:
        assert len({value for trace in traces for value in trace.metric(name)}) == (
            len(traces) * evaluations
        )


def test_what_is_timed_are_copies_of_the_run_and_they_read_its_batch(monkeypatch):
    """Of the third seed's tanh: its weights, its function and its inputs, once for each copy."""
    seen = []

    def update(learner, stack, inputs, targets):
        blocks = stack(inputs.shape[-1]).blocks
        seen.append((learner.weights.values.copy(), blocks, inputs.copy(), targets.copy()))

    monkeypatch.setattr(training.Learner, "update", update)
    monkeypatch.setattr(times, "MOST_COPIES", 4)
    fleet = make_fleet([{"hidden": "relu"}, {"hidden": "tanh"}], (0, 1, 2), epochs=0.0)
    fleet = asking(fleet, ["update_time"])
    shape = DataShape(3, 3, 40, 0, 0)
    data = [make_dataset(shape, seed) for seed in range(3)]
    train(fleet, data)
    rounds = 1 + times.ROUNDS
    assert len(seen) == 6 * rounds
    for number, run in enumerate(fleet.runs):
        for weights, blocks, inputs, targets in seen[number * rounds : (number + 1) * rounds]:
            net = reference.Net(run, shape)
            pieces = zip(net.weights, net.biases, strict=True)
            drawn = np.concatenate([np.column_stack([w.T, b]).ravel() for w, b in pieces])
            np.testing.assert_allclose(weights, [drawn] * 4, rtol=1e-12)
            assert blocks == (Block(slice(0, 4), run.network.activation),)
            batch = data[number % 3].inputs[: run.training.batch_size]
            np.testing.assert_array_equal(inputs, [[*batch.T, np.ones(len(batch))]])
            assert targets.shape[0] == 1


def test_the_function_is_timed_on_what_the_run_computes_once_for_each_copy(monkeypatch):
    seen = []

    def function(z, a):
        seen.append((z.copy(), a.copy()))

    row = SimpleNamespace(function=function, backward=lambda *_: None)
    monkeypatch.setattr(times, "ACTIVATIONS", {"tanh": row})
    monkeypatch.setattr(times, "MOST_COPIES", 4)
    fleet = make_fleet([{}, {"init": "lecun"}], (0, 1, 2), hidden="tanh", widths=(5,), epochs=0.0)
    shape = DataShape(3, 3, 40, 0, 0)
    train_fleet(asking(fleet, ["function_time"]), shape)
    rounds = 1 + times.ROUNDS
    assert len(seen) == 6 * rounds
    for number, run in enumerate(fleet.runs):
        batch = make_dataset(shape, run.seed).inputs[: run.training.batch_size]
        (expected, _), _ = reference.Net(run, shape).forward(batch)
        for z, a in seen[number * rounds : (number + 1) * rounds]:
            np.testing.assert_allclose(z, [expected.T] * 4, rtol=1e-12)
            np.testing.assert_allclose(a, np.tanh(z), rtol=1e-12)


def test_products_with_the_slope_are_timed_on_numbers_of_ordinary_size(monkeypatch):
    """A product that is multiplied on and on comes to numbers that take far longer."""
    fleet = make_fleet([{"hidden": "sigmoid", "init_scale": 30.0}], (0,), precision="float32")
    upstream = []

    def backward(z, a, up, scratch):
        upstream.append(up.copy())
        np.multiply(up, 1e-9, out=up)

    row = SimpleNamespace(function=lambda *_: None, backward=backward)
    monkeypatch.setattr(times, "ACTIVATIONS", {"sigmoid": row})
    train_fleet(asking(fleet, ["derivative_time"]), DataShape(3, 3, 40, 0, 0))
    assert upstream
    assert all((up == 1).all() for up in upstream)


def test_a_net_without_hidden_layers_spends_no_time_in_its_function():
    fleet = asking(make_fleet([{}], (0,), widths=()), MEASURED)
    (trace,) = train_fleet(fleet, DataShape(3, 3, 40, 0, 0))
    assert np.isnan(trace.metric("function_time")).all()
    assert np.isnan(trace.metric("function_share")).all()
    assert (trace.metric("update_time") > 0).all()


@OPTIMIZED
@pytest.mark.parametrize("batch", [8, 40])
@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
def test_measuring_times_leaves_all_else_as_it_was(monkeypatch, chosen, batch, regression):
    """Even where the update that is timed has the size of the training split."""
    monkeypatch.setattr(times, "MOST_COPIES", 3)
    shape = DataShape(4, 3, 40, 5, 7, regression)
    fleet = make_fleet(
        [{"hidden": "relu"}, {"hidden": "sigmoid"}, {"hidden": "relu", "rate": HUGE}],
        (0, 1),
        optimizer=chosen,
        batch=batch,
        output="linear" if regression else "softmax",
        evaluation=Evaluation(per_doubling=1),
    )
    untimed = train_fleet(asking(fleet, READ), shape)
    for names in ((*MEASURED, *READ), (*READ, *MEASURED)):
        for timed, expected in zip(train_fleet(asking(fleet, names), shape), untimed, strict=True):
            kept = [timed.columns.index(name) for name in expected.columns]
            assert len(timed.columns) - len(kept) == len(MEASURED)
            assert_same_bits(replace(timed, values=timed.values[:, kept]), expected)


def test_the_update_that_is_timed_has_the_loss_of_the_run(monkeypatch):
    """A sigmoid output has squared error in a regression, which takes another time."""
    found = []

    class Noted(Stack):
        def __init__(self, *given, regression=False, **more):
            found.append(regression)
            super().__init__(*given, regression=regression, **more)

    monkeypatch.setattr(training, "Stack", Noted)
    fleet = asking(make_fleet([{}], (0,), output="sigmoid", epochs=0.0), MEASURED)
    train_fleet(fleet, DataShape(3, 3, 40, 0, 0, regression=True))
    assert set(found) == {True}
    found.clear()
    train_fleet(fleet, DataShape(3, 3, 40, 0, 0))
    assert set(found) == {False}


def test_a_reader_of_nothing_has_no_columns():
    examples = Examples([make_dataset(DataShape(3, 3, 40, 0, 0))], "float64")
    reader = Reader((), examples, 2)
    assert reader.columns == ()
    assert reader.read(None, (make_run(),) * 3, [], [], None).shape == (3, 0)


def test_weights_at_the_start_are_kept_apart_from_those_that_learn():
    """Movement is from the start, not from the last evaluation: it adds up."""
    run = replace(make_run("tanh", rate=0.01, epochs=4.0), diagnostics=("weight_movement",))
    shape = DataShape(3, 3, 40, 0, 0)
    trace = train_alone(run, shape)
    _, nets = diagnostic_reference.trained_nets(run, make_dataset(shape))
    for layer, name in enumerate(("1", "2", "output")):
        moved = np.linalg.norm(
            np.vstack([nets[-1].weights[layer], nets[-1].biases[layer]])
            - np.vstack([nets[0].weights[layer], nets[0].biases[layer]])
        )
        start = np.linalg.norm(nets[0].weights[layer])
        assert trace.metric(f"weight_movement {name}")[-1] == pytest.approx(moved / start)
