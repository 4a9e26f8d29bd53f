"""What becomes of runs and results when things go wrong, measured by making them go wrong.

    python benchmarks/reliability.py

A small study is run with the real command, over and over; each time a fault is injected at a random
moment, the command is run again, and its report, byte by byte, and its runs are compared with those
of an undisturbed run. Writes docs/reliability.md. The parts are in the folder injected.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from injected import damage, deaths, stopping, together
from injected.trial import Reference, Trial

from experiments.processes import cores

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"

Inject = Callable[[Reference, Path, int, float], Trial]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault, and how often it is injected."""

    name: str
    times: int
    inject: Inject
    at_a_time: int  # trials, where each keeps about one core busy
    in_each: int = 1  # faults in a trial


FAULTS = (
    Fault("killed (SIGKILL) while it trains and writes", 150, stopping.killed, cores()),
    Fault("killed while it writes the report", 50, stopping.killed_at_its_report, cores()),
    Fault("interrupted (Ctrl-C), every third time twice", 100, stopping.interrupted, cores()),
    Fault("a damaged store, three damages at a time", 300, damage.damaged, cores(), damage.DAMAGES),
    Fault("a worker is killed", 50, deaths.worker_killed, cores()),
    Fault("eight commands on one store", 5, together.eight_at_once, 1),
    Fault("a cluster of three workers, one is killed", 5, together.cluster_worker_killed, 1),
)

HEAD = """\
# What becomes of runs and results when things go wrong

`python benchmarks/reliability.py` makes them go wrong and writes this page. A small study is run
with the real command, again and again; each time a fault is injected at a random moment, the
command is run again, and its report, byte by byte, and its runs are compared with those of a run
that nothing disturbed. *Lost* are runs that were stored and are not any more or are shorter (of the
eight commands: runs that were trained more than once). *Changed* are results: any file of the
report, or any run that a verdict rests on, with other bytes. Of a damaged store no run counts as
lost: what does not fit its digest is trained anew, which takes time and changes nothing but the
measured seconds, where these were among what was damaged.

| fault | injected | runs lost | results changed | tracebacks | hung |
|---|--:|--:|--:|--:|--:|
"""

MESSAGES = """
What the user was told, as often as it was; nothing where nothing needed to be told. (Names of
folders are shortened.)

| fault | times | message |
|---|--:|---|
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Inject all faults, write the page, and return 1 if something was lost or changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the trials; default: all")
    parser.add_argument("--only", default="", help="a word in the names of faults")
    parser.add_argument("--page", type=Path, default=PAGE, help="to write; default: %(default)s")
    options = parser.parse_args(arguments)
    bad: list[Trial] = []
    with tempfile.TemporaryDirectory() as folder:
        reference = Reference(Path(folder))
        seconds = _seconds(reference, Path(folder))
        for number, fault in enumerate(FAULTS):
            if options.only in fault.name:
                started = time.perf_counter()
                where = Path(folder) / str(number)
                times = max(1, round(fault.times * options.share / fault.in_each))
                trials = _trials(fault, times, reference, where, seconds)
                took = time.perf_counter() - started
                print(f"{fault.name}: {times} in {took:.0f} s", flush=True)
                _put(options.page, fault, trials)  # at once: the next fault takes minutes, too
                wrong = [t for t in trials if t.lost or t.changed or t.traceback or t.hung]
                for trial in wrong:
                    print(trial, flush=True)
                bad += wrong
    return 1 if bad else 0


def _seconds(reference: Reference, folder: Path) -> float:
    """Return about how long the study takes while as many trials run as later."""
    started = time.perf_counter()
    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(lambda i: _again(reference, folder / f"timed{i}"), range(cores())):
            pass
    return time.perf_counter() - started


def _again(reference: Reference, folder: Path) -> None:
    from injected.trial import run

    run(reference.fresh(folder))


def _trials(
    fault: Fault, times: int, reference: Reference, folder: Path, seconds: float
) -> list[Trial]:
    def trial(seed: int) -> Trial:
        with tempfile.TemporaryDirectory() as scratch:
            return fault.inject(reference, Path(scratch) / "trial", seed, seconds)

    with ThreadPoolExecutor(fault.at_a_time) as pool:
        return list(pool.map(trial, range(times)))


def _put(page: Path, fault: Fault, trials: Sequence[Trial]) -> None:
    """Put the rows of a fault into the page, in place of older ones."""
    old = page.read_text(encoding="utf-8").splitlines() if page.exists() else []
    rows = {one.name: [line for line in old if line.startswith(f"| {one.name} |")]
            for one in FAULTS}  # fmt: skip
    count = len(trials) * fault.in_each
    sums = (
        sum(getattr(trial, name) for trial in trials)
        for name in ("lost", "changed", "traceback", "hung")
    )
    told = Counter(_plain(trial.message) for trial in trials if trial.message)
    rows[fault.name] = [
        f"| {fault.name} | {count} | {' | '.join(map(str, sums))} |",
        *(f"| {fault.name} | {times} | {text} |" for text, times in told.most_common(6)),
    ]
    counts = [some[0] for some in rows.values() if some]
    messages = [line for some in rows.values() for line in some[1:]]
    text = HEAD + "\n".join(counts) + "\n" + MESSAGES + "\n".join(messages) + "\n"
    page.write_text(text, encoding="utf-8")


def _plain(message: str) -> str:
    """Return a message without what differs from trial to trial."""
    text = re.sub(r"/\S*/(?=runs\.sqlite|out)", "", message)
    text = re.sub(r"\b[0-9a-f]{40}\b", "KEY", text)
    text = re.sub(r"tcp://\S+", "tcp://HOST:PORT", text)
    text = re.sub(r"\b\d+ (runs?|of what)\b", r"N \1", text)
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
