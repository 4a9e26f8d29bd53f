"""Adding a claim changes no other claim's answer, but for the correction for their number."""

import random
from functools import cache

import pytest
from analysis.helpers import read

from experiments import datasets
from experiments.analysis.claims import judge
from experiments.execution.executing import execute
from experiments.execution.loop import complete
from experiments.execution.store import Store
from experiments.nn.diagnostics import DIAGNOSTICS
from experiments.nn.schedule import examples_read
from experiments.records import Evaluation, Fleet
from experiments.study import MeasureClaim

TEXT = """
    dataset: {name: moons, examples: 90}
    network: {activation: [relu, tanh], depth: [1, 2], width: 6}
    training: {epochs: 6, batch_size: 8}
    tuning: {from: 0.0625, to: 0.5, extensions: 1}
    seeds: 6
    protocol: %s
    claims:
"""
FIRST = "{faster: relu, than: tanh, by: 1.25, to: {train_loss: [0.5, 0.3]}}"
MORE = {
    "a time to another metric": "{faster: relu, than: tanh, to: {test_accuracy: 0.9}}",
    "another target": "{faster: tanh, than: relu, to: {train_loss: 0.2}}",
    "the same target again": "{faster: tanh, than: relu, to: {train_loss: [0.5, 0.3]}}",
    "a primary claim": "{faster: tanh, than: relu, to: {train_loss: 0.4}, primary: true}",
    "targets by a rule": "{faster: relu, than: tanh, to: {validation_loss: auto}}",
    "a measure of a metric": "{measure: test_accuracy, higher: relu, than: tanh}",
    "a metric followed over the updates": "{measure: validation_loss, at: lowest, at_most: 1}",
    "the test part at its best": "{measure: test_loss, at: lowest, lower: relu, than: tanh}",
    "a diagnostic": "{measure: zeros, of: relu, at_least: 0.3}",
    "a diagnostic before training": "{measure: zeros, at: start, of: relu, at_least: 0.3}",
    "a property of a function": "{measure: peak_slope, at_most: 2}",
    "a share of runs": "{measure: cut_off, of: {depth: 2}, at_most: 0.5}",
    "a measure over an axis": "{measure: gradient, over: depth, of: tanh, at_most: 2}",
    "arms of another axis": "{faster: {depth: 2}, than: {depth: 1}, to: {train_loss: 0.4}}",
    "arms of two axes": "{faster: {activation: relu, depth: 1},"
    " than: {activation: tanh, depth: 2}, to: {train_loss: 0.4}}",
}
CLAIMS = {"the first": FIRST, **MORE}
PROTOCOLS = ("own_rate", "shared_rate")


def answer(verdict):
    """What the runs say, without what the correction for the number of claims decides."""
    estimate, claim = verdict.estimate, verdict.claim
    arms = (*verdict.settings, *verdict.others) if isinstance(claim, MeasureClaim) else (
        *verdict.faster, *verdict.than
    )  # fmt: skip
    told = [
        verdict.condition, verdict.hypothesis, verdict.target, verdict.region, verdict.p_value,
        estimate.estimate, estimate.bound,
    ]  # fmt: skip
    if isinstance(claim, MeasureClaim):
        told += [verdict.values, verdict.theory, estimate.count, estimate.unknown]
    else:
        times = verdict.times
        told += [
            times.intervals(), times.wins, times.losses, times.censored,
            verdict.faster_reached, verdict.than_reached,
            [
                time
                for arm in arms
                for time in arm.hitting_times(claim.metric, verdict.target)
            ],
        ]  # fmt: skip
    if not (isinstance(claim, MeasureClaim) and claim.measure.before_training):
        told += [
            (
                run.seed,
                run.network,
                run.training.learning_rate,
                trace.metric("train_loss").tobytes(),
            )
            for arm in arms
            for run, trace in zip(arm.runs, arm.traces, strict=True)
        ]
    return repr(told)


@cache
def answers(protocol, *claims, overrides=()):
    """The answers to each of the claims of a study that makes all of them, really trained."""
    text = TEXT % protocol + "".join(f"      - {claim}\n" for claim in claims)
    with Store(":memory:") as store:
        results, _ = complete(read(text, *overrides), store, 1, lambda *_: None)
    verdicts = judge(results)
    return {
        claim: [answer(v) for v in verdicts if v.claim.number == number]
        for number, claim in enumerate(claims, 1)
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_a_claim_beside_it_changes_no_answer(protocol, more):
    alone = answers(protocol, FIRST)[FIRST]
    assert len(alone) == 8  # two depths, two targets, direction and size
    assert answers(protocol, FIRST, more)[FIRST] == alone


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("order", range(2))
@pytest.mark.slow
def test_all_of_them_together_change_none_in_any_order(protocol, order):
    """The runs that a claim is judged by are its own, whether it is the first or not."""
    claims = list(CLAIMS.values())
    random.Random(order).shuffle(claims)
    together = answers(protocol, *claims)
    for name, claim in CLAIMS.items():
        assert together[claim] == answers(protocol, claim)[claim], name
        assert together[claim]


@pytest.mark.parametrize(
    "more", ["a time to another metric", "a measure of a metric", "a diagnostic before training"]
)
@pytest.mark.slow
def test_neither_where_a_second_parameter_is_tuned(more):
    """What is read before training too depends on it, and so has a choice of its own."""
    tuned = ("network.width={tuned: [3, 6]}", "network.depth=1")
    for protocol in PROTOCOLS:
        for first in (FIRST, MORE[more]):
            alone = answers(protocol, first, overrides=tuned)[first]
            for claims in ((FIRST, MORE[more]), (MORE[more], FIRST)):
                assert answers(protocol, *claims, overrides=tuned)[first] == alone


def test_protocols_side_by_side_change_no_answer():
    both = answers("[own_rate, shared_rate, common_init]", FIRST, MORE["a measure of a metric"])
    three = answers("[own_rate, shared_rate, common_init]", FIRST)
    assert both[FIRST] == three[FIRST]
    assert len(three[FIRST]) == 3 * 8


@pytest.mark.parametrize("claim", ["the first", "a measure of a metric", "arms of another axis"])
def test_what_is_claimed_decides_what_is_tuned_for(claim):
    """Else the tests above would compare what cannot differ."""
    rates = {}
    for name in ("the first", "a measure of a metric", "arms of another axis", "another target"):
        for protocol in PROTOCOLS:
            (told,) = answers(protocol, CLAIMS[name]).values()
            rates[protocol, name] = told
    assert rates["own_rate", claim] != rates["shared_rate", claim]
    assert len({repr(told) for told in rates.values()}) == len(rates)


# Why that is so


def test_how_many_examples_an_evaluation_reads_follows_from_the_setting():
    (setting, *_) = read(TEXT % "own_rate").settings
    shape = datasets.shape(setting.data)
    for given in (None, 30):
        read_by = {
            examples_read(Evaluation(examples=given, often=often), setting.training, shape)
            for often in (("train",), ("train", "test"), ("train", "validation", "test"))
        }
        assert len(read_by) == 1


def test_no_claim_changes_how_many_examples_an_evaluation_reads():
    counts = set()
    for claim in CLAIMS.values():
        for setting in read(TEXT % "own_rate" + f"      - {claim}\n").settings:
            shape = datasets.shape(setting.data)
            counts.add(examples_read(setting.evaluation, setting.training, shape))
    assert len(counts) == 1


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_what_is_read_before_training_is_the_same_at_every_rate(activation):
    """So that a claim about it may be judged by runs that are tuned for another."""
    names = [name for name, row in DIAGNOSTICS.items() if not row.measured]
    study = read(TEXT % "own_rate", f"diagnostics={names}", f"network.activation={activation}",
                 "network.depth=2")  # fmt: skip
    (setting,) = study.settings
    runs = tuple(setting.run("evaluation", 3, rate) for rate in (1e-4, 0.1, 3.0, 1e30))
    assert set(runs[0].diagnostics) == set(names)
    traces = execute(Fleet(runs, 1))
    assert len({trace.values[0].tobytes() for trace in traces}) == 1
    assert len({trace.values[-1].tobytes() for trace in traces}) == 4


def test_what_else_is_read_changes_no_metric_that_is_read_each_time():
    columns = {}
    for claim in CLAIMS.values():
        for setting in read(TEXT % "own_rate" + f"      - {claim}\n").settings:
            run = setting.run("evaluation", 0, 0.25)
            (trace,) = execute(Fleet((run,), 1))
            told = trace.updates.tobytes(), trace.metric("train_loss").tobytes()
            columns.setdefault(setting.network, set()).add(told)
    assert len(columns) == 4
    assert {len(some) for some in columns.values()} == {1}
