"""What holds for every optimizer, whatever its rule; the rules are in test_trajectories.py."""

import numpy as np
import pytest

from experiments.nn.optimizers import OPTIMIZERS

from .helpers import PRECISIONS, optimizer

ALL = pytest.mark.parametrize("row", OPTIMIZERS.values(), ids=OPTIMIZERS)
PRECISE = pytest.mark.parametrize("precision", PRECISIONS)
SHAPE = (6, 15)  # (R, P)


def minimise(row, gradient, w, rates, updates):
    """Perform `updates` steps from w, which stays as it is, and return where they lead."""
    w = w.copy()
    states = [np.zeros_like(w) for _ in range(row.states)]
    rate = np.asarray(rates, w.dtype)[:, None]
    kept = rate.copy()
    for update in range(1, updates + 1):
        arguments = optimizer(row.name).arguments
        g = gradient(w) * rate if row.linear else gradient(w)
        row.step(w, g, states, rate, update, np.full_like(w, np.nan), **arguments)
        assert w.dtype == rate.dtype
    np.testing.assert_array_equal(rate, kept)
    return w


def start(precision="float64"):
    return np.random.default_rng(0).normal(0, 1, SHAPE).astype(precision)


def gradient_of_a_bowl(w):
    curvature = np.linspace(0.2, 1, SHAPE[1], dtype=w.dtype)
    return curvature * w


@ALL
@PRECISE
def test_finds_the_bottom_of_a_bowl(row, precision):
    w = start(precision)
    rates = np.full(6, row.rates[1])
    end = minimise(row, gradient_of_a_bowl, w, rates, 3000)
    assert np.abs(end).max() < 2 * row.rates[1]  # RMSProp goes on in steps of about its rate


@ALL
@PRECISE
def test_first_update_goes_against_the_gradient(row, precision):
    w = start(precision)
    end = minimise(row, gradient_of_a_bowl, w, np.full(6, row.rates[0]), 1)
    assert (np.sign(end - w) == -np.sign(w)).all()


@ALL
def test_no_gradient_or_no_rate_no_movement(row):
    w = start()
    np.testing.assert_array_equal(minimise(row, np.zeros_like, w, np.full(6, 0.1), 5), w)
    np.testing.assert_array_equal(minimise(row, gradient_of_a_bowl, w, np.zeros(6), 5), w)


@ALL
@PRECISE
def test_each_run_has_its_own_rate_and_ignores_the_others(row, precision):
    w = start(precision)
    rates = row.rates[0] * 2.0 ** np.arange(6)
    together = minimise(row, gradient_of_a_bowl, w, rates, 20)
    for run in range(6):
        alone = minimise(row, gradient_of_a_bowl, w[run : run + 1], rates[run : run + 1], 20)
        np.testing.assert_array_equal(together[run], alone[0])
    disturbed = w.copy()
    disturbed[2] = np.nan
    rest = [0, 1, 3, 4, 5]
    with np.errstate(invalid="ignore"):
        again = minimise(row, gradient_of_a_bowl, disturbed, rates, 20)
    np.testing.assert_array_equal(again[rest], together[rest])


@ALL
def test_every_weight_is_moved_by_its_own_gradient_alone(row):
    w = start()
    moved = minimise(row, gradient_of_a_bowl, w, np.full(6, row.rates[1]), 7)

    def masked(w):
        g = gradient_of_a_bowl(w)
        g[:, 1] = 0
        return g

    half = minimise(row, masked, w, np.full(6, row.rates[1]), 7)
    np.testing.assert_array_equal(half[:, 1], w[:, 1])
    np.testing.assert_array_equal(half[:, [0, 2]], moved[:, [0, 2]])


def test_adam_begins_with_steps_of_its_rate():
    """The correction for the start makes the first step rate * sign(g), at any scale of g."""
    w = start()
    for scale in (1e-3, 1.0, 1e3):
        end = minimise(OPTIMIZERS["adam"], lambda w, s=scale: s * w, w, np.full(6, 0.01), 1)
        np.testing.assert_allclose(w - end, 0.01 * np.sign(w), rtol=1e-2)


def test_momentum_multiplies_a_steady_gradient_by_its_geometric_sum():
    row, w = OPTIMIZERS["sgd"], np.zeros((1, 1))
    states, rate = [np.zeros_like(w)], np.full((1, 1), 0.1)
    for update in range(1, 400):
        before = w.copy()
        row.step(w, 0.1 * np.ones_like(w), states, rate, update, np.empty_like(w), 0.9, False)
    assert (before - w).item() == pytest.approx(0.1 / (1 - 0.9))
