"""A race by measured seconds, trained for real: its ratio is that of what the runs measured."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import run


def test_a_race_by_seconds_is_of_what_each_run_measured(tmp_path):
    found = run(
        {
            "dataset": {"name": "moons", "examples": 200},
            "network": {"depth": 1, "width": [4, 256]},
            "training": {"learning_rate": 0.02, "epochs": 10},
            "seeds": 7,
            "claims": [
                {
                    "faster": {"width": 4},
                    "than": {"width": 256},
                    "to": {"train_loss": 0.6},
                    "clock": "seconds",
                }
            ],
        },
        output=tmp_path,
    )
    runs, curves = found.runs.set_index(["width", "seed"]), found.curves
    per_update = curves.groupby(["width", "seed"])["update_time"].median() * 1e-6
    seconds = runs["updates_to_train_loss_0.6"] * per_update
    (verdict,) = found.verdicts.to_dict("records")
    assert verdict["clock"] == "seconds"
    ratios = (seconds["256"] / seconds["4"]).to_numpy(float)
    assert len(ratios) == 7
    assert np.isfinite(ratios).all()
    assert verdict["estimate"] == pytest.approx(np.median(ratios), rel=1e-9)
    # The wide net's update costs more, whatever the machine; in updates it may well be ahead.
    assert per_update["256"].min() > per_update["4"].max()
