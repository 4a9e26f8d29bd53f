"""What stands between the gradient and the rule: its formulas, and what of it is off."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.nn import steps
from experiments.nn.layers.record import Block
from experiments.nn.learning import Learner
from experiments.nn.losses import smooth
from experiments.nn.optimizers import OPTIMIZERS
from experiments.nn.weights import Weights

from .helpers import PRECISIONS, activation, dense_stack, make_run, one_hot, schedule, with_ones

PRECISE = pytest.mark.parametrize("precision", PRECISIONS)


def gradients(runs, count, precision="float64", seed=0):
    return np.random.default_rng(seed).normal(0, 1, (runs, count)).astype(precision)


@PRECISE
def test_clipping_shortens_what_is_longer_and_keeps_its_direction(precision):
    g = gradients(4, 300, precision) * np.array([[1e-3], [0.05], [1], [1e6]], precision)
    before, norms = g.copy(), np.linalg.norm(g.astype(float), axis=1)
    steps.clip(g, 2.0, np.ones((4, 1), precision), np.empty_like(g))
    after = np.linalg.norm(g.astype(float), axis=1)
    np.testing.assert_array_equal(g[:2], before[:2])
    assert (norms[2:] > 2).all()
    np.testing.assert_allclose(after[2:], 2, rtol=2e-6)
    np.testing.assert_allclose(g[2:] / before[2:], (after / norms)[2:, None] * np.ones(300), 1e-6)


def test_clipping_measures_the_gradient_before_it_has_its_gain():
    g = gradients(3, 50)
    rate, plain = np.array([[1e-3], [0.5], [7.0]]), g.copy()
    steps.clip(plain, 1.0, np.ones((3, 1)), np.empty_like(g))
    steps.clip(g, 1.0, rate, np.empty_like(g))
    np.testing.assert_allclose(g, rate * plain, rtol=1e-14)


@PRECISE
@pytest.mark.parametrize("huge", [np.inf, np.nan, "overflow"])
def test_a_gradient_without_a_norm_is_no_gradient_and_disturbs_nobody(precision, huge):
    g = gradients(3, 50, precision)
    g[1, 7] = np.finfo(precision).max / 4 if huge == "overflow" else huge
    alone = g[2:].copy()
    with np.errstate(all="ignore"):
        steps.clip(g, 1.0, np.ones((3, 1), precision), np.empty_like(g))
        steps.clip(alone, 1.0, np.ones((1, 1), precision), np.empty_like(alone))
    assert np.isnan(g[1]).all()
    assert np.isfinite(g[[0, 2]]).all()
    np.testing.assert_array_equal(g[2], alone[0])


@PRECISE
@given(runs=st.integers(1, 40), count=st.integers(1, 5000), start=st.integers(0, 3))
def test_the_bits_of_a_clipped_gradient_do_not_depend_on_the_others(precision, runs, count, start):
    every = gradients(runs, count + start, precision)
    rows = every.copy()[:, start:]  # as where the output alone learns: rows with gaps between them
    steps.clip(rows, 0.5, np.ones((runs, 1), precision), np.empty_like(rows))
    for run in {0, runs // 2, runs - 1}:
        alone = every[run : run + 1, start:].copy()
        steps.clip(alone, 0.5, np.ones((1, 1), precision), np.empty_like(alone))
        np.testing.assert_array_equal(rows[run], alone[0])


def test_decay_of_both_kinds():
    w, g = gradients(2, 4), gradients(2, 4, seed=1)
    decay, rate = np.array([0.1, 0.1, 0.1, 0.0]), np.array([[0.5], [2.0]])
    penalised, shrunk = g.copy(), w.copy()
    steps.penalise(w, penalised, decay, rate, np.empty_like(w))
    steps.shrink(shrunk, decay, rate, np.empty_like(w))
    np.testing.assert_allclose(penalised, g + decay * rate * w, rtol=1e-14)
    np.testing.assert_allclose(shrunk, (1 - decay * rate) * w, rtol=1e-14)
    np.testing.assert_array_equal(shrunk[:, -1], w[:, -1])
    np.testing.assert_array_equal(penalised[:, -1], g[:, -1])


def test_states_that_hold_a_rate_change_with_it_and_none_are_copied():
    states = [gradients(2, 4), gradients(2, 4, seed=1)]
    before = [state.copy() for state in states]
    steps.carry(states, 0.1)
    for state, old in zip(states, before, strict=True):
        np.testing.assert_allclose(state, old / 10, rtol=1e-14)


def test_a_drop_of_the_rate_holds_at_once_for_what_the_velocity_remembers():
    """A steady gradient: each update goes as far as the rate says, by the sum of its momenta."""
    momentum, rate, g = 0.9, 0.5, 2.0
    velocity, step = np.zeros((1, 1)), OPTIMIZERS["sgd"].step
    for update in range(1, 600):
        factor = 1.0 if update < 400 else 0.1
        steps.carry([velocity], 0.1 if update == 400 else 1.0)
        w = np.zeros((1, 1))
        step(w, np.full((1, 1), factor * rate * g), [velocity], None, update, None, momentum, False)
        if update > 390:
            assert -w.item() == pytest.approx(factor * rate * g / (1 - momentum))


def test_smoothed_targets_are_those_of_the_paper_and_add_up():
    y = one_hot(np.array([[0, 3, 1]]), 4)
    smooth(y, 0.2)
    np.testing.assert_allclose(y[0, :, 1], [0.05, 0.05, 0.05, 0.85])
    np.testing.assert_allclose(y.sum(axis=1), 1)


# A learner of three networks with three inputs, five hidden units and two outputs


def make_learner(rates=(0.1, 0.2, 0.3), updates=20, **training):
    run = make_run(**training)
    rng = np.random.default_rng(5)
    drawn = [[rng.normal(0, 1, (5, 4)), rng.normal(0, 1, (2, 6))] for _ in rates]
    return Learner(Weights.of(drawn, "float64"), run.training, rates, updates)


def learn(learner, count, zero=False):
    """Make updates; with `zero`, on inputs and targets that leave only biases a gradient."""
    rng = np.random.default_rng(6)
    runs = len(learner.weights.values)
    blocks = [Block(slice(0, runs), activation("tanh"))]
    stack = dense_stack(learner.weights, blocks, "softmax", 1, 8)
    for _ in range(count):
        x = rng.normal(0, 0 if zero else 1, (1, 8, 3))
        learner.update(lambda _: stack, with_ones(x), one_hot(rng.integers(2, size=(1, 8)), 2))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_without_a_gradient_decay_and_biases_do_not(name):
    """All inputs are 0, so that the first layer's weights have no gradient at all."""
    decayed, plain = (
        make_learner(optimizer=name, weight_decay=decay, trainable="all") for decay in (0.25, 0.0)
    )
    start = plain.weights.copy()
    learn(decayed, 1, zero=True)
    learn(plain, 1, zero=True)
    first, before = decayed.weights.layers[0], start.layers[0]
    np.testing.assert_array_equal(first[:, :, -1], plain.weights.layers[0][:, :, -1])
    np.testing.assert_array_equal(plain.weights.layers[0][:, :, :-1], before[:, :, :-1])
    assert (np.abs(first - before)[:, :, :-1] > 0).all()
    if OPTIMIZERS[name].decoupled or name == "sgd":
        shrunk = 1 - 0.25 * np.array([0.1, 0.2, 0.3])[:, None, None]
        np.testing.assert_allclose(first[:, :, :-1], shrunk * before[:, :, :-1], rtol=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adamw_is_adam_whose_weights_shrink_by_themselves(decay):
    adamw, adam = (make_learner(optimizer=o, weight_decay=decay) for o in ("adamw", "adam"))
    learn(adamw, 5)
    learn(adam, 5)
    assert np.array_equal(adamw.weights.values, adam.weights.values) == (decay == 0)


def test_steps_come_in_their_order():
    """Clipping sees the gradient without decay: otherwise the sum would have the norm."""
    learner = make_learner(
        rates=(1.0,), optimizer="sgd", clipping=1e-3, weight_decay=0.5,
        schedule=schedule("constant", warmup=0.5),
    )  # fmt: skip
    before = learner.weights.copy()
    learn(learner, 1)
    factor = 1 / 10  # the first of the ten updates of the warm-up
    change = learner.weights.values - before.values
    penalty = -factor * 0.5 * before.values * before.decays
    np.testing.assert_allclose(np.linalg.norm(change - penalty), factor * 1e-3, rtol=1e-3)


def test_after_the_last_update_the_rate_stays():
    learner = make_learner(updates=3, schedule=schedule("linear"), optimizer="sgd")
    learn(learner, 5)
    np.testing.assert_allclose(learner._rates[:, 0], np.array([0.1, 0.2, 0.3]) / 3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_who_goes_on_alone_goes_on_as_before(name):
    tricks = {"schedule": schedule("cosine", warmup=0.2), "weight_decay": 0.1, "clipping": 0.3}
    whole, some = (make_learner(optimizer=name, **tricks) for _ in range(2))
    learn(whole, 4)
    learn(some, 4)
    some.keep(np.array([True, False, True]))
    learn(whole, 6)
    learn(some, 6)
    np.testing.assert_array_equal(some.weights.values, whole.weights.values[[0, 2]])


def test_what_is_off_makes_no_step():
    assert make_learner()._between == []
    assert make_learner()._course is None
    assert make_learner(schedule=schedule("linear", end=1.0))._course is None
    assert len(make_learner(clipping=1.0, weight_decay=0.1)._between) == 2


def test_a_default_is_what_was_done_before():
    run = make_run()
    same = replace(
        run.training, schedule=schedule("constant"), weight_decay=0.0, clipping=None,
        label_smoothing=0.0,
    )  # fmt: skip
    assert same == run.training
