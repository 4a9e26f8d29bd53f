"""The provenance tells where the runs came from, and nothing of where the report was written."""

import json
import platform
from dataclasses import replace

import pytest
from analysis.helpers import arriving, read, results_of
from execution.helpers import TINY

from experiments.execution.loop import complete
from experiments.execution.origin import origin
from experiments.execution.store import Store
from experiments.report.provenance import provenance
from report.helpers import write

GIVEN = TINY.replace("epochs: 4,", "epochs: 4, learning_rate: 0.3,")
"""Without any tuning."""


def told(text, *overrides, of=lambda run: ""):
    """What is told of a study whose runs have the origins that `of` tells."""
    results = results_of(read(text, *overrides), lambda run: replace(arriving(8.0), origin=of(run)))
    return results, json.loads(provenance(results))


def test_every_origin_is_told_with_its_number_of_runs_the_most_frequent_first():
    machines = ['{"machine":"b"}', '{"machine":"a"}', '{"machine":"c"}']
    results, content = told(GIVEN, of=lambda run: machines[min(run.seed, 2)])
    arms, seeds = len(results.settings), results.seeds
    assert content["origins"] == [
        {"evaluation_runs": arms * (seeds - 2), "origin": {"machine": "c"}},
        {"evaluation_runs": arms, "origin": {"machine": "a"}},
        {"evaluation_runs": arms, "origin": {"machine": "b"}},
    ]


@pytest.mark.parametrize(("text", "read_as"), [("", None), ("no json", "no json"), ("{}", {})])
def test_an_origin_that_is_not_known_is_told_as_such(text, read_as):
    _, content = told(GIVEN, of=lambda run: text)
    assert [found["origin"] for found in content["origins"]] == [read_as]


def test_runs_of_every_objective_count_and_each_of_them_once():
    claims = (
        "claims=[{faster: relu, than: tanh, to: {train_loss: 0.6}},"
        " {faster: relu, than: tanh, to: {train_loss: 0.3}}]"
    )
    results, content = told(TINY, claims)
    assert results.others
    runs = {
        run
        for settings in (results.settings, *results.others.values())
        for result in settings
        for run in result.runs
    }
    assert sum(found["evaluation_runs"] for found in content["origins"]) == len(runs)


def test_the_seeds_of_every_stream_are_told():
    asked = {}

    def origin_of(run):
        asked.setdefault(run.stream, set()).add(run.seed)
        return ""

    _, given = told(GIVEN, of=origin_of)
    assert given["evaluation_seeds"] == [0, max(asked["evaluation"])]
    assert (given["tuning_seeds"], given["pilot_seeds"]) == (None, None)
    asked.clear()
    _, content = told(TINY, "claims.0.to.train_loss=auto", of=origin_of)
    assert asked.keys() == {"pilot", "tuning", "evaluation"}
    for stream, seeds in asked.items():
        assert content[f"{stream}_seeds"] == [min(seeds), max(seeds)]
        assert len(seeds) == max(seeds) + 1


def test_the_same_store_gives_the_same_bytes_wherever_the_report_is_written(monkeypatch, tmp_path):
    study = read(GIVEN)
    with Store(tmp_path / "s.sqlite") as store:
        complete(study, store, 1, lambda *_: None)
    texts = set()
    for version in (platform.python_version(), "9.9.9"):
        monkeypatch.setattr(platform, "python_version", lambda version=version: version)
        with Store(tmp_path / "s.sqlite") as store:
            results, trained = complete(study, store, 1, lambda *_: None)
        assert trained == 0
        write(results, tmp_path / "report")
        texts.add((tmp_path / "report" / "provenance.json").read_bytes())
    (text,) = texts
    assert b"9.9.9" not in text
    assert json.loads(text)["origins"] == [{"evaluation_runs": 8, "origin": json.loads(origin())}]
