"""The worked examples of CONTRIBUTING.md are run as they are written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments import kinds
from experiments.analysis import measures
from experiments.analysis.verdicts import decide
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.initializers import draw_weights
from experiments.nn.layers import normalisation
from experiments.nn.layers.chain import chain
from experiments.nn.layers.record import Place, Site
from experiments.parameters import Choice
from experiments.records import METRICS, DataShape, Image, Network, Trace
from experiments.study import Measure, Region

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DIAGNOSTIC, LAYER, MOMENT, KIND = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(CLAIMS,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
(AT_MEAN,) = re.findall(r"`(\{measure: [^`]*\})`", TEXT)
(DIAGNOSTICS_KEY,) = re.findall(r"`(diagnostics: [^`]*)`", TEXT)

NETWORK = """
dataset: {name: gaussian, features: 3, examples: 40}
network: {activation: [relu, tanh], depth: 2, width: 4, init: he, output: linear}
"""
DRAWN = NETWORK + "training: {epochs: 0}\nseeds: 6\n" + DIAGNOSTICS_KEY + "\n" + CLAIMS
WITH_A_MEAN = NETWORK + "claims:\n  - " + AT_MEAN
COMPARED = "measure: activation_mean, at: start, higher_by: relu, than: tanh"
HIGHER_BY = (
    NETWORK
    + "training: {epochs: 0}\nseeds: 9\nclaims:\n"
    + "".join(f"  - {{{COMPARED}, within: {within}}}\n" for within in (0.0, 0.01, 5))
)

# A config knows the rows that were there when it was imported, as if they stood in the files.
PROGRAM = """
import json, sys
from experiments import kinds
from experiments.analysis import measures
from experiments.nn import diagnostics

given = json.load(sys.stdin)

def added(source, module, table):
    names = dict(vars(module))
    exec(source, names)
    table[names["row"].name] = names["row"]

added(given["diagnostic"], diagnostics.layers, diagnostics.DIAGNOSTICS)
added(given["moment"], measures, measures.MOMENTS)
added(given["kind"], kinds, kinds.KINDS)

from experiments import config
from experiments.analysis.claims import judge
from experiments.execution.loop import complete
from experiments.execution.store import Store
from experiments.report import words
from experiments.report.model import plain

def run(study):
    with Store(":memory:") as store:
        return complete(study, store, 1, lambda *_: None)[0]

def facts(text):
    study = config.loads(text, "study")
    results = run(study)
    return {
        "again": config.loads(config.resolved(study), "study") == study,
        "says": [claim.says for claim in study.claims],
        "outcomes": [v.outcome for v in judge(results)],
        "sentences": [plain(words.sentence(v)) for v in judge(results)],
        "estimates": [v.estimate.estimate for v in judge(results)],
        "columns": results.settings[0].traces[0].columns,
        "values": [[t.values[0].tolist() for t in s.traces] for s in results.settings],
    }

(mean,) = config.loads(given["mean"], "study").claims
json.dump(
    {
        "drawn": facts(given["drawn"]),
        "higher_by": facts(given["higher_by"]),
        "mean": [mean.measure.at, mean.says, mean.kind, mean.region.low],
    },
    sys.stdout,
)
"""


@pytest.fixture(scope="module")
def found():
    given = {"diagnostic": DIAGNOSTIC, "moment": MOMENT, "kind": KIND, "drawn": DRAWN,
             "mean": WITH_A_MEAN, "higher_by": HIGHER_BY}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def row_of(source, module):
    names = dict(vars(module))
    exec(source, names)
    return names["row"]


def test_the_diagnostic_reads_the_largest_weight_of_each_layer(found):
    run = found["drawn"]
    columns = ["largest_weight 1", "largest_weight 2", "largest_weight output"]
    assert run["columns"] == [*METRICS, *columns]
    for activation, traces in zip(("relu", "tanh"), run["values"], strict=True):
        for seed, values in enumerate(traces):
            drawn = draw_weights(
                "he",
                Choice.of(activation, ACTIVATIONS),
                [(3, 4, 4), (4, 4, 4), (4, 1, 1)],
                "evaluation",
                seed,
            )
            expected = [np.abs(weights[:, :-1]).max() for weights in drawn]
            assert values[len(METRICS) :] == pytest.approx(expected, rel=1e-6)


def test_the_claim_of_the_diagnostic_is_judged(found):
    run = found["drawn"]
    first = sorted(values[len(METRICS)] for values in run["values"][0])
    (estimate,), (outcome,) = run["estimates"], run["outcomes"]
    assert estimate == pytest.approx((first[2] + first[3]) / 2)
    assert outcome == decide(first[0], first[-1], Region(high=2.0))  # six runs: their whole range
    assert run["says"] == ["for relu the largest weight in the first hidden layer is at most 2"]
    assert run["again"]


def test_the_layer_normalises_and_has_the_gradient_of_what_it_does():
    row, rng = row_of(LAYER, normalisation), np.random.default_rng(0)
    x, upstream = rng.normal(size=(2, 2, 4, 6))  # of two runs with four units each
    site = Site(Place(row, 0, Image(3), Image(4)), True, 2, [], {}, {}, [], x, np.empty_like(x))
    site.dx, site.dy, site.scratch = np.empty_like(x), upstream, np.empty_like(x)
    (forward,), (backward,) = row.forward(site), row.backward(site)

    def value(at):
        return at / np.sqrt(np.square(at).mean(axis=1, keepdims=True) + 1e-5)

    forward()
    np.testing.assert_allclose(site.y, value(x), rtol=1e-12)
    backward()
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        numeric = ((value(x + step) - value(x - step)) * upstream).sum() / 2e-6
        assert site.dx[place] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def test_a_network_has_the_layer_once_its_row_is_in_the_table(monkeypatch):
    row = row_of(LAYER, normalisation)
    monkeypatch.setitem(normalisation.NORMALISATIONS, "rms", row)
    network = Network((4, 4), Choice.of("relu", ACTIVATIONS), "he", "softmax", normalisation="rms")
    rows = [place.row.name for place in chain(network, DataShape(3, 2, 0, 0, 0))]
    hidden = ["dense", "rms_norm", "activation"]
    assert rows == [*hidden, *hidden, "dense", "activation"]


def test_the_moment_is_read_off_a_trace(monkeypatch):
    row = row_of(MOMENT, measures)
    monkeypatch.setitem(measures.MOMENTS, row.name, row)
    columns = (*METRICS, "zeros 1", "zeros 2")
    values = np.hstack([np.ones((3, len(METRICS))), [[0.1, 0.3], [0.2, 0.6], [0.6, 0.9]]])
    trace = Trace(np.array([0, 1, 2]), values, "completed", 2, columns=columns)
    assert measures.value(trace, Measure("zeros", at="mean")) == pytest.approx(0.45)
    assert measures.value(trace, Measure("zeros", at="mean", layer="first")) == pytest.approx(0.3)
    assert measures.value(trace, Measure("test_loss", at="mean")) == 1.0


def test_the_claim_at_the_moment_is_read(found):
    at, says, kind, low = found["mean"]
    assert (at, kind, low) == ("mean", "at_least", 0.4)
    assert says == "for relu the share of exact zeros on average is at least 0.4"


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [(0.2, 0.3, "supported"), (0.1, 0.3, "inconclusive"), (-0.3, 0.09, "refuted"),
     (0.1, 0.1, "refuted")],
)  # fmt: skip
def test_the_kind_is_judged_where_it_says(low, high, outcome):
    row = row_of(KIND, kinds)
    assert decide(low, high, row.region((), 0.1)) == outcome


def test_the_kind_is_read_judged_told_and_written_back(found):
    run = found["higher_by"]
    assert run["outcomes"][0] == "supported"  # relu's mean is above 0, and that of tanh near it
    assert run["outcomes"][2] == "refuted"  # by more than 5
    assert run["says"] == [
        f"relu has a mean activation before training higher than tanh by more than {within}"
        for within in ("0", "0.01", "5")
    ]
    assert [s.rpartition("claimed: ")[2] for s in run["sentences"]] == [
        "above 0).", "above 0.01).", "above 5)."
    ]  # fmt: skip
    assert run["again"]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(link):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:tests|experiments)/[^`]*)`", TEXT))))
def test_every_file_it_names_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("table", "path"), re.findall(r"`([A-Z_]{4,})` in \[`([^`]+)`\]", TEXT))
def test_every_table_it_names_is_where_it_says(table, path):
    assert re.search(rf"^{table}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
