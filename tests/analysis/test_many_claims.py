"""Several claims at once: how often any verdict is wrong, and what marking one of them does."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.analysis.claims import judge
from experiments.analysis.inference import holm, p_values
from experiments.analysis.looks import Design
from experiments.analysis.times_to_target import Turn, turns
from experiments.analysis.verdicts import decide
from experiments.study import Region, Seeds

from .helpers import BUDGET, FIXED, arriving, at, paired, read, results_of

TEXT = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: 10
    claims:
      - {faster: relu, than: tanh, to: {train_loss: 0.5}}
      - {faster: tanh, than: relu, by: 3, to: {train_loss: [0.9, 0.8, 0.7, 0.6, 0.5]}}
"""


FASTER = Region(low=1.0, open=True)


def p_value(times, region):
    for p, low, high in times.intervals():
        if decide(low, high, region) != "inconclusive":
            return p
    return 1.0


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("pairs", [10, 20])
def test_of_twenty_comparisons_of_equals_any_is_decided_in_a_study_of_twenty(pairs, sequential):
    studies, claims, alpha = 400, 20, 0.05
    rng = np.random.default_rng([pairs, sequential])
    logs = rng.standard_cauchy((studies, claims, pairs)).clip(-50, 50)
    # A direction is decided as soon as all values that are not left out lie on one side.
    below = (logs < 0).sum(axis=2)
    design = Design(0.05, Seeds(6, pairs).looks) if sequential else FIXED
    possible = np.append(p_values(pairs, design), 1.0)
    needed = possible[np.minimum(np.minimum(below, pairs - below), len(possible) - 1)]
    allowed = np.array([holm(list(study), alpha) for study in needed])
    wrong = (needed <= allowed).any(axis=1)
    assert wrong.mean() <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / studies)
    if not sequential:
        assert (needed <= alpha).any(axis=1).mean() > 2 * alpha  # without the correction
    for which in [*np.flatnonzero(wrong)[:3], 0, 1]:  # the whole way agrees with the short cut
        compared = [
            paired(at(*[1e30] * pairs), at(*(1e30 * np.exp(one))), design) for one in logs[which]
        ]
        assert [p_value(times, FASTER) for times in compared] == pytest.approx(needed[which])
        found = [times.ratio(a) for times, a in zip(compared, allowed[which], strict=True)]
        decided = any(decide(r.low, r.high, FASTER) != "inconclusive" for r in found)
        assert decided == wrong[which]


def noisy(run):
    rng = np.random.default_rng([run.seed, ord(run.network.activation.name[0])])
    base = 8.0 if run.network.activation.name == "relu" else 16.0
    return arriving(max(1.5, base * math.exp(0.7 * rng.normal())))


@pytest.mark.parametrize("seeds", ["10", "{min: 8, max: 12}"])
@pytest.mark.parametrize("respond", [noisy, lambda run: arriving(8.0 + run.seed)])
def test_each_verdict_agrees_with_its_own_interval(seeds, respond):
    text = TEXT.replace("seeds: 10", f"seeds: {seeds}")
    for v in judge(results_of(read(text), respond)):
        assert not v.reason
        assert decide(v.ratio.low, v.ratio.high, v.region) == v.outcome


def test_the_intervals_are_as_wide_as_the_correction_asks_for():
    results = results_of(read(TEXT), noisy)
    verdicts = judge(results)
    assert len(verdicts) == 11  # of the second claim, direction and size
    for v in verdicts:
        assert 0.95 <= v.ratio.confidence <= 1 - 0.05 / 11 + 1e-12
        alone = paired(
            v.faster[0].hitting_times(v.claim.metric, v.target),
            v.than[0].hitting_times(v.claim.metric, v.target),
            FIXED,
        )
        assert alone.ratio(1 - v.ratio.confidence) == v.ratio
    needed = [p_value(v.times, v.region) for v in verdicts]
    assert [v.p_value for v in verdicts] == needed
    assert [1 - v.ratio.confidence for v in verdicts] == pytest.approx(holm(needed, 0.05))


def test_the_primary_claim_is_judged_as_if_it_were_alone():
    alone = judge(results_of(read(TEXT.split("      - {faster: tanh")[0]), noisy))
    assert alone[0].ratio.confidence == pytest.approx(0.95)
    with_others = judge(results_of(read(TEXT, "claims.0.primary=true"), noisy))
    assert with_others[0].ratio == alone[0].ratio
    assert with_others[0].outcome == alone[0].outcome
    assert with_others[0].claim.primary


def test_the_others_are_judged_as_if_there_were_no_primary_claim():
    others = judge(results_of(read(TEXT, "claims.0.primary=true"), noisy))[1:]
    only = "claims=[{faster: tanh, than: relu, by: 3, to: {train_loss: [0.9, 0.8, 0.7, 0.6, 0.5]}}]"
    alone = judge(results_of(read(TEXT, only), noisy))
    assert [v.ratio for v in others] == [v.ratio for v in alone]
    assert [v.outcome for v in others] == [v.outcome for v in alone]


def test_a_primary_claim_of_several_targets_shares_its_error_among_them():
    text = TEXT.replace("to: {train_loss: 0.5}}", "to: {train_loss: [0.9, 0.5]}, primary: true}")
    primary = [v for v in judge(results_of(read(text), noisy)) if v.claim.primary]
    assert len(primary) == 2
    assert max(v.ratio.confidence for v in primary) == pytest.approx(0.975)


def test_a_verdict_may_not_turn_for_the_company_it_keeps():
    """More comparisons can leave a claim open; they never decide one that was open."""
    few = judge(results_of(read(TEXT, "claims.1.to.train_loss=0.5"), noisy))
    many = judge(results_of(read(TEXT), noisy))
    for one, other in ((few[0], many[0]), (few[-1], many[-1])):
        assert other.outcome in (one.outcome, "inconclusive")
        assert other.ratio.low <= one.ratio.low
        assert other.ratio.high >= one.ratio.high


def test_an_inconclusive_verdict_tells_how_many_pairs_it_would_take():
    for v in judge(results_of(read(TEXT), noisy)):
        if v.outcome == "inconclusive":
            needed = v.times.seeds_needed(v.region.low, 1 - v.ratio.confidence)
            assert v.seeds_needed == needed
            assert needed is None or needed > v.ratio.pairs
            assert v.wants_seeds
        else:
            assert v.seeds_needed is None
            assert not v.wants_seeds


def test_more_seeds_are_wanted_where_they_are_too_few_and_not_where_they_are_no_use():
    few = read(TEXT, "seeds=4")
    for v in judge(results_of(few, lambda run: arriving(8.0 + run.seed))):
        assert (v.outcome, v.wants_seeds, v.seeds_needed) == ("untestable", True, None)
    for v in judge(results_of(read(TEXT), lambda run: arriving(20 * BUDGET))):
        if v.outcome == "untestable":
            assert not v.wants_seeds


# Protocols


def verdict(claim, target, outcome, *condition):
    return SimpleNamespace(
        claim=claim, hypothesis="direction", target=target, outcome=outcome, condition=condition,
        conditions=1,
    )  # fmt: skip


def test_turns_are_the_disagreements_and_nothing_else():
    claim = read(TEXT).claims[0]
    other = replace(claim, number=2)
    own, shared = ("protocol", "own_rate"), ("protocol", "shared_rate")
    deep, flat = ("depth", "3"), ("depth", "1")
    verdicts = [
        verdict(claim, 0.5, "supported", deep, own),
        verdict(claim, 0.5, "refuted", deep, shared),
        verdict(claim, 0.5, "supported", flat, own),
        verdict(claim, 0.5, "supported", flat, shared),
        verdict(claim, 0.4, "refuted", flat, own),  # another target
        verdict(claim, 0.4, "refuted", flat, shared),
        verdict(other, 0.5, "inconclusive", flat, own),  # another claim
        verdict(other, 0.5, "supported", flat, shared),
    ]
    expected = [
        Turn(claim, "direction", 0.5, (deep,), {"own_rate": "supported", "shared_rate": "refuted"}),
        Turn(
            other,
            "direction",
            0.5,
            (flat,),
            {"own_rate": "inconclusive", "shared_rate": "supported"},
        ),
    ]
    assert turns(verdicts) == expected
    assert turns([]) == []


def test_a_study_of_one_protocol_turns_nowhere():
    def respond(run):  # relu is the quicker one with two layers alone
        relu = run.network.activation.name == "relu"
        return arriving(8.0 if relu == (len(run.network.widths) == 2) else 40.0)

    verdicts = judge(results_of(read(TEXT, "network.depth=[1, 2]"), respond))
    assert len({v.outcome for v in verdicts}) > 1
    assert turns(verdicts) == []


PROTOCOLS = """
    dataset: moons
    network: {activation: [relu, tanh], width: 8, init: he}
    tuning: {from: 0.25, to: 1, extensions: 1}
    protocol: [own_rate, shared_rate, common_init]
    seeds: 10
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}}]
"""


def by_protocol(run):
    """Tanh wins at its own rate, which relu fails at, and relu wins with Glorot's weights."""
    rate = run.training.learning_rate
    if run.network.activation.name == "relu":
        return arriving((10.0 if rate == 0.5 else 40.0) * 1.01**run.seed)
    if run.network.init == "glorot":
        return arriving(50.0 * 1.01**run.seed)
    return arriving((5.0 if rate == 1 else 15.0) * 1.01**run.seed)


def test_protocols_are_judged_side_by_side():
    verdicts = judge(results_of(read(PROTOCOLS), by_protocol))
    found = {dict(v.condition)["protocol"]: v.outcome for v in verdicts}
    assert found == {"own_rate": "refuted", "shared_rate": "supported", "common_init": "supported"}
    (turn,) = turns(verdicts)
    assert turn.by_protocol == found
    assert (turn.condition, turn.target, turn.claim.number) == ((), 0.5, 1)
    assert {v.ratio.confidence for v in verdicts} <= {1 - 0.05 / 3, 1 - 0.05 / 2, 1 - 0.05}
