"""Times of an update: measured once, kept as measured."""

from __future__ import annotations

import os

import numpy as np
import pytest

from experiments import config
from experiments.execution import timing
from experiments.execution.store import Store

from .helpers import TINY

STUDY = config.loads(TINY, "tiny")


def test_every_setting_has_a_time_and_it_is_measured_once(tmp_path, monkeypatch):
    with Store(tmp_path / "s.sqlite") as store:
        first = timing.update_times(STUDY, store)
    assert list(first) == list(STUDY.settings)
    assert all(np.isfinite(seconds) and seconds > 0 for seconds in first.values())
    monkeypatch.setattr(timing, "_measure", lambda run: pytest.fail("measured again"))
    with Store(tmp_path / "s.sqlite") as store:
        assert timing.update_times(STUDY, store) == first


def test_settings_that_differ_in_seeds_or_targets_alone_share_their_time():
    with Store(":memory:") as store:
        first = timing.update_times(STUDY, store)
        other = config.loads(TINY, "other", ["seeds=9", "claims=[]"])
        assert list(timing.update_times(other, store).values()) == list(first.values())


def test_the_first_measurement_stays():
    run = STUDY.settings[0].run("tuning", 0, 0.1)
    with Store(":memory:") as store:
        assert store.update_time(run) is None
        store.add_update_time(run, 0.5)
        store.add_update_time(run, 0.7)
        assert store.update_time(run) == 0.5


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no choice of cores here")
def test_the_process_may_use_all_its_cores_again():
    before = os.sched_getaffinity(0)
    with Store(":memory:") as store:
        timing.update_times(STUDY, store)
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize(("long", "short", "expected"), [
    (0.07, 0.011, (0.07 - 0.011) / (timing.UPDATES - 1)),
    (0.012, 0.012, 0.012 / timing.UPDATES),
    (0.012, 0.02, 0.012 / timing.UPDATES),  # a busy moment of the machine
])  # fmt: skip
def test_a_time_is_above_zero_whatever_the_noise(monkeypatch, long, short, expected):
    monkeypatch.setattr(
        timing, "_seconds", lambda fleet: long if fleet.runs[0].training.epochs > 1 else short
    )
    run = STUDY.settings[0].run("tuning", 0, 1e-6)
    assert timing._measure(run) == pytest.approx(expected)
