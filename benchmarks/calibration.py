"""How often verdicts are wrong, measured on studies whose truth is known.

    python benchmarks/calibration.py

Each study is decided as a real one is: the plan asks for runs and adds seeds, times are read off
traces, claims are judged and corrected. Only the training is replaced, by traces whose times to
the target are drawn from a known distribution. Writes calibration.csv and calibration.md beside
this file; both are the same each time.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent.parent))

from experiments.analysis.claims import judge
from experiments.analysis.inference import PairedTimes
from experiments.analysis.measures import Arrival
from experiments.analysis.tuning import Grid
from experiments.analysis.verdicts import RaceVerdict
from experiments.config import loads
from experiments.execution.plan import Tuned, evaluate
from experiments.records import METRICS, Run, Trace
from experiments.study import Seeds, Study

SEED = 20260101
STUDIES = 2000
FAMILIES = 400  # studies of twenty claims
TARGET = 1.0
MEDIAN = 300.0
"""The median time of the faster arm, in updates."""

SPREAD = 0.5
"""The deviation of the logarithm of the ratio of a pair's times, where it has one."""

CONFIG = """
dataset: moons
network: {{activation: [relu, tanh], depth: [{depths}]}}
training: {{learning_rate: 0.1}}
seeds: {{min: 8, max: 64}}
claims: {claims}
"""


ADAPTIVE = Seeds(8, 64)


@dataclass(frozen=True)
class Scenario:
    """One truth, and how studies about it are made."""

    name: str
    ratio: float  # the true median of T_than / T_faster
    heavy: bool = False  # Student's t with 2 degrees of freedom in place of the normal
    censored: float = 0.0  # about the share of runs of the faster arm that never arrive
    by: float | None = None
    seeds: Seeds = ADAPTIVE
    claims: int = 1

    def study(self) -> Study:
        """Return the study that asks about it."""
        depths = range(1, self.claims + 1)
        arms = [("relu", "tanh")]
        if self.claims > 1:
            arms = [tuple({"activation": a, "depth": d} for a in arms[0]) for d in depths]
        claims = [
            {"faster": faster, "than": than, "to": {"train_loss": TARGET}}
            | ({"by": self.by} if self.by else {})
            for faster, than in arms
        ]
        text = CONFIG.format(depths=", ".join(map(str, depths)), claims=json.dumps(claims))
        return replace(loads(text, "calibration"), seeds=self.seeds)


class Synthetic:
    """A store that holds every run, with times drawn from a scenario.

    The logarithms of a pair's times share half of their variance, as runs of one seed do; their
    difference has the median log(ratio) exactly, since both parts are symmetric.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        size = (scenario.claims, 2, scenario.seeds.most)
        draw = (lambda s: rng.standard_t(2, s)) if scenario.heavy else rng.standard_normal
        shared = draw((scenario.claims, 1, scenario.seeds.most)) * SPREAD
        logs = np.log(MEDIAN) + shared + draw(size) * SPREAD / np.sqrt(2)
        logs[:, 1] += np.log(scenario.ratio)
        self._logs = logs
        self._traces: dict[Run, Trace] = {}
        self._budget = 10**9
        if scenario.censored:
            self._budget = round(float(np.exp(np.quantile(logs[:, 0], 1 - scenario.censored))))

    def missing(self, runs: Iterable[Run]) -> list[Run]:
        """Return none: every run is there."""
        return []

    def load(self, runs: Iterable[Run]) -> dict[Run, Trace]:
        """Return a trace for every run, the same one each time."""
        for run in runs:
            if run not in self._traces:
                self._traces[run] = self._trace(run)
        return self._traces

    def _trace(self, run: Run) -> Trace:
        arm = int(run.network.activation.name == "tanh")
        log = self._logs[len(run.network.widths) - 1, arm, run.seed]
        # A loss that falls from 2 at update 1 in a straight line over log(updates) and meets the
        # target of 1 at the time that was drawn.
        end = 2 - np.log(self._budget) / max(log, 1e-9)
        values = np.full((3, len(METRICS)), 2.0)
        values[2] = end
        return Trace(np.array([0, 1, self._budget]), values, "completed", self._budget)


@dataclass(frozen=True)
class Decided:
    """What came out of one study."""

    outcomes: tuple[str, ...]
    covered: bool
    width: float  # of the first claim's interval, as log(high / low)
    pairs: int


def decide(scenario: Scenario, study: Study, number: int) -> Decided:
    """Draw one study and decide it."""
    rng = np.random.default_rng([SEED, *map(ord, scenario.name), number])
    store = Synthetic(scenario, rng)
    results = evaluate(Tuned(study, Grid(()), (), ()), store).results
    verdicts: list[RaceVerdict] = judge(results)
    first = verdicts[0].ratio
    return Decided(
        tuple(v.outcome for v in verdicts),
        first.low <= scenario.ratio * (1 + 1e-9) and first.high >= scenario.ratio * (1 - 1e-9),
        float(np.log(first.high / first.low)) if first.low else np.inf,
        results.seeds,
    )


def _chunk(scenario: Scenario, numbers: range) -> list[Decided]:
    study = scenario.study()
    return [decide(scenario, study, number) for number in numbers]


def run(scenario: Scenario, studies: int, parallel: joblib.Parallel) -> list[Decided]:
    """Decide so many studies of a scenario."""
    cuts = np.linspace(0, studies, 9).astype(int)
    chunks = parallel(joblib.delayed(_chunk)(scenario, range(a, b)) for a, b in pairwise(cuts))
    return [decided for chunk in chunks for decided in chunk]


def row(
    scenario: Scenario, quantity: str, hits: int, studies: int,
    most: float | None = None, least: float | None = None,
) -> dict:  # fmt: skip
    """Return one line of the table: a rate with its exact 95 % interval and its limit."""
    interval = stats.binomtest(hits, studies).proportion_ci(0.95, method="exact")
    rate = hits / studies
    ok = (most is None or rate <= most) and (least is None or rate >= least)
    limit = f"at most {most}" if most is not None else f"at least {least}" if least else ""
    return {
        "scenario": scenario.name,
        "truth": scenario.ratio,
        "quantity": quantity,
        "rate": round(rate, 4),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
        "limit": limit,
        "ok": ok,
    }


def false_verdicts(parallel: joblib.Parallel) -> list[dict]:
    """Measure A against A: how often one of them is called faster."""
    rows = []
    for heavy in (False, True):
        for censored in (0.0, 0.3, 0.6):
            for seeds in (ADAPTIVE,) if heavy else (ADAPTIVE, Seeds(8, 8), Seeds(64, 64)):
                law = "heavy-tailed" if heavy else "log-normal"
                how = f"8 to {seeds.most}" if seeds.adaptive else f"{seeds.most}"
                name = f"A against A, {law}, {censored:.0%} censored, {how} pairs"
                scenario = Scenario(name, 1.0, heavy, censored, seeds=seeds)
                decided = run(scenario, STUDIES, parallel)
                false = sum(d.outcomes[0] in ("supported", "refuted") for d in decided)
                rows.append(row(scenario, "supported or refuted", false, STUDIES, most=0.05))
    return rows


def coverage_and_power(parallel: joblib.Parallel) -> list[dict]:
    """Measure true ratios: how often the interval holds them, and how often it decides."""
    rows = []
    for ratio in (1.1, 1.5, 2.0, 6.0):
        for heavy in (False, True):
            law = "heavy-tailed" if heavy else "log-normal"
            scenario = Scenario(f"true ratio {ratio:g}, {law}, 8 to 64 pairs", ratio, heavy)
            decided = run(scenario, STUDIES, parallel)
            covered = sum(d.covered for d in decided)
            rows.append(row(scenario, "interval holds the truth", covered, STUDIES, least=0.94))
            supported = sum(d.outcomes == ("supported",) for d in decided)
            rows.append(row(scenario, "supported", supported, STUDIES))
            pairs = float(np.median([d.pairs for d in decided]))
            rows.append(_number(scenario, "median number of pairs", pairs))
        for pairs in (8, 16, 32, 64):
            fixed = Scenario(f"true ratio {ratio:g}, log-normal, {pairs} pairs fixed", ratio,
                             seeds=Seeds(pairs, pairs))  # fmt: skip
            decided = run(fixed, STUDIES // 4, parallel)
            supported = sum(d.outcomes == ("supported",) for d in decided)
            rows.append(row(fixed, "supported", supported, STUDIES // 4))
    return rows


def widths() -> list[dict]:
    """Measure what it costs in width that the data may decide when to stop, on equal samples."""
    rows = []
    rng = np.random.default_rng([SEED, 1])
    for pairs in (8, 16, 32, 64):
        ratios = []
        for _ in range(STUDIES // 4):
            times = np.exp(rng.standard_normal((2, pairs)) * SPREAD / np.sqrt(2))
            a, b = ([Arrival(t, censored=False) for t in row] for row in times)
            spans = [
                np.log(r.high / r.low)
                for r in (PairedTimes(a, b, sequential=s).ratio(0.05) for s in (True, False))
            ]
            ratios.append(spans[0] / spans[1])
        scenario = Scenario(f"{pairs} pairs, log-normal", 1.0)
        rows.append(
            _number(scenario, "width of the interval, adaptive / fixed", float(np.median(ratios)))
        )
    return rows


def _number(scenario: Scenario, quantity: str, value: float) -> dict:
    return {
        "scenario": scenario.name, "truth": scenario.ratio, "quantity": quantity,
        "rate": round(value, 4), "low": None, "high": None, "limit": "", "ok": True,
    }  # fmt: skip


def factor_claims(parallel: joblib.Parallel) -> list[dict]:
    """Measure a claim of a factor of 6: the rates of each verdict for three truths."""
    rows = []
    wrong = {6.0: ("refuted", "direction only"), 3.0: ("supported", "refuted"), 1.0: ("supported",
             "direction only")}  # fmt: skip
    for truth, never in wrong.items():
        scenario = Scenario(f"by 6 claimed, true ratio {truth:g}, 8 to 64 pairs", truth, by=6)
        decided = run(scenario, STUDIES // 2, parallel)
        counts = Counter(d.outcomes[0] for d in decided)
        for outcome in ("supported", "direction only", "refuted", "inconclusive"):
            rows.append(row(scenario, outcome, counts[outcome], STUDIES // 2))
        false = sum(counts[outcome] for outcome in never)
        rows.append(row(scenario, "a false verdict", false, STUDIES // 2, most=0.05))
    return rows


def many_claims(parallel: joblib.Parallel) -> list[dict]:
    """Measure twenty claims at once, none of them true: how often any is decided."""
    scenario = Scenario("twenty claims, A against A, 8 to 64 pairs", 1.0, claims=20)
    decided = run(scenario, FAMILIES, parallel)
    false = sum(bool({"supported", "refuted"} & set(d.outcomes)) for d in decided)
    return [row(scenario, "any supported or refuted", false, FAMILIES, most=0.05)]


def main() -> int:
    """Measure, write the tables, and return 1 if a limit is missed."""
    started = time.perf_counter()
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=joblib.cpu_count())
        rows = [
            *false_verdicts(parallel),
            *coverage_and_power(parallel),
            *widths(),
            *factor_claims(parallel),
            *many_claims(parallel),
        ]
    table = pd.DataFrame(rows)
    folder = Path(__file__).parent
    table.to_csv(folder / "calibration.csv", index=False, lineterminator="\n")
    (folder / "calibration.md").write_text(_markdown(table), encoding="utf-8", newline="\n")
    print(table.to_string(index=False))
    print(f"{time.perf_counter() - started:.0f} s; {int((~table.ok).sum())} limits missed")
    return int(not table.ok.all())


def _markdown(table: pd.DataFrame) -> str:
    shown = table.astype(object).where(table.notna(), "")
    lines = [
        "# How often verdicts are wrong",
        "",
        f"Made by `python benchmarks/calibration.py`, seed {SEED}: {STUDIES:,} studies for each",
        "rate against A and for coverage, fewer where it says so in the script. Intervals of the",
        "rates are exact at 95 %.",
        "",
        "| " + " | ".join(shown.columns) + " |",
        "|" + "---|" * len(shown.columns),
        *("| " + " | ".join(map(str, row)) + " |" for row in shown.itertuples(index=False)),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
