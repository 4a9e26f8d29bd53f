"""The charts of a page: what they read, and that they are written as their library reads them."""

from __future__ import annotations

import json

import altair
import numpy as np
import pytest

from experiments.analysis.summary import summarise
from experiments.clocks import UpdateTime
from experiments.report.web.levels import levels
from experiments.report.web.page import charts, in_script
from experiments.report.web.series import MOST_RUN_POINTS, all_series, numbers
from experiments.report.web.specs import MOST_PANELS
from tests.analysis.helpers import read, results_of

from .test_browser import KINDS, RACE, respond


def made(text):
    results = results_of(read(text), respond)
    summary = summarise(results)
    tables = all_series(
        summary, dict.fromkeys((s.setting for s in results.settings), UpdateTime(1e-4))
    )
    return summary, tables, charts(summary, tables)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_every_specification_is_one_by_the_librarys_own_schema(kind):
    _, tables, found = made(KINDS[kind])
    assert found
    for name, chart in found.items():
        assert set(chart.tables) <= tables.keys(), name
        altair.Chart.from_dict(json.loads(json.dumps(chart.spec)), validate=True)


@pytest.mark.parametrize("kind", KINDS)
def test_the_columns_of_a_table_are_of_one_length(kind):
    _, tables, _ = made(KINDS[kind])
    for name, table in tables.items():
        assert len({len(column) for column in table.values()}) == 1, name


def test_what_is_not_known_is_nothing():
    assert numbers([1.0, np.inf, np.nan, 123456.789, 0.000123456]) == [
        1, None, None, 123460, 0.00012346,
    ]  # fmt: skip


def test_a_run_that_diverged_is_shown_until_it_did():
    _, tables, _ = made(RACE)
    runs = tables["runs"]
    lost = [
        update
        for setting, seed, metric, update in zip(
            runs["setting"], runs["seed"], runs["metric"], runs["update"], strict=True
        )
        if tables["settings"]["arm"][setting] == "tanh" and seed == 3 and metric == "train_loss"
    ]
    assert max(lost) <= 45  # the evaluation after 32 is the last, and no result
    of_one = [
        1
        for seed, metric, setting in zip(runs["seed"], runs["metric"], runs["setting"], strict=True)
        if (seed, metric, setting) == (0, "train_loss", 0)
    ]
    assert len(of_one) <= MOST_RUN_POINTS


def test_a_claimed_level_tells_what_its_verdict_tells():
    summary, _, _ = made(RACE)
    (found,) = levels(summary)
    assert found["goals"][found["start"]] == "training loss 0.8"
    verdicts = [v for v in summary.time_verdicts if v.hypothesis == "direction" and v.target == 0.8]
    for verdict, sentence in zip(verdicts, found["sentences"][found["start"]], strict=True):
        assert f"tanh needed {verdict.ratio.estimate:.3g}"[:16] in sentence
        assert f"{verdict.faster_reached} of 10 runs of relu" in sentence


def test_of_many_conditions_one_is_shown_at_a_time():
    text = KINDS["map"].replace("[4, 8, 16]", "[4, 8, 16, 24, 32]")
    _, tables, found = made(text)
    panels = list(dict.fromkeys(tables["settings"]["panel"]))
    assert len(panels) > MOST_PANELS
    assert found["curves"].spec["usermeta"] == {"panels": panels}
    assert "facet" not in found["curves"].spec


def test_no_text_ends_the_script_that_holds_it():
    written = in_script({"a": "</script><script>", "b": "<!--", "c": "\u2028"})
    assert "<" not in written
    assert "\u2028" not in written
    assert json.loads(written) == {"a": "</script><script>", "b": "<!--", "c": "\u2028"}
    with pytest.raises(ValueError):
        in_script(float("nan"))
