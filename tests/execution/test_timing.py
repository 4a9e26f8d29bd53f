"""Times of an update: measured once, kept as measured."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from itertools import count

import numpy as np
import pytest

from experiments import config
from experiments.clocks import UpdateTime
from experiments.execution import timing
from experiments.execution.store import Store

from .helpers import TINY

STUDY = config.loads(TINY, "tiny")


def test_every_setting_has_a_time_and_it_is_measured_once(tmp_path, monkeypatch):
    with Store(tmp_path / "s.sqlite") as store:
        first = timing.update_times(STUDY, store)
    assert list(first) == list(STUDY.settings)
    for time in first.values():
        assert 0 < time.low <= time.seconds <= time.high < np.inf
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
        store.add_update_time(run, UpdateTime(0.5, 0.4, 0.6))
        store.add_update_time(run, UpdateTime(0.7, 0.6, 0.8))
        assert store.update_time(run) == UpdateTime(0.5, 0.4, 0.6)


def test_a_time_that_an_older_version_stored_is_read_without_its_range(tmp_path):
    path, run = tmp_path / "s.sqlite", STUDY.settings[0].run("tuning", 0, 0.1)
    with Store(path) as store:
        store.add_update_time(run, UpdateTime(0.5, 0.4, 0.6))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE update_time_ranges")
        connection.execute("UPDATE update_times SET digest = NULL")
    with Store(path) as store:
        assert store.update_time(run) == UpdateTime(0.5, 0.0, np.inf)
        store.add_update_time(run, UpdateTime(0.7, 0.6, 0.8))
        assert store.update_time(run) == UpdateTime(0.5)


def test_settings_of_equal_work_share_the_mean_of_their_times(monkeypatch):
    text = TINY.replace("activation: [relu, tanh]",
                        "activation: [relu, {name: leaky_relu, slope: [0.01, 0.1]}], "
                        "init: [he, glorot]")  # fmt: skip
    study, seconds = config.loads(text, "work", ["claims=[]"]), count(1)

    def measured(run):
        middle = float(next(seconds))
        return UpdateTime(middle, middle / 2, middle * 2)

    monkeypatch.setattr(timing, "_measure", measured)
    with Store(":memory:") as store:
        times = timing.update_times(study, store)
    groups = {}
    for place, (setting, time) in enumerate(times.items(), 1):
        groups.setdefault(setting.network.activation.name, {})[place] = time
    assert {name: len(found) for name, found in groups.items()} == {"relu": 2, "leaky_relu": 4}
    for found in groups.values():
        assert set(found.values()) == {
            UpdateTime(sum(found) / len(found), min(found) / 2, max(found) * 2)
        }


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
    assert timing._measure(run).seconds == pytest.approx(expected)
