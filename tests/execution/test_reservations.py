"""Several commands, one store: what one of them trains the others leave alone."""

import os
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from analysis.helpers import read

from experiments.execution import loop, reservations
from experiments.execution.keys import descriptions, key_of
from experiments.execution.loop import complete
from experiments.execution.reservations import Reservations
from experiments.execution.store import Store

from .helpers import TINY
from .test_in_flight import QUIET, everything

KEYS = [f"{number:040x}" for number in range(1200)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


def test_what_one_holds_the_other_does_not_get(path):
    with Reservations(path) as one, Reservations(path) as other:
        assert one.take(KEYS[:3])
        assert one.take(KEYS[:3])  # its own
        assert not other.take(KEYS[2:5])  # all or none
        assert other.take(KEYS[3:5])
        assert one.of_others(KEYS) == set(KEYS[3:5])
        assert other.of_others(KEYS) == set(KEYS[:3])
        one.free(KEYS[:2])
        other.free(KEYS[:3])  # which are not its own
        assert other.of_others(KEYS) == {KEYS[2]}
        assert other.take(KEYS[:2])
    with Reservations(path) as third:
        assert third.of_others(KEYS) == set()


def test_many_are_asked_for_at_once(path):
    with Reservations(path) as one, Reservations(path) as other:
        assert one.take(KEYS)
        assert other.of_others(KEYS) == set(KEYS)


def test_one_that_is_not_renewed_expires(path, monkeypatch):
    with Reservations(path) as one, Reservations(path) as other:
        one.take(KEYS[:2])
        now = time.time()
        monkeypatch.setattr(reservations.time, "time", lambda: now + reservations.LEASE + 1)
        assert other.of_others(KEYS) == set()
        monkeypatch.setattr(reservations.time, "monotonic", lambda: 1e9)
        one.renew()
        assert other.of_others(KEYS) == set(KEYS[:2])


@pytest.mark.skipif(os.name != "posix", reason="other systems cannot tell")
def test_one_of_a_process_that_has_ended_is_over(path):
    code = (
        "import sys; from pathlib import Path\n"
        "from experiments.execution.reservations import Reservations\n"
        f"Reservations(Path(sys.argv[1])).take({KEYS[:2]!r})\n"
        "print('taken', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"taken\n"
    with Reservations(path) as other:
        assert other.of_others(KEYS) == set(KEYS[:2])
        process.kill()
        while other.of_others(KEYS):  # also before its parent has been told of its end
            time.sleep(0.01)
        process.communicate()
        assert other.take(KEYS[:2])


def test_one_of_another_machine_counts_until_it_expires(path):
    with Reservations(path) as one:
        one.take(KEYS[:1])
        with sqlite3.connect(path.with_name("runs.sqlite.reserved")) as connection:
            connection.execute("UPDATE reserved SET host = 'elsewhere', pid = 999999999")
        with Reservations(path) as other:
            assert other.of_others(KEYS) == set(KEYS[:1])


@pytest.mark.parametrize("content", [b"no database at all" * 99, b"", b"SQLite format 3\0" * 99])
def test_a_damaged_file_is_none(path, content):
    path.with_name("runs.sqlite.reserved").write_bytes(content)
    with Reservations(path) as one, Reservations(path) as other:
        one.take(KEYS[:2])
        one.take(KEYS[:2])
        assert other.of_others(KEYS) == set(KEYS[:2])


def test_a_file_that_cannot_be_used_hinders_nobody(tmp_path):
    path = tmp_path / "gone" / "runs.sqlite"
    with Reservations(path) as one, Reservations(path) as other:
        assert one.take(KEYS)
        assert other.take(KEYS)
        assert one.of_others(KEYS) == set()


def test_a_store_in_memory_is_nobody_elses():
    with Reservations(None) as one:
        assert one.take(KEYS)
        one.renew()
        assert one.of_others(KEYS) == set()


def test_what_another_command_trains_is_waited_for_and_not_trained(path, monkeypatch):
    monkeypatch.setattr(loop, "GLANCE", 0.01)
    study = read(TINY, "training.learning_rate=0.3")
    with Store(path) as store:
        whole = complete(study, store, 1, QUIET)
        keys = store.asked
        traces = store.load(loop.plan(study, store).runs)
    path.unlink()
    others = list(traces)[:3]
    other = Reservations(path)
    by_run = {run: key_of(text) for run, text in descriptions(traces)}
    other.take(by_run[run] for run in others)

    def deliver():
        with Store(path) as store:
            store.add({run: traces[run] for run in others})
        other.free(by_run[run] for run in others)

    stages = []

    def progress(stage, ended, total):
        stages.append(stage)
        if stage == "waiting":
            threading.Timer(0.1, deliver).start()

    with Store(path) as store:
        found, trained = complete(study, store, 1, progress)
        assert trained == len(traces) - len(others)
        assert store.asked == keys
    assert stages.count("waiting") == 1
    assert found.study == whole[0].study


def test_what_was_stored_since_the_plan_is_not_trained_again(path, monkeypatch):
    study = read(TINY, "training.learning_rate=0.3")
    with Store(":memory:") as store:
        complete(study, store, 1, QUIET)
        traces = store.load(loop.plan(study, store).runs)
    monkeypatch.setattr(loop, "cut", lambda runs, _: cut_each(runs))
    with Store(path) as store:
        original, once = store.add, []

        def add(new):
            original(new)
            if not once:  # another command stores the other half at this moment
                once.append(1)
                original({run: trace for run, trace in traces.items() if run.seed >= 2})

        store.add = add
        _, trained = complete(study, store, 1, QUIET)
    assert trained <= len(traces) / 2 + 1


def cut_each(runs):
    from experiments.records import Fleet

    return [Fleet((run,), 1) for run in runs]


@pytest.mark.slow
def test_eight_commands_on_one_store_train_every_run_once(tmp_path):
    config = tmp_path / "moons.yaml"
    config.write_text(
        "dataset: {name: moons, examples: 200}\n"
        "network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}\n"
        "training: {epochs: 30}\ntuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}\n"
        "seeds: 12\nclaims: [{faster: relu, than: tanh, to: {train_loss: 0.3}}]\n"
    )
    command = [sys.executable, "runner.py", str(config), "--jobs", "1", "--figures", "png"]
    alone = subprocess.run([*command, "--output", str(tmp_path / "alone")], check=True,
                           capture_output=True, text=True)  # fmt: skip
    running = [
        subprocess.Popen([*command, "--output", str(tmp_path / "together")],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]  # fmt: skip
    ended = [(process.communicate(), process.returncode) for process in running]
    for (_, errors), code in ended:
        assert code == 0, errors
        assert "Traceback" not in errors
        assert "locked" not in errors
    trained = 0
    for (told, _), _ in ended:
        last = told.strip().splitlines()[-1]
        trained += 0 if last.startswith("every run") else int(last.split()[0])
    stored = everything(tmp_path / "together" / "runs.sqlite")
    assert stored == everything(tmp_path / "alone" / "runs.sqlite")
    assert trained == len(stored)
    assert f"{trained} runs trained" in alone.stdout
    for name in ("report.md", "verdicts.csv", "runs.csv"):
        one, other = (tmp_path / where / "moons" / name for where in ("alone", "together"))
        assert one.read_bytes() == other.read_bytes()
