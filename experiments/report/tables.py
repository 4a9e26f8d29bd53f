"""The tables of a report, as data frames that become CSV files."""

from __future__ import annotations

import gzip
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from experiments import datasets
from experiments.analysis.clocks import readings
from experiments.analysis.measures import final
from experiments.analysis.results import Results, diverged, rates
from experiments.analysis.summaries import Curve, Reach
from experiments.analysis.summary import Summary
from experiments.analysis.tuning import Tried, Tuned, as_read
from experiments.analysis.verdicts import BestVerdict, MeasureVerdict, TimeVerdict, Verdict
from experiments.clocks import SECONDS, UPDATES, UpdateTime
from experiments.nn.cost import per_update
from experiments.nn.schedule import updates_per_epoch
from experiments.records import METRICS, Run
from experiments.report import words
from experiments.report.cells import guarded_table
from experiments.study import Setting, Study, arm_in_words
from experiments.whole_files import write as write_file


def verdict_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row for each claim, condition and target; what a kind does not have is left empty."""
    rows = [
        {
            "claim": v.claim.number,
            "says": v.claim.says,
            "answers": v.claim.answers,
            "condition": words.place(v, words.condition_by_keys),
            "conditions": v.conditions,
            **_told(v),
            "verdict": v.outcome,
            **_turned(v),
            "p_value": v.p_value,
            "estimate": v.estimate.estimate,
            "bound": v.estimate.bound,
            "low": v.estimate.low,
            "high": v.estimate.high,
            "confidence": v.estimate.confidence,
            **_counted(v),
            "reason": v.reason,
        }
        for v in verdicts
    ]
    columns = None if rows else ["claim", "says", "target", "verdict", "estimate", "low", "high",
                                 "pairs", "censored"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    if "answers" in table:  # whole numbers, with gaps
        table["answers"] = table["answers"].astype("Int64")
    return table


def _told(v: Verdict) -> dict[str, object]:
    if isinstance(v, BestVerdict):
        return _told(v.duel) | {"kind": "best", "hypothesis": None, "rivals": v.rivals,
                                "beaten": v.beaten}  # fmt: skip
    return _race(v) if isinstance(v, TimeVerdict) else _statement(v)


def _turned(v: Verdict) -> dict[str, str]:
    return {} if isinstance(v, MeasureVerdict) else {"by_other_clocks": words.turned(v)}


def _counted(v: Verdict) -> dict[str, object]:
    duel = v.duel if isinstance(v, BestVerdict) else v
    return _race_counts(duel) if isinstance(duel, TimeVerdict) else {"runs": v.estimate.count}


def _race(v: TimeVerdict) -> dict[str, object]:
    return {
        "kind": "faster",
        "hypothesis": v.hypothesis,
        "arm": arm_in_words(v.claim.faster),
        "than": arm_in_words(v.claim.than),
        "measure": v.claim.metric,
        "target": v.target,
        "clock": v.claim.clock,
        "by": v.claim.by,
        "claimed_low": v.region.low,
        "claimed_high": v.region.high,
    }


def _statement(v: MeasureVerdict) -> dict[str, object]:
    measure = v.claim.measure
    return {
        "kind": v.claim.kind,
        "arm": arm_in_words(v.claim.of),
        "than": arm_in_words(v.claim.than or ()),
        "measure": measure.name,
        "at": measure.at,
        "layer": measure.layer,
        "over": measure.over,
        "unit": measure.unit,
        "claimed_low": v.region.low,
        "claimed_high": v.region.high,
        "theory": v.theory,
    }


def _race_counts(v: TimeVerdict) -> dict[str, object]:
    return {
        "pairs": v.ratio.pairs,
        "censored": v.ratio.censored,
        "faster_censored": v.runs - v.faster_reached,
        "than_censored": v.runs - v.than_reached,
        "faster_diverged": diverged(v.faster),
        "than_diverged": diverged(v.than),
        "faster_diverged_after": v.faster_lost,
        "than_diverged_after": v.than_lost,
        "faster_first": v.ratio.wins,
        "than_first": v.ratio.losses,
        "chance_low": v.chance[0],
        "chance_high": v.chance[1],
        "faster_rates": words.rates(rates(v.faster)),
        "than_rates": words.rates(rates(v.than)),
        "seeds_needed": v.seeds_needed,
    }


def curve_table(curves: Sequence[Curve]) -> pd.DataFrame:
    """One row for each setting, metric and evaluation: tidy, so that any tool can plot it."""
    return _joined(
        {
            **_axes(curve.setting.setting),
            "metric": curve.metric,
            "update": curve.updates,
            "median": curve.median,
            "low": curve.low,
            "high": curve.high,
            "runs": len(curve.setting.traces),
            "diverged": curve.diverged,
        }
        for curve in curves
    )


def seed_curve_table(results: Results) -> pd.DataFrame:
    """One row for each evaluation run and evaluation: every metric and diagnostic that was read.

    NaN stands where one was not read then, or where the run has none.
    """
    parts = [
        pd.DataFrame(
            {
                **_axes(result.setting),
                "seed": run.seed,
                "update": trace.updates,
                "epoch": _epochs(run, trace.updates),
                **{name: trace.metric(name) for name in trace.columns},
            }
        )
        for result in results.settings
        for run, trace in zip(result.runs, result.traces, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _epochs(run: Run, updates: np.ndarray) -> np.ndarray:
    """Return updates in epochs; what is not trained may have fewer examples than a batch."""
    if run.training.epochs == 0:
        return np.zeros(len(updates))
    return updates / updates_per_epoch(run.training, datasets.shape(run.data))


def run_table(results: Results, reaches: Sequence[Reach]) -> pd.DataFrame:
    """One row for each evaluation run, those that diverged or failed included."""
    times = {
        (reach.setting.setting, seed, f"updates_to_{reach.metric}_{reach.target:.15g}"): (
            None if never else update
        )
        for reach in reaches
        for seed, (update, never) in enumerate(zip(reach.updates, reach.censored, strict=True))
    }
    columns = list(dict.fromkeys(name for _, _, name in times))
    second = results.study.tuning.second if results.study.tuning else None
    rows = [
        {
            **_axes(result.setting),
            "seed": run.seed,
            **({f"{second.name}_used": result.setting.variant_of(run)} if second else {}),
            "learning_rate_used": run.training.learning_rate,
            "status": trace.status,
            "updates": int(trace.updates[-1]),
            "budget": trace.budget,
            **{
                f"final_{metric}": final(trace, metric) if _has(run, metric) else None
                for metric in METRICS
            },
            **{
                column: trace.metric(column)[-1]
                for column in trace.columns
                if column not in METRICS
            },
            **{name: times[result.setting, run.seed, name] for name in columns},
        }
        for result in results.settings
        for run, trace in zip(result.runs, result.traces, strict=True)
    ]
    return pd.DataFrame(rows)


def _has(run: Run, metric: str) -> bool:
    """Tell whether a run's data have a metric: its part, and for an accuracy classes."""
    shape = datasets.shape(run.data)
    split, _, kind = metric.partition("_")
    return bool(getattr(shape, split)) and not (kind == "accuracy" and shape.regression)


def tuning_table(study: Study, searches: Sequence[tuple[Tuned, Sequence[Tried]]]) -> pd.DataFrame:
    """One row for each setting and learning rate, or value beside it, that some pair tried."""
    objective, second = study.objective, study.tuning.second

    def measured(rate: Tried) -> dict[str, float]:
        name = f"median_{objective.metric}"
        return {name: as_read(objective, rate.measured)} if objective.metric else {}

    rows = [
        {
            **_axes(tuned.setting),
            **({f"{second.name}_tried": rate.value} if second else {}),
            "learning_rate_tried": rate.rate,
            "pairs": rate.pairs,
            "taken": rate.taken,
            "median_log_updates": rate.log_updates,
            "bound": "at least" if rate.at_least else "",
            **measured(rate),
            "median_last_train_loss": rate.last_loss,
        }
        for tuned, rates in searches
        for rate in rates
    ]
    return pd.DataFrame(rows)


def arm_table(summary: Summary) -> pd.DataFrame:
    """One row for each setting and target: how its runs came there."""
    means = {(a.setting.setting, a.metric, a.target): a for a in summary.reach_curves}
    rows = []
    for reach in summary.reaches:
        arrivals = means[reach.setting.setting, reach.metric, reach.target]
        interval = reach.median_interval(summary.results.design)
        run = reach.setting.runs[0]
        shape = datasets.shape(run.data)
        rows.append(
            {
                **_axes(reach.setting.setting),
                "metric": reach.metric,
                "target": reach.target,
                "runs": len(reach.updates),
                "censored": reach.not_reached,
                "diverged": reach.setting.diverged,
                "median_updates": reach.median,
                "median_low": interval[0],
                "median_high": interval[1],
                "median_epochs": reach.median / updates_per_epoch(run.training, shape),
                "median_multiplications": reach.median_of(
                    [per_update(run, shape) for run in reach.setting.runs]
                ),
                "restricted_mean": arrivals.restricted_mean,
                "restricted_mean_error": arrivals.restricted_mean_error,
                "horizon": arrivals.horizon,
            }
        )
    return pd.DataFrame(rows)


def reach_curve_table(summary: Summary) -> pd.DataFrame:
    """One row for each setting, target and step: the share of runs that had arrived by then."""
    return _joined(
        {
            **_axes(a.setting.setting),
            "metric": a.metric,
            "target": a.target,
            "update": a.updates,
            "share": a.share,
            "low": a.low,
            "high": a.high,
        }
        for a in summary.reach_curves
    )


def _joined(parts: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Join tables that have an "update" in each row; a single value stands in all rows of its."""
    columns = defaultdict(list)
    for part in parts:
        for name, value in part.items():
            columns[name].extend(np.broadcast_to(value, len(part["update"])).tolist())
    return pd.DataFrame(columns)


def rank_table(summary: Summary) -> pd.DataFrame:
    """One row for each ranking and arm."""
    return pd.DataFrame(
        {
            **dict(ranking.contest.condition.labels),
            "metric": ranking.contest.metric,
            "target": ranking.contest.target,
            "arm": words.arm_of(ranking, number),
            "average_rank": ranking.ranks[number],
            "censored": int(ranking.not_reached[number]),
            "seeds": len(ranking.contest.seeds),
            "critical_difference": ranking.critical_difference,
            "p_value": ranking.p_value,
            "groups": " ".join(
                str(place + 1) for place, group in enumerate(ranking.groups) if number in group
            ),
        }
        for ranking in summary.rankings
        for number in range(len(ranking.ranks))
    )


def standing_table(summary: Summary) -> pd.DataFrame:
    """One row for each condition and arm, from the best median at the end on."""
    medians = {(r.setting.setting, r.metric, r.target): r.median for r in summary.reaches}
    return pd.DataFrame(
        {
            **_axes(place.result.setting),
            "metric": found.metric,
            "place": number,
            "runs": len(place.result.runs),
            "diverged": place.result.diverged,
            "median": place.estimate.estimate,
            "low": place.estimate.low,
            "high": place.estimate.high,
            "told_apart_from_first": not place.may_be_best,
            "difference": place.behind.estimate if place.behind else 0.0,
            "difference_low": place.behind.low if place.behind else 0.0,
            "difference_high": place.behind.high if place.behind else 0.0,
            "difference_confidence": place.behind.confidence if place.behind else None,
            "train_loss": place.train_loss.estimate,
            "train_loss_low": place.train_loss.low,
            "train_loss_high": place.train_loss.high,
            **{
                f"median_updates_to_{metric}_{target:.15g}": medians[
                    place.result.setting, metric, target
                ]
                for metric, target in summary.results.study.targets
            },
        }
        for found in summary.standings
        for number, place in enumerate(found.places, 1)
    )


MOST_RUNS = 3000
"""Of more runs no table is written; the store holds them all."""


def _few(results: Results) -> bool:
    return sum(len(result.runs) for result in results.settings) <= MOST_RUNS


ARMS = "arms.csv"
"""The table whose rows the page shows too."""

SEED_CURVES = "seed_curves.csv.gz"
"""Every run's own curves, compressed since they are the most numbers by far."""

TABLES: dict[str, Callable[[Summary], pd.DataFrame | None]] = {
    "verdicts.csv": lambda s: verdict_table(s.verdicts),
    "curves.csv": lambda s: curve_table(s.curves),
    SEED_CURVES: lambda s: seed_curve_table(s.results) if _few(s.results) else None,
    "runs.csv": lambda s: run_table(s.results, s.reaches) if _few(s.results) else None,
    ARMS: lambda s: arm_table(s) if s.reaches else None,
    "reach_curves.csv": lambda s: reach_curve_table(s) if s.reach_curves else None,
    "standings.csv": lambda s: standing_table(s) if s.standings else None,
    "ranks.csv": lambda s: rank_table(s) if s.rankings else None,
    "tuning.csv": lambda s: tuning_table(s.results.study, s.searches) if s.searches else None,
}
"""Every table that a report may have; None where the study has nothing of the kind."""


CLOCKS = "clocks.csv"
"""The table that holds measured times, and so is not the same bytes on each machine."""


def clock_table(summary: Summary, update_times: Mapping[Setting, UpdateTime]) -> pd.DataFrame:
    """One row for each verdict of one condition and each clock.

    Seconds are those that were measured for the report, or, of a claim that races by them, those
    that its runs measured of themselves; what an update costs is told as measured for the report.
    By them no verdict is told that is not the same at both ends of the range of measurements.
    """
    costs = {
        setting: {UPDATES: 1.0, **cost, SECONDS: update_times[setting].seconds}
        for setting, cost in summary.results.costs.items()
    }
    alone = [v for v in summary.time_verdicts if v.conditions == 1]
    return pd.DataFrame(
        {
            "claim": v.claim.number,
            "condition": words.condition_by_keys(v.condition),
            "target": v.target,
            "clock": r.clock,
            "estimate": r.ratio.estimate,
            "bound": r.ratio.bound,
            "low": r.ratio.low,
            "high": r.ratio.high,
            "hypothesis": v.hypothesis,
            "verdict": r.outcome if r.borne else "undecided by seconds",
            "remark": "" if r.agrees or not r.borne else f"in {v.claim.clock}: {r.usual}",
            "faster_cost_of_an_update": costs[v.faster[0].setting][r.clock],
            "than_cost_of_an_update": costs[v.than[0].setting][r.clock],
        }
        for v, r in readings(alone, update_times)
    )


def all_tables(summary: Summary) -> dict[str, pd.DataFrame]:
    """Return the tables of a study's report, by the names of their files."""
    found = {name: table(summary) for name, table in TABLES.items()}
    return {name: table for name, table in found.items() if table is not None}


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV file with nine significant digits and the same line ends everywhere.

    One whose name ends in .gz is compressed, and has six digits: as many as a figure can show.
    """
    compressed = path.suffix == ".gz"
    text = io.StringIO()
    digits = "%.6g" if compressed else "%.9g"
    guarded_table(table).to_csv(text, index=False, float_format=digits, lineterminator="\n")
    data = text.getvalue().encode("utf-8")
    write_file(path, gzip.compress(data, mtime=0) if compressed else data)


def _axes(setting: Setting) -> dict[str, str]:
    return dict(setting.labels)
