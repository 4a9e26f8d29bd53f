"""Whole trajectories against the plain trainer of reference.py."""

import numpy as np
import pytest

from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.training import train
from experiments.records import DataShape, Evaluation

from . import reference
from .helpers import (
    FIXED,
    activation,
    make_dataset,
    make_fleet,
    make_run,
    optimizer,
    schedule,
    train_alone,
    train_fleet,
)

SHAPE = DataShape(5, 3, 60, 17, 19)
VARIANTS = [
    ("sgd", {"momentum": 0.0}),
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("sgd", {"momentum": 0.0, "nesterov": True}),
    ("rmsprop", {"decay": 0.5, "epsilon": 1e-3}),
    ("rmsprop", {"decay": 0.0, "epsilon": 0.1}),
    ("adam", {"beta1": 0.5, "beta2": 0.9}),
    ("adam", {"beta1": 0.0, "epsilon": 1e-2}),
    ("nadam", {"beta1": 0.5, "momentum_decay": 0.3}),
    ("nadam", {"beta1": 0.99, "beta2": 0.5, "momentum_decay": 0.0, "epsilon": 1e-2}),
    ("adagrad", {"epsilon": 0.1}),
    ("lion", {"beta1": 0.3, "beta2": 0.6}),
]
OPTIMIZED = [
    pytest.param(optimizer(name, **given), id="-".join([name, *map(str, given.values())]))
    for name, given in [*((name, {}) for name in OPTIMIZERS), *VARIANTS]
]


def assert_follows_the_plain_trainer(fleet, shape, rtol=1e-10):
    dtype = fleet.runs[0].training.precision
    datasets = [make_dataset(shape, run.seed, dtype) for run in fleet.first_of_seeds]
    for number, (run, trace) in enumerate(zip(fleet.runs, train(fleet, datasets), strict=True)):
        updates, metrics = reference.train(run, datasets[number % fleet.seeds])
        assert trace.status == "completed"
        assert trace.updates.tolist() == updates
        np.testing.assert_allclose(
            trace.values, metrics, rtol=rtol, atol=1e-13, err_msg=f"{run.network} seed {run.seed}"
        )
        moved = np.ptp(trace.metric("train_loss"))
        passive = ("step", "relu", "relu6", "squared_relu")  # an output may have no gradient
        assert moved > 1e-6 or run.network.output in passive, run.network
        assert np.isnan(trace.metric("train_accuracy")).all() == shape.regression


@pytest.mark.parametrize("chosen", OPTIMIZED)
def test_every_optimizer_follows_its_plain_rule(chosen):
    if chosen.name not in reference.RULES:
        pytest.skip(f"reference.py has no rule for {chosen.name}")
    rate = OPTIMIZERS[chosen.name].rates[1] / 4
    fleet = make_fleet(
        [{"hidden": h, "rate": r * rate} for h in ("tanh", "leaky_relu") for r in (1, 2)],
        seeds=(0, 3),
        optimizer=chosen,
        widths=(6, 4),
        batch=8,
        epochs=50 / 7,
    )
    assert_follows_the_plain_trainer(fleet, SHAPE)


EVERY_HIDDEN = [
    # Squares of squares explode at a rate that suits the others.
    *(
        {"hidden": name, "init": "lecun", "rate": 0.01 if name == "squared_relu" else 0.05}
        for name in reference.FUNCTIONS
        if name in FIXED
    ),
    {"hidden": activation("leaky_relu", slope=0.4), "init": "he_uniform"},
    {"hidden": activation("elu", alpha=0.3), "init": "he"},
    {"hidden": activation("celu", alpha=2.0), "init": "he"},
    {"hidden": activation("silu", beta=2.0), "init": "he"},
    {"hidden": activation("sine", frequency=0.5), "init": "glorot"},
]


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear"])
def test_every_activation_follows_the_plain_network(output):
    fleet = make_fleet(EVERY_HIDDEN, seeds=(1, 2), output=output, widths=(6, 4), epochs=50 / 7)
    assert_follows_the_plain_trainer(fleet, SHAPE)


@pytest.mark.parametrize("output", reference.FUNCTIONS)
def test_every_output_follows_the_plain_network(output):
    fleet = make_fleet(
        [{"hidden": name, "init": "lecun"} for name in ("tanh", "leaky_relu", "gelu", "softmax")],
        seeds=(1, 2),
        output=output,
        rate=0.05,
        widths=(6, 4),
        epochs=50 / 7,
    )
    assert_follows_the_plain_trainer(fleet, SHAPE)


MIXED = (activation("relu"), activation("prelu"), activation("tanh"))
LAYERED = [
    {"normalisation": "batch"},
    {"normalisation": "layer"},
    {"dropout": 0.4},
    {"normalisation": "batch", "dropout": 0.2, "hidden": "prelu"},
    {"normalisation": "layer", "dropout": 0.6, "hidden": MIXED},
    {"hidden": activation("prelu", slope=0.6)},
    {"hidden": MIXED, "init": "matched"},
    {"normalisation": "batch", "hidden": MIXED[::-1]},
]


@pytest.mark.parametrize("chosen", ["sgd", "adam"])
@pytest.mark.parametrize("given", LAYERED, ids=lambda given: "-".join(given))
@pytest.mark.parametrize("trainable", ["all", "output"])
def test_every_layer_follows_the_plain_network(given, chosen, trainable):
    common = {
        "hidden": "tanh",
        "optimizer": chosen,
        "trainable": trainable,
        "epochs": 50 / 7,
    } | given
    fleet = make_fleet([{}, {"rate": 0.02}], (0, 3), widths=(6, 4, 5), **common)
    # Moments are sums of another order here and there, and what is near 0 amplifies that.
    assert_follows_the_plain_trainer(fleet, SHAPE, rtol=1e-8)


@pytest.mark.parametrize("widths", [(), (1,), (7,), (3, 1, 4), (5, 5, 5, 5)])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear"])
def test_every_depth(widths, output):
    fleet = make_fleet([{}, {"hidden": "tanh"}], seeds=(5,), widths=widths, output=output)
    assert_follows_the_plain_trainer(fleet, SHAPE)


@pytest.mark.parametrize(
    ("shape", "batch", "examples"),
    [
        (DataShape(2, 2, 10, 0, 5), 10, 1000),  # the whole part is one batch; no validation
        (DataShape(11, 10, 90, 3, 0), 33, 20),  # no test split; a subset of the training split
        (DataShape(3, 2, 33, 1, 1), 1, 1),
        (DataShape(4, 3, 700, 257, 513), 64, 600),  # parts that are read in uneven pieces
        (DataShape(1, 2, 20, 5, 5), 7, 19),
    ],
)
def test_metrics_of_parts_of_all_sizes(shape, batch, examples):
    fleet = make_fleet(
        [{"hidden": "tanh"}, {"hidden": "sigmoid"}],
        seeds=(0, 1),
        batch=batch,
        epochs=3.0,
        evaluation=Evaluation(per_doubling=2, examples=examples),
    )
    assert_follows_the_plain_trainer(fleet, shape)


REGRESSIONS = [
    DataShape(5, 1, 60, 17, 19, regression=True),
    DataShape(1, 4, 33, 0, 5, regression=True),
    DataShape(4, 2, 700, 257, 513, regression=True),
]


@pytest.mark.parametrize("shape", REGRESSIONS, ids=lambda s: f"{s.features}-to-{s.outputs}")
@pytest.mark.parametrize("output", ["linear", "tanh", "sigmoid", "softmax"])
def test_a_regression_follows_the_plain_network(shape, output):
    if output == "softmax" and shape.outputs == 1:
        pytest.skip("the softmax of one output is 1 always")
    fleet = make_fleet(
        [{}, {"hidden": "tanh"}, {"hidden": "straight_through_step", "init": "glorot"}],
        seeds=(0, 3),
        output=output,
        rate=0.003,  # small enough that rounding is not blown up on the way
        epochs=3.0,
    )
    assert_follows_the_plain_trainer(fleet, shape)


@pytest.mark.parametrize("init", ["he", "lecun_uniform", "fixed", "fixed_uniform"])
@pytest.mark.parametrize("scale", [0.25, 2.0])
def test_an_initial_scale_follows_the_plain_network(init, scale):
    fleet = make_fleet([{}, {"hidden": "tanh"}], (0, 1), init=init, init_scale=scale)
    assert_follows_the_plain_trainer(fleet, SHAPE)
    unscaled = train_fleet(make_fleet([{}], (0,), init=init), SHAPE)[0]
    assert train_fleet(fleet, SHAPE)[0].values[0, 0] != unscaled.values[0, 0]


@pytest.mark.parametrize("widths", [(), (6,), (6, 4)])
@pytest.mark.parametrize("chosen", ["sgd", "adam"])
def test_a_net_whose_output_alone_learns_follows_the_plain_one(widths, chosen):
    common = {"widths": widths, "optimizer": chosen}
    fleet = make_fleet([{}, {"hidden": "tanh"}], (0, 1), trainable="output", **common)
    assert_follows_the_plain_trainer(fleet, SHAPE)
    whole = train_fleet(make_fleet([{}], (0,), **common), SHAPE)[0]
    same = np.array_equal(train_fleet(fleet, SHAPE)[0].values, whole.values)
    assert same == (widths == ())  # without a hidden layer the output is all there is


TRICKS = {
    "decay": {"weight_decay": 0.3},
    "clipping": {"clipping": 0.2},
    "smoothing": {"label_smoothing": 0.3},
    "warm-up": {"schedule": schedule("constant", warmup=0.3)},
    "step": {"schedule": schedule("step", stages=4, drop=0.3)},
    "cosine": {"schedule": schedule("cosine", end=0.1, warmup=0.1)},
    "linear": {"schedule": schedule("linear")},
}
TRICKS["all"] = {key: value for trick in TRICKS.values() for key, value in trick.items()}


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_trick_with_every_optimizer_follows_the_plain_trainer(name, trick):
    rate = OPTIMIZERS[name].rates[1] / 4
    common = {"optimizer": name, "widths": (6, 4), "epochs": 50 / 7}
    variants = [{"hidden": "tanh", "rate": rate}, {"hidden": "sigmoid", "rate": 2 * rate}]
    fleet = make_fleet(variants, seeds=(0, 3), **common, **TRICKS[trick])
    assert_follows_the_plain_trainer(fleet, SHAPE)
    without = train_fleet(make_fleet(variants, seeds=(0, 3), **common), SHAPE)
    for found, plain in zip(train_fleet(fleet, SHAPE), without, strict=True):
        assert not np.allclose(found.values[-1], plain.values[-1], rtol=1e-6)
        np.testing.assert_array_equal(found.values[0], plain.values[0])  # losses as they are


@pytest.mark.parametrize("shape", REGRESSIONS[:1])
def test_tricks_in_a_regression_whose_output_alone_learns(shape):
    tricks = {"weight_decay": 0.3, "clipping": 0.2, "schedule": schedule("cosine")}
    for name in ("sgd", "lion"):
        fleet = make_fleet(
            [{"hidden": "tanh"}], (0, 1), output="linear", rate=0.01, optimizer=name,
            trainable="output", **tricks,
        )  # fmt: skip
        assert_follows_the_plain_trainer(fleet, shape)


@pytest.mark.parametrize("epochs", [0.4, 1.0, 3.3])
@pytest.mark.parametrize(
    "evaluation",
    [
        Evaluation(None, every=0.5),
        Evaluation(None, at=(0.2,)),
        Evaluation(often=("train", "validation", "test")),
        Evaluation(often=("train", "test")),
    ],
)
def test_other_schedules(epochs, evaluation):
    fleet = make_fleet([{"rate": 0.3}], seeds=(2,), epochs=epochs, evaluation=evaluation)
    assert_follows_the_plain_trainer(fleet, SHAPE)


def test_tuning_stream():
    fleet = make_fleet([{}], seeds=(0, 1), stream="tuning", rate=0.1)
    assert_follows_the_plain_trainer(fleet, SHAPE)
    tuning = train_fleet(fleet, SHAPE)[0]
    evaluation = train_fleet(make_fleet([{}], seeds=(0,), rate=0.1), SHAPE)[0]
    assert not np.array_equal(tuning.values, evaluation.values)


@pytest.mark.parametrize("chosen", OPTIMIZED)
def test_float32_stays_near_float64_and_is_not_the_same(chosen):
    rate = OPTIMIZERS[chosen.name].rates[1] / 4

    def trained(precision):
        run = make_run("tanh", optimizer=chosen, rate=rate, precision=precision, widths=(6, 4))
        return train_alone(run, SHAPE).metric("train_loss")

    single, double = trained("float32"), trained("float64")
    np.testing.assert_allclose(single, double, rtol=1e-3)
    assert not np.array_equal(single, double)
