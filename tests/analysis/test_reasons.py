"""What goes with a verdict, against medians taken by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.reasons import LEAST_CONTRAST, UNEVEN, arms_of, facts, spread
from experiments.nn.diagnostics import columns
from experiments.records import METRICS, Trace

from .helpers import arriving, read, results_of

INF, NAN = math.inf, math.nan

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], depth: 2, width: 8}
    training: {learning_rate: 0.1}
    seeds: 7
    diagnostics: [%s]
    claims: [{%s}]
"""
TIME = "faster: relu, than: tanh, to: {train_loss: 0.5}"


def made(number, *, epochs=True, diverges=lambda run: False):
    """Whole traces; `number(run, name, layer, at)` is a diagnostic at the start or the end.

    `layer` is 0 for what is read once; nothing but the start and the end is to be looked at.
    """

    def cell(run, column, at):
        name, _, layer = column.rpartition(" ")
        if layer == "output":
            return 1e9  # is no hidden layer
        return number(run, name or column, int(layer) if name else 0, at)

    def respond(run):
        trace = arriving(8.0 if run.network.activation.name == "relu" else 24.0)
        names = columns(run.diagnostics, len(run.network.widths))
        ends = [[cell(run, name, at) for name in names] for at in ("start", "end")]
        count = len(trace.updates) if epochs else 1
        rows = [ends[0], *[[1e6] * len(names)] * (count - 2), ends[1]][:count]
        lost = diverges(run)
        return Trace(
            trace.updates[:count],
            np.hstack([trace.values[:count], np.reshape(rows, (count, -1))]),
            "diverged" if lost else "completed",
            trace.budget if epochs else 0,
            columns=(*METRICS, *names),
        )

    return respond


def is_relu(run):
    return run.network.activation.name == "relu"


def verdict(read_too, claim, number, *overrides, **how):
    study = read(TEXT % (", ".join(read_too), claim), *overrides)
    return judge(results_of(study, made(number, **how)))[0]


def told(read_too, claim, number, *overrides, **how):
    found = facts(verdict(read_too, claim, number, *overrides, **how), {"cut_off"})
    return [(fact.diagnostic, fact.at, fact.values) for fact in found]


def ratios(**by_name):
    """Numbers for relu; those of tanh are 1."""
    return lambda run, name, layer, at: float(by_name[name]) if is_relu(run) else 1.0


def test_the_two_that_differ_most_are_told_the_largest_difference_first():
    number = ratios(zeros=0.5, saturated=0.1, dead_units=0.3, calibration_error=0.9)
    names = ["zeros", "saturated", "dead_units", "calibration_error"]
    for order in (names, names[::-1]):
        assert told(order, TIME, number) == [
            ("saturated", "start", (0.1, 1.0)),
            ("dead_units", "start", (0.3, 1.0)),
        ]


def test_what_differs_by_less_than_a_fifth_is_no_reason():
    number = ratios(zeros=0.79, saturated=0.81, dead_units=1.24, calibration_error=1.26)
    names = ["zeros", "saturated", "dead_units", "calibration_error"]
    assert LEAST_CONTRAST == 0.2
    assert [name for name, _, _ in told(names, TIME, number)] == ["zeros", "calibration_error"]
    assert told(names, TIME, ratios(**dict.fromkeys(names, 1.0))) == []
    assert told(names, TIME, lambda run, name, layer, at: 0.0) == []


def test_numbers_on_both_sides_of_zero_differ_most():
    number = ratios(activation_mean=-1.0, zeros=0.01)
    found = told(["activation_mean", "zeros"], TIME, number)
    assert [name for name, _, _ in found] == ["activation_mean", "zeros"]


@pytest.mark.parametrize(
    "claim",
    [
        "measure: saturated, lower: relu, than: tanh",
        "measure: saturated, at: start, equal: relu, than: tanh, within: 0",
        "measure: saturated, layer: 1, lower: relu, than: tanh",
    ],
)
def test_what_the_claim_is_about_is_not_told_again(claim):
    number = ratios(zeros=0.5, saturated=0.1)
    assert told(["zeros"], claim, number) == [("zeros", "start", (0.5, 1.0))]
    assert told([], claim, number) == []


def test_nothing_is_told_where_nothing_was_read():
    assert told([], TIME, ratios()) == []
    assert told([], "measure: test_loss, lower: relu, than: tanh", ratios()) == []


def test_each_is_told_at_the_moment_at_which_it_differs_more():
    def number(run, name, layer, at):
        late = {"zeros": at == "end", "saturated": at == "start"}[name]
        return 1.0 if not is_relu(run) else 0.2 if late else 0.6

    assert told(["zeros", "saturated"], TIME, number) == [
        ("zeros", "end", (0.2, 1.0)),
        ("saturated", "start", (0.2, 1.0)),
    ]


def test_of_what_is_not_trained_the_start_is_told():
    def number(run, name, layer, at):
        return 1.0 if not is_relu(run) else {"start": 0.5, "end": 0.1}[at]

    claim = (
        "measure: test_loss, at_most: 99, of: relu}, {measure: saturated, higher: relu, than: tanh"
    )
    study = read(TEXT % ("zeros", claim), "training.epochs=0")
    (_, v) = judge(results_of(study, made(number, epochs=False)))
    (fact,) = facts(v)
    assert (fact.at, fact.values) == ("start", (0.5, 1.0))


def test_runs_that_diverged_tell_nothing_of_the_end():
    def number(run, name, layer, at):
        if at == "end":
            return 99.0 if run.seed < 4 else 0.1 if is_relu(run) else 1.0
        return 1.0

    lost = {"diverges": lambda run: run.seed < 4}
    assert told(["zeros"], TIME, number, **lost) == [("zeros", "end", (0.1, 1.0))]
    all_lost = {"diverges": is_relu}
    assert told(["zeros"], TIME, number, **all_lost) == []


def test_a_number_that_is_not_known_is_not_told():
    def number(run, name, layer, at):
        return NAN if name == "zeros" and is_relu(run) else 0.5 if is_relu(run) else 1.0

    found = told(["zeros", "saturated"], TIME, number)
    assert [name for name, _, _ in found] == ["saturated"]


def test_what_is_true_or_false_of_a_run_is_told_as_the_share_of_runs():
    def number(run, name, layer, at):
        return float(run.seed < (3 if is_relu(run) else 1))

    (fact,) = told(["cut_off"], TIME, number)
    assert fact == ("cut_off", "start", (pytest.approx(3 / 7), pytest.approx(1 / 7)))


def test_layers_that_differ_much_are_told_by_the_first_relative_to_the_last():
    def number(run, name, layer, at):
        towards_input = 3 - layer
        return (0.1 if is_relu(run) else 2.0) ** towards_input * (1 + run.seed)

    v = verdict(["gradient"], TIME, number, "network.depth=3")
    (fact,) = facts(v)
    assert (fact.diagnostic, fact.first_of_last) == ("gradient", True)
    assert fact.values == pytest.approx((0.01, 4.0))
    # Where no arm's layers lie that far apart, it is the mean.
    v = verdict(["gradient"], TIME, lambda *a: number(*a) + 100 * is_relu(a[0]), "network.depth=3")
    (fact,) = facts(v)
    assert not fact.first_of_last
    assert fact.values[1] == pytest.approx(4 * (4 + 2 + 1) / 3)
    assert UNEVEN == 10


@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_layers_of_which_one_is_dead_have_no_relation(bad):
    def number(run, name, layer, at):
        return (bad if layer == 3 else 0.5) if is_relu(run) else 10.0**layer

    (fact,) = facts(verdict(["gradient"], TIME, number, "network.depth=3"))
    assert not fact.first_of_last
    assert fact.values == pytest.approx(((1 + bad) / 3, 370.0))


def test_a_claim_of_one_arm_or_over_an_axis_has_no_facts():
    number = ratios(zeros=0.5, saturated=0.1)
    assert told(["zeros"], "measure: saturated, at_most: 1, of: relu", number) == []
    claim = "measure: saturated, over: width, lower: relu, than: tanh"
    v = verdict(["zeros"], claim, number, "network.width=[4, 8]")
    assert (arms_of(v), facts(v), spread(v)) == ((), [], None)


numbers = st.floats(0.001, 1000)
MEASURES = ("gradient", "zeros", "calibration_error", "cut_off")


@st.composite
def readings(draw):
    """Numbers by (arm, name, layer, at), seven runs each."""
    found = {}
    for relu in (True, False):
        for name in MEASURES:
            for layer in (1, 2) if name in ("gradient", "zeros") else (0,):
                for at in ("start", "end"):
                    kind = st.sampled_from([0.0, 1.0]) if name == "cut_off" else numbers
                    row = draw(st.lists(kind, min_size=7, max_size=7))
                    found[relu, name, layer, at] = row
    return found


def by_hand(found, name, at, relu, *, first_of_last):
    """A fact's number, from the readings alone."""
    layers = [found[key] for key in found if (key[0], key[1], key[3]) == (relu, name, at)]
    if name == "cut_off":
        return sum(layers[0]) / 7
    if first_of_last:
        return sorted(layers[0])[3] / sorted(layers[-1])[3]
    return sorted(sum(run) / len(layers) for run in zip(*layers, strict=True))[3]


@given(readings())
@limits(max_examples=40)
def test_facts_are_medians_that_never_contradict_a_verdict(found):
    def number(run, name, layer, at):
        return found[is_relu(run), name, layer, at][run.seed]

    claims = [TIME] + [
        f"measure: {name}, at: {at}, higher: relu, than: tanh"
        for name in MEASURES[:-1]
        for at in ("start", "end")
    ]
    study = read(TEXT % (", ".join(MEASURES), "}, {".join(claims)))
    time, *others = judge(results_of(study, made(number)))
    medians = {
        (v.claim.measure.name, v.claim.measure.at): v.values for v in others
    }  # as the page tells them
    told_of = facts(time, {"cut_off"})
    for fact in told_of:
        for relu, told_value in zip((True, False), fact.values, strict=True):
            expected = by_hand(
                found, fact.diagnostic, fact.at, relu, first_of_last=fact.first_of_last
            )
            assert told_value == pytest.approx(expected, rel=1e-9)
        if fact.diagnostic != "cut_off" and not fact.first_of_last:
            assert fact.values == pytest.approx(medians[fact.diagnostic, fact.at], rel=1e-9)
        assert fact.contrast >= LEAST_CONTRAST
        assert fact.values[0] != fact.values[1]
    assert [f.contrast for f in told_of] == sorted((f.contrast for f in told_of), reverse=True)
    assert len({fact.diagnostic for fact in told_of}) == len(told_of) <= 2
    best = [max(contrast(found, name, at) for at in ("start", "end")) for name in MEASURES]
    worth = sorted((size for size in best if size >= LEAST_CONTRAST), reverse=True)
    assert [fact.contrast for fact in told_of] == pytest.approx(worth[:2], rel=1e-9)


def contrast(found, name, at):
    """How far a diagnostic's numbers lie apart, from the readings alone."""
    layers = [
        [
            sorted(row)[3]
            for key, row in found.items()
            if (key[0], key[1], key[3]) == (arm, name, at)
        ]
        for arm in (True, False)
    ]
    uneven = len(layers[0]) > 1 and any(max(some) > UNEVEN * min(some) for some in layers)
    a, b = (by_hand(found, name, at, arm, first_of_last=uneven) for arm in (True, False))
    return abs(a - b) / max(a, b) if max(a, b) else 0.0


# How the runs of one arm lie


def test_a_spread_is_the_range_of_the_runs_and_where_they_started():
    def number(run, name, layer, at):
        return 5.0 + run.seed if at == "start" else 1.0 + run.seed

    found = spread(verdict([], "measure: zeros, at_most: 9, of: relu", number))
    assert (found.low, found.high, found.start) == (1.0, 7.0, 8.0)
    start = spread(verdict([], "measure: zeros, at: start, at_most: 9, of: relu", number))
    assert (start.low, start.high, start.start) == (5.0, 11.0, None)


def test_a_run_that_diverged_is_part_of_the_spread_of_a_metric():
    v = verdict([], "measure: test_loss, at_most: 9, of: relu", ratios(),
                diverges=lambda run: run.seed == 2)  # fmt: skip
    assert spread(v).high == INF
    v = verdict([], "measure: zeros, at_most: 9, of: relu", ratios(zeros=0.5),
                diverges=lambda run: run.seed == 2)  # fmt: skip
    assert (spread(v).low, spread(v).high) == (0.5, 0.5)


@pytest.mark.parametrize(
    "claim",
    [
        "measure: cut_off, at_most: 1, of: relu",
        "measure: peak_slope, is: 1, of: relu",
        "measure: zeros, higher: relu, than: tanh",
    ],
)
def test_shares_exact_numbers_and_differences_have_no_spread(claim):
    number = ratios(cut_off=1.0, peak_slope=1.0, zeros=0.5)
    assert spread(verdict([], claim, number)) is None


def test_what_no_run_has_has_no_spread():
    v = verdict([], "measure: zeros, at_most: 1, of: relu", lambda *a: NAN)
    assert spread(v) is None


def test_batch_normalisation_is_told_of_once_batches_were_seen():
    """Before training its moments are those of no batch: nothing of it would show."""
    number = ratios(zeros=0.01)
    for kind, at in (("none", "start"), ("layer", "start"), ("batch", "end")):
        ((_, told_at, _),) = told(["zeros"], TIME, number, f"network.normalisation={kind}")
        assert told_at == at
