"""Claims about measures, on results made by hand: what is compared, and what is said of it."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.inference import holm
from experiments.analysis.measure_claims import measure_comparisons
from experiments.analysis.verdicts import MeasureVerdict, decide
from experiments.nn.diagnostics import columns
from experiments.records import METRICS, Trace
from experiments.study import Region

from .helpers import arriving, read, results_of

INF, NAN = math.inf, math.nan

# Where an interval lies

CLOSED, LEAST, MOST = Region(1.0, 2.0), Region(low=1.0), Region(high=1.0)
ABOVE, BELOW, POINT = Region(low=0.0, open=True), Region(high=0.0, open=True), Region(1.0, 1.0)
WITHIN = Region(1.0, 2.0, open=True)


@pytest.mark.parametrize(
    ("region", "low", "high", "outcome"),
    [
        (CLOSED, 1.0, 2.0, "supported"),
        (CLOSED, 1.5, 1.5, "supported"),
        (CLOSED, 2.0, 2.0, "supported"),
        (CLOSED, 0.9, 2.0, "inconclusive"),
        (CLOSED, 1.5, 2.1, "inconclusive"),
        (CLOSED, 0.5, 2.5, "inconclusive"),
        (CLOSED, 0.5, 1.0, "inconclusive"),
        (CLOSED, 2.0, INF, "inconclusive"),
        (CLOSED, 0.5, 0.99, "refuted"),
        (CLOSED, 2.01, INF, "refuted"),
        (CLOSED, -INF, INF, "inconclusive"),
        (LEAST, 1.0, INF, "supported"),
        (LEAST, INF, INF, "supported"),
        (LEAST, 0.99, INF, "inconclusive"),
        (LEAST, -INF, 1.0, "inconclusive"),
        (LEAST, -INF, 0.99, "refuted"),
        (MOST, -INF, 1.0, "supported"),
        (MOST, 0.0, 1.01, "inconclusive"),
        (MOST, 1.0, 1.0, "supported"),
        (MOST, 1.01, 5.0, "refuted"),
        (MOST, INF, INF, "refuted"),
        (ABOVE, 0.01, INF, "supported"),
        (ABOVE, 0.0, 1.0, "inconclusive"),
        (ABOVE, -1.0, 0.0, "inconclusive"),
        (ABOVE, 0.0, 0.0, "refuted"),  # a tie beyond doubt
        (ABOVE, -1.0, -0.01, "refuted"),
        (ABOVE, INF, INF, "supported"),
        (BELOW, -INF, -0.01, "supported"),
        (BELOW, -1.0, 0.0, "inconclusive"),
        (BELOW, 0.0, 0.0, "refuted"),
        (BELOW, 0.01, 0.02, "refuted"),
        (POINT, 1.0, 1.0, "supported"),
        (POINT, 0.9, 1.1, "inconclusive"),
        (POINT, 1.0, 1.1, "inconclusive"),
        (POINT, 1.01, 1.1, "refuted"),
        (WITHIN, 1.01, 1.99, "supported"),
        (WITHIN, 1.0, 1.5, "inconclusive"),
        (WITHIN, 1.5, 2.0, "inconclusive"),
        (WITHIN, 2.0, 2.0, "refuted"),
        (WITHIN, 2.0, 3.0, "inconclusive"),
    ],
)
def test_decisions_by_hand(region, low, high, outcome):
    assert decide(low, high, region) == outcome


some = st.sampled_from([-INF, -1.0, 0.0, 0.5, 1.0, 2.0, INF])
intervals = st.tuples(some, some).map(sorted)
regions = st.builds(
    lambda ends, is_open: Region(min(ends), max(ends), is_open),
    st.tuples(some, some),
    st.booleans(),
)


def holds(number, region):
    """Whether a number lies where it is claimed to lie."""
    if region.open and math.isfinite(number) and number in (region.low, region.high):
        return False
    return region.low <= number <= region.high


@given(intervals, regions)
def test_an_interval_is_judged_by_the_numbers_that_it_holds(ends, region):
    # A fine enough net of numbers: all ends that there are, and what lies between them.
    net = [-INF, -2, -1, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, INF]
    inside = {holds(number, region) for number in net if ends[0] <= number <= ends[1]}
    outcome = decide(*ends, region)
    if inside == {True}:
        assert outcome == "supported"
    else:
        assert outcome != "supported"
    if outcome == "refuted":
        assert inside == {False}
    if ends[0] < region.low and ends[1] > region.high:
        assert outcome == "inconclusive"  # on both sides of it


# What is compared

GRID = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 2, 4], width: 8}
    training: {learning_rate: 0.1, batch_size: [8, 16]}
    seeds: 11
    claims: [{%s}]
"""
ACTIVATIONS, DEPTHS, BATCHES = ("relu", "tanh"), ("1", "2", "4"), ("8", "16")
GROWTH = {"relu": 1.5, "tanh": 0.5}


def point(activation, depth, batch):
    return (("depth", depth), ("activation", activation), ("batch_size", batch))


def level(activation, depth, batch):
    """A number of its own for each setting, which grows with depth by a factor of its own."""
    return GROWTH[activation] ** depth * (1 + batch / 100)


def level_of(labels, seed):
    known = dict(labels)
    setting = (known["activation"], int(known["depth"]), int(known["batch_size"]))
    return level(*setting) * (1 + seed / 1000)


def made(number, *, diverges=lambda run: False):
    """Traces of three evaluations; `number(run, column, place)` is what a column reads."""

    def respond(run):
        names = (*METRICS, *columns(run.diagnostics, len(run.network.widths)))
        values = [[number(run, name, place) for name in names] for place in range(3)]
        status = "diverged" if diverges(run) else "completed"
        return Trace(np.array([0, 1, 4]), np.array(values, float), status, 8, columns=names)

    return respond


def by_setting(run, column, place):
    hidden = len(run.network.widths)
    return level(run.network.activation.name, hidden, run.training.batch_size) * (
        1 + run.seed / 1000
    )


def of_layer(run, column, place):
    """A geometric profile, the number of the setting its factor towards the input."""
    layer = column.rpartition(" ")[2]
    hidden = len(run.network.widths)
    return by_setting(run, column, place) ** (hidden - int(layer)) if layer.isdigit() else 1.0


# A claim: each condition with the settings of its arm, and of the other arm.
LAYOUTS = {
    "measure: test_loss, higher: relu, than: tanh": [
        ((("depth", d), ("batch_size", b)), [point("relu", d, b)], [point("tanh", d, b)])
        for d, b in product(DEPTHS, BATCHES)
    ],
    "measure: test_loss, equal: tanh, than: relu, within: 2": [
        ((("depth", d), ("batch_size", b)), [point("tanh", d, b)], [point("relu", d, b)])
        for d, b in product(DEPTHS, BATCHES)
    ],
    "measure: test_loss, lower: {depth: 4, activation: tanh}, than: {depth: 1, activation: relu}": [
        ((("batch_size", b),), [point("tanh", "4", b)], [point("relu", "1", b)]) for b in BATCHES
    ],
    "measure: test_loss, lower: {depth: 4, activation: tanh, batch_size: 8}, "
    "than: {depth: 1, activation: relu, batch_size: 16}": [
        ((), [point("tanh", "4", "8")], [point("relu", "1", "16")])
    ],
    "measure: test_loss, at_most: 1": [
        (point(a, d, b), [point(a, d, b)], []) for d, a, b in product(DEPTHS, ACTIVATIONS, BATCHES)
    ],
    "measure: test_loss, between: [0, 1], of: {depth: 2, activation: relu}": [
        ((("batch_size", b),), [point("relu", "2", b)], []) for b in BATCHES
    ],
    "measure: gradient, over: layer, is: 1, of: {depth: 4}": [
        ((("activation", a), ("batch_size", b)), [point(a, "4", b)], [])
        for a, b in product(ACTIVATIONS, BATCHES)
    ],
    "measure: test_loss, over: depth, at_least: 1, of: relu": [
        ((("batch_size", b),), [point("relu", d, b) for d in DEPTHS], []) for b in BATCHES
    ],
    "measure: test_loss, over: depth, at_least: 1": [
        ((("activation", a), ("batch_size", b)), [point(a, d, b) for d in DEPTHS], [])
        for a, b in product(ACTIVATIONS, BATCHES)
    ],
    "measure: test_loss, over: depth, higher: relu, than: tanh": [
        (
            (("batch_size", b),),
            [point("relu", d, b) for d in DEPTHS],
            [point("tanh", d, b) for d in DEPTHS],
        )
        for b in BATCHES
    ],
}


@pytest.mark.parametrize("keys", LAYOUTS)
def test_the_right_settings_are_compared_under_each_condition(keys):
    results = results_of(read(GRID % keys), made(by_setting))
    verdicts = judge(results)

    def compared(v):
        return tuple([sorted(s.setting.labels for s in some) for some in (v.settings, v.others)])

    expected = {condition: (sorted(a), sorted(b)) for condition, a, b in LAYOUTS[keys]}
    assert {v.condition: compared(v) for v in verdicts} == expected
    assert len(verdicts) == len(expected)
    assert all(isinstance(v, MeasureVerdict) and v.claim.number == 1 for v in verdicts)


@pytest.mark.parametrize("keys", LAYOUTS)
def test_the_numbers_are_those_that_were_put_in(keys):
    layered = "over: layer" in keys
    results = results_of(read(GRID % keys), made(of_layer if layered else by_setting))

    def per_run(settings):
        """One number for each seed: the setting's own, or its growth with depth."""
        if len(settings) > 1:
            return np.full(11, GROWTH[dict(settings[0])["activation"]])
        return np.array([level_of(settings[0], seed) for seed in range(11)])

    arms = {condition: (a, b) for condition, a, b in LAYOUTS[keys]}
    for v in judge(results):
        a, b = arms[v.condition]
        readings = per_run(a) - (per_run(b) if b else 0)
        assert v.estimate.estimate == pytest.approx(np.median(readings), rel=1e-9)
        assert v.estimate.low >= readings.min() - 1e-9
        assert v.estimate.high <= readings.max() + 1e-9
        assert v.values == pytest.approx([np.median(per_run(some)) for some in (a, b) if some])
        assert (v.estimate.count, v.estimate.unknown) == (11, 0)


ONE = """
    dataset: moons
    network: {activation: [relu, tanh], depth: 2, width: 8}
    training: {learning_rate: 0.1}
    seeds: 7
    claims: [{%s}]
"""


def one(keys, number, *overrides, **how):
    (verdict,) = judge(results_of(read(ONE % keys, *overrides), made(number, **how)))
    return verdict


def two_arms(relu, tanh):
    """Numbers around one for each arm, by a tenth to either side."""

    def number(run, column, place):
        base = relu if run.network.activation.name == "relu" else tanh
        return base + (run.seed - 3) / 30

    return number


@pytest.mark.parametrize(
    ("keys", "relu", "tanh", "outcome"),
    [
        ("higher: relu, than: tanh", 2, 1, "supported"),
        ("higher: relu, than: tanh", 1, 2, "refuted"),
        ("higher: relu, than: tanh", 1, 1, "refuted"),  # the same to the bit, seed by seed
        ("lower: relu, than: tanh", 1, 2, "supported"),
        ("lower: relu, than: tanh", 2, 1, "refuted"),
        ("equal: relu, than: tanh, within: 0", 1, 1, "supported"),
        ("equal: relu, than: tanh, within: 1.5", 2, 1, "supported"),
        ("equal: relu, than: tanh, within: 0.5", 2, 1, "refuted"),
        ("is: 1, within: 0.2, of: relu", 1, 9, "supported"),
        ("is: 1, within: 0.05, of: relu", 1, 9, "inconclusive"),
        ("is: 1, within: 0.2, of: tanh", 1, 9, "refuted"),
        ("at_least: 0.5, of: relu", 1, 0, "supported"),
        ("at_least: 1, of: relu", 1, 0, "inconclusive"),
        ("at_least: 1.5, of: relu", 1, 0, "refuted"),
        ("at_most: 1.5, of: relu", 1, 9, "supported"),
        ("at_most: 0.5, of: relu", 1, 0, "refuted"),
        ("between: [0.5, 1.5], of: relu", 1, 9, "supported"),
        ("between: [1, 1.5], of: relu", 1, 9, "inconclusive"),
        ("between: [2, 3], of: relu", 1, 2.5, "refuted"),
    ],
)
@pytest.mark.parametrize(
    "measure", ["test_loss", "zeros", "calibration_error", "gradient, layer: 2"]
)
def test_each_kind_of_claim_is_judged(keys, relu, tanh, outcome, measure):
    assert one(f"measure: {measure}, {keys}", two_arms(relu, tanh)).outcome == outcome


def test_differences_are_of_equal_seeds():
    # Seeds differ by a factor of 100, arms by 1: only pairs can tell.
    def wild(run, column, place):
        return [50, 3, 80, 1, 100, 20, 9][run.seed] + (run.network.activation.name == "relu")

    v = one("measure: test_loss, higher: relu, than: tanh", wild)
    assert (v.outcome, v.estimate.low, v.estimate.high) == ("supported", 1.0, 1.0)
    assert v.values == (21.0, 20.0)


def test_a_formula_s_number_is_the_claim_of_each_setting():
    text = """
        dataset: moons
        network: {activation: relu, depth: [1, 3], width: [2, 3], init: he}
        training: {epochs: 0}
        seeds: 9
        claims: [{measure: zeros, at: start, is: theory, within: 0.02}]
    """
    verdicts = judge(results_of(read(text), made(lambda run, column, place: 0.5)))
    assert len(verdicts) == 4
    for v in verdicts:
        depth, width = (int(dict(v.condition)[axis]) for axis in ("depth", "width"))
        alive = 1 - 2.0**-width  # of one input, the chance that a layer passes anything on
        expected = np.mean([1 - alive**layer / 2 for layer in range(depth)])
        assert v.theory == pytest.approx(expected, rel=1e-12)
        assert (v.region.low, v.region.high) == (v.theory - 0.02, v.theory + 0.02)
        assert v.outcome == ("supported" if depth == 1 else "refuted")


def test_what_no_formula_gives_has_none():
    assert one("measure: test_loss, at_most: 1, of: relu", two_arms(0, 0)).theory is None


# Runs that fail


def lost(run):
    return run.network.activation.name == "relu" and run.seed < 4


def test_a_metric_of_runs_that_diverged_counts_as_the_worst():
    v = one("measure: test_loss, at_most: 5, of: relu", two_arms(1, 1), diverges=lost)
    assert (v.estimate.unknown, v.estimate.high) == (0, INF)
    assert (v.estimate.estimate, v.estimate.bound) == (INF, "")  # four of seven
    assert v.outcome == "inconclusive"
    every = one(
        "measure: test_loss, at_most: 5, of: relu", two_arms(1, 1), diverges=lambda run: True
    )
    assert (every.outcome, every.estimate.low) == ("refuted", INF)


@pytest.mark.parametrize(
    ("keys", "outcome"),
    [
        ("test_loss, higher: relu, than: tanh", "supported"),
        ("test_loss, lower: relu, than: tanh", "refuted"),
        ("test_accuracy, higher: relu, than: tanh", "refuted"),
        ("test_accuracy, lower: relu, than: tanh", "supported"),
    ],
)
def test_an_arm_that_always_diverges_has_the_worse_metric(keys, outcome):
    v = one(
        f"measure: {keys}",
        two_arms(9, 1),
        diverges=lambda run: run.network.activation.name == "relu",
    )
    assert v.outcome == outcome
    assert not v.reason


def test_where_both_runs_of_a_pair_diverged_their_difference_is_not_known():
    v = one("measure: test_loss, higher: relu, than: tanh", two_arms(9, 1),
            diverges=lambda run: run.seed < 2)  # fmt: skip
    assert (v.estimate.unknown, v.estimate.count) == (2, 7)
    assert (v.estimate.low, v.estimate.high) == (-INF, INF)
    both = one("measure: test_loss, higher: relu, than: tanh", two_arms(9, 1),
               diverges=lambda run: True)  # fmt: skip
    assert (both.outcome, both.reason) == ("untestable", "no run has such a number")
    assert not both.wants_seeds


@pytest.mark.parametrize("measure", ["zeros", "gradient, layer: first", "gradient, over: layer",
                                     "cut_off"])  # fmt: skip
def test_a_diagnostic_of_runs_that_diverged_is_not_known(measure):
    v = one(f"measure: {measure}, at_most: 100, of: relu", two_arms(1, 1), diverges=lost)
    assert (v.estimate.unknown, v.estimate.count) == (4, 7)
    known = one(
        f"measure: {measure}, at: start, at_most: 100, of: relu", two_arms(1, 1), diverges=lost
    )
    assert (known.estimate.unknown, known.outcome) == (0, "supported")


def test_a_run_without_a_number_widens_and_is_never_dropped():
    def number(run, column, place):
        return NAN if run.seed == 0 else 1.0

    verdict = one("measure: zeros, at_most: 2, of: relu", number)
    assert (verdict.outcome, verdict.estimate.high) == ("inconclusive", INF)
    more = one("measure: zeros, at_most: 2, of: relu", number, "seeds=9")
    assert (more.outcome, more.estimate.unknown) == ("supported", 1)


@pytest.mark.parametrize("keys", ["zeros, at_most: 2, of: relu", "cut_off, at_most: 1, of: relu",
                                  "peak_slope, is: 1, of: relu"])  # fmt: skip
def test_a_number_that_no_run_has_is_untestable(keys):
    v = one(f"measure: {keys}", lambda run, column, place: NAN)
    assert (v.outcome, v.reason) == ("untestable", "no run has such a number")
    assert not v.wants_seeds


# How runs become one number


def test_a_share_is_counted_over_the_runs():
    v = one("measure: cut_off, at_least: 0.2, of: relu",
            lambda run, column, place: float(run.seed % 2), "seeds=60")  # fmt: skip
    assert (v.estimate.estimate, v.values, v.outcome) == (0.5, (0.5,), "supported")
    assert 0.36 < v.estimate.low < 0.5 < v.estimate.high < 0.64


def test_a_property_of_a_function_is_known_from_a_single_run():
    v = one("measure: peak_slope, is: 1, of: relu", lambda run, column, place: 1.0, "seeds=1")
    assert (v.outcome, v.estimate.confidence, v.estimate.low, v.estimate.high) == (
        "supported", 1.0, 1.0, 1.0
    )  # fmt: skip
    v = one("measure: peak_slope, higher: relu, than: tanh", two_arms(1, 0.25), "seeds=1")
    assert (v.outcome, v.estimate.estimate) == ("supported", 0.75)


# Errors shared, and seeds added

MANY = """
    dataset: moons
    network: {activation: [relu, tanh], depth: 2, width: 8}
    training: {learning_rate: 0.1}
    seeds: %s
    claims:
"""


def many(seeds, *claims):
    return (MANY % seeds) + "".join(f"      - {{{claim}}}\n" for claim in claims)


def reaching(number):
    """Traces that reach a training loss of 0.5 (relu first), and read diagnostics by hand."""

    def respond(run):
        trace = arriving(8.0 if run.network.activation.name == "relu" else 24.0)
        names = columns(run.diagnostics, len(run.network.widths))
        read_as_well = [[number(run, name, 0) for name in names]] * len(trace.updates)
        values = np.hstack([trace.values, np.reshape(read_as_well, (len(trace.updates), -1))])
        return Trace(trace.updates, values, trace.status, trace.budget,
                     columns=(*METRICS, *names))  # fmt: skip

    return respond


TIME = "faster: relu, than: tanh, to: {train_loss: 0.5}"
ZEROS = "measure: zeros, higher: relu, than: tanh"
GRADIENT = "measure: gradient, at_least: 0.5, of: relu"
OPEN = "measure: gradient, at_least: 1, of: relu"  # the middle one of its numbers
EXACT = "measure: peak_slope, at_least: 0.5, of: relu"


def levels(text):
    return [v.estimate.confidence for v in judge(results_of(read(text), reaching(two_arms(1, 0))))]


@pytest.mark.parametrize(
    "claims",
    [
        (TIME, ZEROS),
        (TIME, ZEROS, GRADIENT, OPEN),
        (OPEN, TIME),
        (OPEN, OPEN.replace("1", "0.99"), ZEROS),
        (TIME + ", primary: true", ZEROS, OPEN),
        (TIME, ZEROS + ", primary: true", OPEN),
    ],
)
@pytest.mark.parametrize("seeds", [7, 9, 12])
def test_times_to_target_and_measures_share_one_alpha_by_holm_s_rule(claims, seeds):
    study = read(many(seeds, *claims))
    verdicts = judge(results_of(study, reaching(two_arms(1, 0))))
    sure = 2.0 ** (1 - seeds)  # the p-value of the whole range, at which all but OPEN is decided
    least = [1.0 if "gradient, at_least: 0.99" in c or c == OPEN else sure for c in claims]
    for primary in (True, False):
        family = [i for i, claim in enumerate(study.claims) if claim.primary == primary]
        allowed = holm([least[i] for i in family], 0.05)
        for i, alpha in zip(family, allowed, strict=True):
            assert verdicts[i].estimate.confidence == pytest.approx(1 - alpha, abs=1e-12)
            assert (verdicts[i].outcome == "supported") == (least[i] <= alpha)


def test_an_exact_number_costs_the_others_nothing():
    assert levels(many(6, EXACT, GRADIENT)) == pytest.approx([1.0, 0.95])
    assert levels(many(6, GRADIENT, EXACT)) == pytest.approx([0.95, 1.0])


def test_too_few_runs_are_untestable_and_the_reason_says_how_many_it_takes():
    for keys in (ZEROS, GRADIENT):
        (v,) = judge(results_of(read(many(5, keys)), reaching(two_arms(1, 0))))
        assert v.outcome == "untestable"
        assert v.reason == "5 runs are too few for an interval at 95 %: it takes 6"
        (v,) = judge(results_of(read(many(6, keys)), reaching(two_arms(1, 0))))
        assert (v.outcome, v.reason) == ("supported", "")


def test_too_few_runs_for_so_many_comparisons_are_untestable_too():
    verdicts = judge(results_of(read(many(6, ZEROS, GRADIENT)), reaching(two_arms(1, 0))))
    for v in verdicts:
        assert v.outcome == "untestable"
        assert v.reason == (
            "6 runs are too few for an interval at 97.5 %: it takes 7, the level that so many "
            "comparisons ask for"
        )
    primary = judge(
        results_of(read(many(6, ZEROS + ", primary: true", GRADIENT)), reaching(two_arms(1, 0)))
    )
    assert [v.outcome for v in primary] == ["supported", "supported"]


def test_a_share_is_testable_with_any_number_of_runs():
    keys = "measure: cut_off, at_most: 0.99, of: relu"
    (v,) = judge(results_of(read(many(2, keys)), reaching(lambda run, column, place: 0.0)))
    assert (v.outcome, v.reason) == ("supported", "")


def test_seeds_are_added_until_a_claim_is_decided():
    results = results_of(read(many("{min: 4, max: 60}", GRADIENT)), reaching(two_arms(1, 0)))
    asked = [4, 6, 9, 14, 21, 32, 48, 60]  # half as many again, each time
    # All agree: decided as soon as 2^(1 - n) is no more than what is spent of the error by then.
    enough = [n for k, n in enumerate(asked, 1) if 2.0 ** (1 - n) <= 0.05 * (1 - 0.7**k)]
    assert results.seeds == enough[0]
    (v,) = judge(results)
    assert (v.outcome, v.wants_seeds) == ("supported", False)


@pytest.mark.parametrize("keys", [OPEN, "measure: cut_off, between: [0.4, 0.6], of: relu"])
def test_a_claim_that_stays_open_has_all_the_seeds_it_may_have(keys):
    def even(run, column, place):
        return float(run.seed % 2) if column == "cut_off" else 1 + (-1) ** run.seed

    results = results_of(read(many("{min: 4, max: 20}", keys)), reaching(even))
    assert results.seeds == 20
    (v,) = judge(results)
    assert (v.outcome, v.wants_seeds) == ("inconclusive", True)


def test_too_few_runs_want_more_and_what_is_decided_wants_none():
    study = read(many("{min: 2, max: 3}", GRADIENT))
    (v,) = judge(results_of(study, reaching(two_arms(1, 0))))
    assert (v.outcome, v.wants_seeds) == ("untestable", True)
    exact = results_of(read(many("{min: 2, max: 30}", EXACT)), reaching(two_arms(1, 0)))
    assert exact.seeds == 2
    nothing = results_of(
        read(many("{min: 12, max: 30}", GRADIENT)), reaching(lambda run, column, place: NAN)
    )
    assert nothing.seeds == 12  # more runs without a number would not help


def test_intervals_are_wider_where_seeds_may_be_added():
    (fixed,) = judge(results_of(read(many(12, GRADIENT)), reaching(two_arms(1, 0))))
    study = read(many("{min: 12, max: 13}", GRADIENT))
    (sequential,) = judge(results_of(study, reaching(two_arms(1, 0))))
    assert sequential.estimate.count == 12
    assert sequential.estimate.low < fixed.estimate.low
    assert sequential.estimate.high > fixed.estimate.high


@pytest.mark.parametrize("keys", LAYOUTS)
def test_a_comparison_is_decided_at_its_p_value_and_at_no_smaller_one(keys):
    results = results_of(read(GRID % keys), made(of_layer if "layer" in keys else by_setting))
    for comparison in measure_comparisons(results, results.study.claims[0]):
        least = comparison.p_value
        if least < 1:
            decided = comparison.verdict(least).outcome
            assert decided not in ("inconclusive", "untestable")
        assert comparison.verdict(least * 0.999).outcome in ("inconclusive", "untestable")
