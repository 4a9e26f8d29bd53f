"""A real Dask cluster of several processes: the same reports, and clear words when it breaks."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from analysis.helpers import read
from test_runner import ROOT

from experiments.execution.backends.cluster import Cluster, ClusterError
from experiments.execution.loop import Ways, complete
from experiments.execution.store import Store

from .test_in_flight import everything

pytestmark = pytest.mark.slow

STUDY = """
    dataset: {name: moons, examples: 200}
    network: {activation: [relu, tanh], depth: [1, 2], width: 8}
    training: {epochs: 60}
    tuning: {from: 0.25, to: 1, seeds: 2, extensions: 1}
    seeds: 8
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.3}}]
"""


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"} | more


class Processes:
    """A scheduler and its workers, as a user starts them on machines of a cluster."""

    def __init__(self, folder):
        self._folder, self._started = folder, []
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(file),
                                     "--host", "127.0.0.1")  # fmt: skip
        while not file.exists() or not file.read_text().strip():
            assert self.scheduler.poll() is None
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]

    def worker(self, package=ROOT, *, nanny=True):
        where = {"PYTHONPATH": str(package)} if package else {}
        return self._start("worker", self.address, "--nthreads", "1", "--no-dashboard",
                           "--nanny" if nanny else "--no-nanny", "--local-directory",
                           str(self._folder), **where)  # fmt: skip

    def _start(self, what, *arguments, **more):
        more_arguments = ("--dashboard-address", ":0") if what == "scheduler" else ()
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, *more_arguments],
            cwd=self._folder, env=environment(**more), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._started.append(process)
        return process

    def end(self):
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def cluster_of(folder, workers, **how):
    processes = Processes(folder)
    try:
        for _ in range(workers):
            processes.worker(**how)
        yield processes
    finally:
        processes.end()


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    with cluster_of(tmp_path_factory.mktemp("cluster"), 3) as processes:
        yield processes


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The store of the study, trained in this process."""
    path = tmp_path_factory.mktemp("local") / "runs.sqlite"
    with Store(path) as store:
        complete(read(STUDY), store, 1, lambda *_: None)
    return path


def on(address, path, progress=lambda *_: None, study=STUDY):
    with closing(Cluster(address)) as cluster, Store(path) as store:
        return complete(read(study), store, 1, progress, ways=Ways(cluster))


def command(config, output, *more):
    return subprocess.run(
        [sys.executable, "runner.py", str(config), "--output", str(output), "--figures", "png",
         *map(str, more)],
        cwd=ROOT, capture_output=True, text=True, env=environment(), timeout=300,
    )  # fmt: skip


def dask(processes):
    return "--backend", "dask", "--scheduler", processes.address


def test_a_report_of_a_cluster_has_the_bytes_of_a_local_one(three, tmp_path):
    config = tmp_path / "moons.yaml"
    config.write_text(textwrap.dedent(STUDY))
    there = command(config, tmp_path / "there", *dask(three))
    assert there.returncode == 0, there.stderr
    assert command(config, tmp_path / "here", "--jobs", "1").returncode == 0
    told = {}
    for where in ("here", "there"):
        folder = tmp_path / where / "moons"
        told[where] = {
            path.name: path.read_bytes() for path in folder.iterdir()
            if path.is_file() and path.name not in ("clocks.csv", "report.html", "made_from.json")
        }  # fmt: skip
    assert told["here"] == told["there"]
    assert "report.md" in told["there"]


def test_data_that_were_read_travel_to_workers_that_lack_the_file(three, tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"{i % 7},{i % 5},{i % 3 % 2}" for i in range(120)]
    table.write_text("a,b,label\n" + "\n".join(rows) + "\n")
    study = STUDY.replace(
        "{name: moons, examples: 200}", f"{{name: csv, path: {table}, target: label}}"
    )
    with Store(tmp_path / "here.sqlite") as store:
        complete(read(study), store, 1, lambda *_: None)
    with closing(Cluster(three.address)) as cluster, Store(tmp_path / "there.sqlite") as store:
        loaded = read(study)
        table.unlink()
        complete(loaded, store, 1, lambda *_: None, ways=Ways(cluster))
    assert everything(tmp_path / "here.sqlite") == everything(tmp_path / "there.sqlite")


def test_rows_of_a_users_own_file_travel_as_well(three, tmp_path):
    config = tmp_path / "own.yaml"
    config.write_text(
        "dataset: {name: moons, examples: 60}\n"
        "network: {activation: [bent, relu], width: 4}\n"
        "training: {epochs: 2, learning_rate: 0.1}\nseeds: 6\n"
    )
    own = tmp_path / "own.py"
    own.write_text((ROOT / "examples" / "my_functions.py").read_text())
    done = command(config, tmp_path / "out", "--plugin", own, *dask(three))
    assert done.returncode == 0, done.stderr
    assert "12 runs trained" in done.stdout


def test_a_worker_that_is_killed_and_one_that_comes_change_nothing(tmp_path, local):
    with cluster_of(tmp_path, 2, nanny=False) as processes:
        victim = processes.worker(nanny=False)
        done = []

        def progress(stage, ended, total):
            if ended and not done:
                done.append(victim.kill())
                processes.worker(nanny=False)

        _, trained = on(processes.address, tmp_path / "there.sqlite", progress)
    assert done
    assert trained
    assert everything(tmp_path / "there.sqlite") == everything(local)


def test_workers_that_come_later_get_their_share(tmp_path):
    with cluster_of(tmp_path, 1) as processes, closing(Cluster(processes.address)) as cluster:
        assert cluster.places == 1
        processes.worker()
        for _ in range(600):
            if cluster.places == 2:
                break
            time.sleep(0.1)
        assert cluster.places == 2


@pytest.mark.parametrize("later", [False, True])
def test_a_worker_without_the_package_is_told(tmp_path, later):
    with cluster_of(tmp_path, 1) as processes:
        added = []

        def progress(stage, ended, total):
            if not added:
                added.append(processes.worker(package=None))
                time.sleep(8)

        if not later:
            processes.worker(package=None)
            time.sleep(8)
        with pytest.raises(ClusterError, match="lacks the module experiments"):
            on(processes.address, tmp_path / "s.sqlite", progress)


def test_a_worker_with_another_version_of_the_package_is_told(tmp_path):
    other = tmp_path / "other"
    shutil.copytree(ROOT / "experiments", other / "experiments")
    with open(other / "experiments" / "version.py", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    different = pytest.raises(ClusterError, match="another version of this package")
    with cluster_of(tmp_path, 1, package=other) as processes, different:
        on(processes.address, tmp_path / "s.sqlite")


def test_where_nobody_answers_that_is_said(tmp_path):
    config = tmp_path / "moons.yaml"
    config.write_text("dataset: moons\nseeds: 8\n")
    done = command(config, tmp_path / "out", "--backend", "dask",
                   "--scheduler", "tcp://127.0.0.1:9")  # fmt: skip
    assert done.returncode == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_scheduler_that_goes_away_is_told_and_the_study_goes_on_here(tmp_path, local):
    config = tmp_path / "moons.yaml"
    config.write_text(textwrap.dedent(STUDY))
    path = tmp_path / "out" / "runs.sqlite"
    with cluster_of(tmp_path, 3) as processes:
        study = subprocess.Popen(
            [sys.executable, "runner.py", str(config), "--output", str(tmp_path / "out"),
             *dask(processes)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        while not (path.exists() and _count(path)):
            assert study.poll() is None, study.communicate()
            time.sleep(0.05)
        processes.scheduler.kill()
        told, errors = study.communicate(timeout=200)
    assert study.returncode == 1, (told, errors)
    assert "is gone, or cannot be reached any more" in errors
    assert "What had finished is stored" in errors
    assert "Traceback" not in errors, errors
    before = _count(path)
    done = command(config, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    trained = int(done.stdout.strip().splitlines()[-1].split()[0])
    assert before
    assert trained < len(everything(local))
    assert everything(path) == everything(local)


def _count(path: Path) -> int:
    with Store(path) as store:
        return store._connection.execute("SELECT count(*) FROM traces").fetchone()[0]
