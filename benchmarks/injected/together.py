"""Several commands on one store at once, and a cluster of which a worker is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from injected.trial import ROOT, Reference, Trial, begin, command, end, lengths

AT_ONCE = 8


def eight_at_once(reference: Reference, folder: Path, _: int, __: float) -> Trial:
    """Run eight commands on one store; `lost` counts runs that were trained more than once."""
    output = reference.fresh(folder)
    ends = [end(one) for one in [begin(command(output)) for _ in range(AT_ONCE)]]
    trained = sum(_trained(one.told) for one in ends)
    trial = reference.judge(output, lengths(output), *ends)
    return replace(trial, lost=trial.lost + max(0, trained - len(lengths(output))))


def _trained(told: str) -> int:
    last = told.strip().splitlines()[-1] if told.strip() else ""
    return int(last.split()[0]) if " trained" in last else 0


def cluster_worker_killed(reference: Reference, folder: Path, seed: int, seconds: float) -> Trial:
    """Train on a Dask cluster of three workers, and kill one of them."""
    rng, output = random.Random(seed), reference.fresh(folder)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "scheduler.json"
        started = [_dask("scheduler", scratch, "--port", "0", "--host", "127.0.0.1",
                         "--scheduler-file", str(file), "--dashboard-address", ":0")]  # fmt: skip
        try:
            while not (file.exists() and file.read_text()):
                time.sleep(0.05)
            address = json.loads(file.read_text())["address"]
            started += [
                _dask("worker", scratch, address, "--nthreads", "1", "--no-nanny",
                      "--no-dashboard", "--local-directory", scratch)
                for _ in range(3)
            ]  # fmt: skip
            process = begin(command(output, "--backend", "dask", "--scheduler", address))
            while not lengths(output) and process.poll() is None:
                time.sleep(0.05)
            time.sleep(rng.uniform(0, seconds / 4))
            os.killpg(started[1].pid, signal.SIGKILL)
            return reference.judge(output, lengths(output), end(process))
        finally:
            for one in started:
                with suppress(ProcessLookupError):
                    os.killpg(one.pid, signal.SIGKILL)
                one.wait()


def _dask(what: str, folder: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments], cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
