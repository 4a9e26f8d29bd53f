"""The course of the learning rate, against closed forms at every update and by hand at some."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.nn.rate_schedules import SCHEDULES, factors

from . import reference
from .helpers import schedule

ALL = pytest.mark.parametrize("name", SCHEDULES)


def choices():
    """Any schedule with any of its parameters."""

    def of(name):
        drawn = {
            "warmup": st.floats(0, 1, exclude_max=True),
            "end": st.floats(0, 1),
            "stages": st.integers(2, 9),
            "drop": st.floats(0.01, 1),
        }
        keys = SCHEDULES[name].parameters
        return st.fixed_dictionaries({key: drawn[key] for key in keys}).map(
            lambda given: schedule(name, **given)
        )

    return st.sampled_from(sorted(SCHEDULES)).flatmap(of)


@given(choices(), st.integers(1, 200))
def test_every_update_has_the_factor_of_the_closed_form(chosen, updates):
    expected = [
        reference.rate_factor(chosen.name, number, updates, **chosen.arguments)
        for number in range(1, updates + 1)
    ]
    found = factors(chosen, updates)
    assert found.shape == (updates,)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert (found >= 0).all()
    assert found.max() <= 1


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (schedule("constant"), {1: 1, 50: 1, 100: 1}),
        (schedule("constant", warmup=0.1), {1: 0.1, 5: 0.5, 10: 1, 11: 1, 100: 1}),
        # The first update has all of the peak, as in PyTorch, and the last not yet the end.
        (schedule("cosine"), {1: 1, 26: (1 + 0.5**0.5) / 2, 51: 0.5, 100: 2.467198e-4}),
        (schedule("cosine", end=0.2), {1: 1, 51: 0.6}),
        (schedule("cosine", warmup=0.2), {1: 1 / 20, 20: 1, 21: 1, 61: 0.5}),
        (schedule("linear"), {1: 1, 51: 0.5, 100: 0.01}),
        (schedule("linear", end=0.5), {1: 1, 51: 0.75, 100: 0.505}),
        (schedule("linear", warmup=0.5), {25: 0.5, 50: 1, 51: 1, 76: 0.5, 100: 0.02}),
        (schedule("step"), {1: 1, 34: 1, 35: 0.1, 67: 0.1, 68: 0.01, 100: 0.01}),
        (schedule("step", stages=4, drop=0.5), {25: 1, 26: 0.5, 50: 0.5, 51: 0.25, 76: 0.125}),
        (schedule("step", stages=2, warmup=0.5), {50: 1, 75: 1, 76: 0.1}),
        (schedule("step", stages=1000, drop=1.0), {1: 1, 100: 1}),
    ],
    ids=lambda value: f"{value.name}" if hasattr(value, "name") else "",
)
def test_a_hundred_updates_by_hand(chosen, expected):
    found = factors(chosen, 100)
    assert {number: found[number - 1] for number in expected} == pytest.approx(expected, rel=1e-6)


@ALL
@pytest.mark.parametrize("warmup", [0.0, 0.3, 0.99])
def test_the_peak_is_the_highest_and_comes_after_the_warm_up(name, warmup):
    found = factors(schedule(name, warmup=warmup), 60)
    warm = round(warmup * 60)
    assert (np.diff(found[:warm]) > 0).all()
    assert (np.diff(found[warm:]) <= 0).all()
    assert found[warm - 1 if warm else 0] == 1


@ALL
@pytest.mark.parametrize("warmup", [0.0, 0.9])
def test_runs_of_few_updates(name, warmup):
    for updates in (1, 2, 3):
        found = factors(schedule(name, warmup=warmup), updates)
        assert len(found) == updates
        assert ((found > 0) & (found <= 1)).all()
    assert factors(schedule(name, warmup=warmup), 0).shape == (0,)
