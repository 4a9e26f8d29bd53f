"""What is tuned beside the rate: each value has its own search, and pairs take the best of all."""

import math

import pytest
import search_reference as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.tuning import SearchSpace, pick, subjects, tried
from experiments.execution.plan import plan

from .helpers import Memory, arriving, finish, make_trace, parabola, read, results_of
from .test_tuning import check_by_brute_force

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: {tuned: [4, 8, 16]}}
    tuning: {from: 0.125, to: 1, extensions: 2}
    seeds: 3
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""
BESTS = {4: 0.25, 8: 2.0, 16: 0.0625}


def respond(run):
    """Each width has its own best rate, two of them beyond the first search space."""
    (width, _) = run.network.widths
    likes = {"relu": 8, "tanh": 16}[run.network.activation.name]
    fastest = 8.0 if width == likes else 16.0
    return arriving(parabola(BESTS[width], fastest)(run.training.learning_rate))


def test_each_pair_takes_the_jointly_best_rate_and_value():
    results = results_of(read(TEXT), respond)
    for tuned, result, value, rate in zip(
        results.tuned, results.settings, ("8", "16"), (2.0, 0.0625), strict=True
    ):
        assert tuned.values == {"4": 0, "8": 0, "16": 0} | {value: 3}
        assert tuned.taken == {rate: 3}
        for run in result.runs:
            assert run.network.widths == (int(value),) * 2
            assert run.training.learning_rate == rate
            assert result.setting.variant_of(run) == value


def test_every_arm_and_value_is_searched_by_the_same_rule():
    """No value's search is shorter because another is better: each brackets its own best."""
    results = results_of(read(TEXT), respond)
    for tuned in results.tuned:
        for pair in tuned.picked:
            assert [found.space for found in pair.found] == [
                SearchSpace((0.125, 0.25, 0.5, 1.0)),
                SearchSpace((0.125, 0.25, 0.5, 1.0, 2.0, 4.0), 0, 2),
                SearchSpace((0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0), 2, 0),
            ]
        rows = tried(tuned)
        assert [(row.value, row.rate) for row in rows] == [
            (value, rate)
            for value, rates in (
                ("4", (0.125, 0.25, 0.5, 1.0)),
                ("8", (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)),
                ("16", (0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0)),
            )
            for rate in rates
        ]
        assert {row.pairs for row in rows} == {3}
        assert sum(row.taken for row in rows) == 3


def test_among_equals_the_first_value_is_taken_and_before_that_the_lower_loss():
    def alike(run):
        return make_trace([0, 1, 256], train_loss=[2, 1, 0.1])

    assert {t.values["4"] for t in results_of(read(TEXT), alike).tuned} == {3}

    def lower(run):
        return make_trace([0, 1, 256], train_loss=[2, 1, 0.3 if run.network.widths[0] < 9 else 0.2])

    assert {t.values["16"] for t in results_of(read(TEXT), lower).tuned} == {3}


def test_where_settings_share_a_rate_they_share_the_value():
    study = read(TEXT, "protocol=shared_rate")
    results = results_of(study, respond)
    taken = [[result.setting.variant_of(run) for run in result.runs] for result in results.settings]
    assert taken[0] == taken[1]
    assert len({(run.seed, run.training.learning_rate) for r in results.settings
                for run in r.runs}) == 3  # fmt: skip


def test_no_pair_is_picked_before_all_of_its_values_are_searched():
    study, memory = read(TEXT), Memory()
    finish(study, memory, respond)
    found = plan(study, memory).found
    last = {key: f for key, f in found.items() if key[0].variant < 2}
    assert len(pick(found)) == 6
    assert pick(last) == {}
    assert len(subjects(study)) == 2 * 3


def test_without_it_nothing_has_a_value():
    results = results_of(read(TEXT, "network.width=8"), respond)
    for tuned in results.tuned:
        assert tuned.picked == ()
        assert tuned.values == {}
        assert {row.value for row in tried(tuned)} == {""}


STUDIES = {
    "width": (),
    "momentum": (
        "network.width=8", "training.optimizer={name: sgd, momentum: {tuned: [0, 0.5, 0.9]}}",
    ),
    "slope": (
        "network={width: 8, activation: {name: leaky_relu, slope: {tuned: [0.01, 0.1]}},"
        " depth: [1, 2]}",
        "claims=[{faster: {depth: 1}, than: {depth: 2}, to: {train_loss: [0.8, 0.5]}}]",
    ),
    "scale and one rate": (
        "network.width=8", "network.init_scale={tuned: [0.5, 1]}",
        "protocol=[own_rate, shared_rate]", "tuning.seeds=2",
    ),
    "a measure": (
        "claims=[{measure: test_accuracy, higher: relu, than: tanh},"
        " {faster: relu, than: tanh, to: {train_loss: 0.5}}]",
    ),
}  # fmt: skip


@given(reference.responses, st.sampled_from(sorted(STUDIES)))
@settings(max_examples=25, deadline=None)
@pytest.mark.slow
def test_every_pair_takes_what_brute_force_takes(whole, name):
    study = read(TEXT, *STUDIES[name])
    found = check_by_brute_force(study, whole)
    for (subject, seed), pair in pick(found).items():
        goals, wish = reference.asked_of(subject.objective)
        value, choice = reference.choose(subject.settings, goals, study, seed, whole, wish)
        assert pair.variant == value
        assert math.isclose(pair.taken.rate, choice.rate)


@given(reference.ties)
@settings(max_examples=25, deadline=None)
@pytest.mark.slow
def test_ties_between_values_are_decided_as_those_between_rates(whole):
    study = read(TEXT, "seeds=4")
    for (subject, seed), pair in pick(check_by_brute_force(study, whole)).items():
        goals, wish = reference.asked_of(subject.objective)
        value, choice = reference.choose(subject.settings, goals, study, seed, whole, wish)
        assert (pair.variant, pair.taken.rate) == (value, pytest.approx(choice.rate))


def test_what_is_read_before_training_is_tuned_for_by_itself():
    """It may differ between values, so that no other claim may choose them."""
    at_start = "{measure: zeros, at: start, of: relu, at_most: 0.9}"
    race = "{faster: relu, than: tanh, to: {train_loss: 0.5}}"
    study = read(TEXT, f"claims=[{race}, {at_start}]")
    alone = read(TEXT, f"claims=[{at_start}]")
    assert study.objective_of(study.claims[1]) == alone.objective_of(alone.claims[0])
    assert study.objective_of(study.claims[1]) != study.objective
