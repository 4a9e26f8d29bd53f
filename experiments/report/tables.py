"""The tables of a report, as data frames that become CSV files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.analysis.claims import Verdict
from experiments.analysis.measures import final
from experiments.analysis.results import Results
from experiments.analysis.summaries import Curve, Reach
from experiments.records import METRICS, Setting, arm_in_words
from experiments.report import words


def verdict_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row for each claim, condition and target."""
    rows = [
        {
            "claim": v.claim.number,
            "says": v.claim.says,
            "condition": words.condition(v.condition),
            "faster": arm_in_words(v.claim.faster),
            "than": arm_in_words(v.claim.than),
            "metric": v.claim.metric,
            "target": v.target,
            "by": v.claim.by,
            "verdict": v.outcome,
            "estimate": v.ratio.estimate,
            "bound": v.ratio.bound,
            "low": v.ratio.low,
            "high": v.ratio.high,
            "pairs": v.ratio.pairs,
            "censored": v.ratio.censored,
            "faster_never": v.ratio.pairs - v.faster_arrived,
            "than_never": v.ratio.pairs - v.than_arrived,
            "faster_diverged": v.faster.diverged,
            "than_diverged": v.than.diverged,
            "faster_first": v.ratio.wins,
            "than_first": v.ratio.losses,
            "faster_rate": v.faster.learning_rate,
            "than_rate": v.than.learning_rate,
            "reason": v.reason,
        }
        for v in verdicts
    ]
    columns = None if rows else ["claim", "says", "target", "verdict", "estimate", "low", "high",
                                 "pairs", "censored"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def curve_table(curves: Sequence[Curve]) -> pd.DataFrame:
    """One row for each setting, metric and evaluation: tidy, so that any tool can plot it."""
    frames = [
        pd.DataFrame(
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
        )
        for curve in curves
    ]
    return pd.concat(frames, ignore_index=True)


def run_table(results: Results, reaches: Sequence[Reach]) -> pd.DataFrame:
    """One row for each evaluation run, failed ones included."""
    times = {
        (reach.setting.setting, seed, f"updates_to_{reach.metric}_{reach.target:.15g}"): (
            None if never else update
        )
        for reach in reaches
        for seed, (update, never) in enumerate(zip(reach.updates, reach.censored, strict=True))
    }
    columns = list(dict.fromkeys(name for _, _, name in times))
    rows = [
        {
            **_axes(result.setting),
            "seed": run.seed,
            "learning_rate_used": result.learning_rate,
            "status": trace.status,
            "updates": int(trace.updates[-1]),
            "budget": trace.budget,
            **{f"final_{metric}": final(trace, metric) for metric in METRICS},
            **{name: times[result.setting, run.seed, name] for name in columns},
        }
        for result in results.settings
        for run, trace in zip(result.runs, result.traces, strict=True)
    ]
    return pd.DataFrame(rows)


def tuning_table(results: Results) -> pd.DataFrame:
    """One row for each setting and learning rate of the search."""
    rows = [
        {
            **_axes(choice.setting),
            "learning_rate_tried": rate,
            "mean_log_updates": score.log_updates,
            "final_train_loss": score.final_loss,
            "taken": place == choice.best,
        }
        for choice in results.tuned
        for place, (rate, score) in enumerate(zip(choice.rates, choice.scores, strict=True))
    ]
    return pd.DataFrame(rows)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV file with nine significant digits and the same line ends everywhere."""
    text = io.StringIO()
    table.to_csv(text, index=False, float_format="%.9g", lineterminator="\n")
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def _axes(setting: Setting) -> dict[str, str]:
    return dict(setting.labels)
