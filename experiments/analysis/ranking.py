"""More than two arms at once: average ranks, critical differences, performance profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from experiments.analysis.results import Results, SettingResult
from experiments.analysis.survival import Condition, conditions
from experiments.study import PROTOCOL, Labels, Setting

FEWEST_ARMS = 3
"""Two arms are compared by the ratio of their times, which says more than their ranks."""

RESAMPLES = 2000
"""How often the seeds are drawn anew for the band of a profile."""


@dataclass(frozen=True, slots=True)
class Contest:
    """The times of the arms of one condition to one target, seed by seed."""

    condition: Condition
    metric: str
    target: float
    seeds: tuple[int, ...]
    times: np.ndarray  # (seeds, arms), updates; infinite where a run did not come in the budget


@dataclass(frozen=True, slots=True)
class Ranking:
    """The arms of one contest by their average rank over the seeds; rank 1 is the fastest."""

    contest: Contest
    ranks: np.ndarray  # (arms,)
    not_reached: np.ndarray  # (arms,), runs that did not come in the budget that all arms had
    critical_difference: float
    p_value: float  # of all arms being alike
    groups: tuple[tuple[int, ...], ...]  # arms not told apart, two or more, from the fastest on


@dataclass(frozen=True, slots=True)
class Profiles:
    """For each arm, the share of cells in which it came within a factor of the fastest arm.

    A cell is one condition, target and seed. P factors.
    """

    arms: tuple[Labels, ...]
    factors: np.ndarray  # (P,), from 1
    share: np.ndarray  # (arms, P)
    low: np.ndarray  # (arms, P), of the interval from drawing the seeds anew
    high: np.ndarray  # (arms, P)
    cells: int
    unsolved: int  # cells in which no arm arrived; they count, for no arm


def contests(results: Results) -> list[Contest]:
    """Return the contest of every condition to every target that a claim names.

    A run counts as arrived only within the smallest budget of the condition's arms, and only seeds
    at which every arm was run are raced.
    """
    return [
        _contest(condition, metric, target, {r.setting: r for r in found})
        for condition in conditions(results)
        for metric, target in results.study.targets
        for found in [results.for_target(metric, target)]
    ]


def _contest(
    condition: Condition, metric: str, target: float, found: Mapping[Setting, SettingResult]
) -> Contest:
    by_seed = []
    for _, arm in condition.arms:
        result = found[arm.setting]
        seeds = (run.seed for run in result.runs)
        by_seed.append(dict(zip(seeds, result.hitting_times(metric, target), strict=True)))
    seeds = sorted(set.intersection(*map(set, by_seed)))
    hits = [[arm[seed] for arm in by_seed] for seed in seeds]
    reached = [[np.inf if hit.censored else hit.time for hit in row] for row in hits]
    times = np.array(reached, dtype=float).reshape(len(seeds), len(by_seed))
    times[times > condition.budget] = np.inf
    return Contest(condition, metric, target, tuple(seeds), times)


def rankings(results: Results) -> list[Ranking]:
    """Return the ranking of every contest of at least FEWEST_ARMS arms."""
    return [
        rank(contest, results.study.confidence)
        for contest in contests(results)
        if len(contest.condition.arms) >= FEWEST_ARMS
    ]


def rank(contest: Contest, confidence: float) -> Ranking:
    """Rank the arms of a contest and tell which the seeds tell apart.

    Two arms are told apart if the Friedman test finds that not all are alike and their average
    ranks differ by at least the critical difference (Demsar 2006, section 3.2.2).
    """
    ranks = average_ranks(contest.times)
    difference = critical_difference(*contest.times.shape[::-1], confidence)
    p_value = friedman(contest.times)
    return Ranking(
        contest,
        ranks,
        not_reached=np.isinf(contest.times).sum(axis=0),
        critical_difference=difference,
        p_value=p_value,
        groups=groups(ranks, difference if p_value < 1 - confidence else np.inf),
    )


def average_ranks(times: np.ndarray) -> np.ndarray:
    """Return the average over the seeds of each arm's rank at that seed.

    Args:
        times: (seeds, arms), infinite where a run did not reach the target. Ties, and so all of
            these, share the average of their ranks.

    Returns:
        (arms,), from 1 for the arm that always came first.

    Raises:
        ValueError: if there is no seed.

    """
    if not len(times):
        raise ValueError("no seeds to rank")
    from scipy import stats  # slow to import, and few studies rank

    return stats.rankdata(times, axis=1).mean(axis=0)


def friedman(times: np.ndarray) -> float:
    """Return the p value of the Friedman test that all arms are alike (Friedman 1937).

    Corrected for ties, from the chi-squared approximation, which with few seeds errs to the side
    of finding no difference (Demsar 2006, section 3.2.2).

    Raises:
        ValueError: if there are fewer than three arms in the times, (seeds, arms).

    """
    if times.shape[1] < FEWEST_ARMS:
        raise ValueError("the Friedman test takes three arms or more")
    if (times == times[:, :1]).all():  # nothing but ties, of which SciPy makes 0 / 0
        return 1.0
    from scipy import stats  # slow to import, and few studies rank

    return float(stats.friedmanchisquare(*times.T).pvalue)


@cache  # slow to compute, and the same for all contests of a study
def critical_difference(arms: int, seeds: int, confidence: float) -> float:
    """Return by how much two average ranks must differ for two arms to be told apart.

    CD = q sqrt(k (k + 1) / (6 N)) for k arms and N seeds, with q the quantile of the studentized
    range over sqrt 2 (Nemenyi 1963; Demsar 2006, section 3.2.2). Ties make it wider than needed.

    Raises:
        ValueError: if there are fewer than two arms or no seed.

    """
    if arms < 2 or seeds < 1:
        raise ValueError("a critical difference takes two arms or more and a seed")
    from scipy import stats  # slow to import, and few studies rank

    q = stats.studentized_range.ppf(confidence, arms, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(arms * (arms + 1) / (6 * seeds)))


def groups(ranks: np.ndarray, difference: float) -> tuple[tuple[int, ...], ...]:
    """Return the largest sets of arms whose ranks all differ by less than the difference.

    Args:
        ranks: (arms,) average ranks.
        difference: the critical one.

    Returns:
        The numbers of the arms of each set of two or more, from the fastest on. An arm may be in
        several sets.

    """
    order = [int(arm) for arm in np.argsort(ranks, kind="stable")]
    found, reached = [], 0
    for first, arm in enumerate(order):
        end = first + int((ranks[order[first:]] - ranks[arm] < difference).sum())
        if end > reached and end - first > 1:  # not within the set before
            found.append(tuple(order[first:end]))
        reached = max(reached, end)
    return tuple(found)


def profiles(results: Results, rng: np.random.Generator) -> list[tuple[Labels, Profiles]]:
    """Return the profiles of each protocol of a study of at least FEWEST_ARMS arms.

    Each comes with the protocol's (axis, label) pair, none where the study has only one.
    """
    found: dict[Labels, list[Contest]] = {}
    for contest in contests(results):
        if len(contest.condition.arms) >= FEWEST_ARMS:
            protocol = tuple(pair for pair in contest.condition.labels if pair[0] == PROTOCOL)
            found.setdefault(protocol, []).append(contest)
    confidence = results.study.confidence
    return [(key, performance_profiles(some, confidence, rng)) for key, some in found.items()]


def performance_profiles(
    found: Sequence[Contest], confidence: float, rng: np.random.Generator
) -> Profiles:
    """Return how often each arm came within a factor of the fastest arm of a cell.

    With t the time of arm a in cell c and r = t / (the least time in c), infinite where the arm did
    not reach the target, the profile is rho_a(tau) = (cells with r <= tau) / (all cells) (Dolan &
    More 2002, equation 2.1). The cells of one seed belong together, so the band comes from drawing
    whole seeds anew (the percentile bootstrap, Efron & Tibshirani 1993, chapter 13); with one seed
    it leaves everything open.

    Args:
        found: contests between the same arms, at least one.
        confidence: of the band, pointwise.
        rng: draws the seeds.

    Raises:
        ValueError: if there is no contest, or not all are between the same arms.

    """
    arms = {tuple(arm for arm, _ in contest.condition.arms) for contest in found}
    if len(arms) != 1:
        raise ValueError("profiles take contests between the same arms")
    seeds = np.array([seed for contest in found for seed in contest.seeds])  # (cells,)
    times = np.concatenate([contest.times for contest in found])  # (cells, arms)
    best = times.min(axis=1, keepdims=True)
    solved = np.isfinite(best[:, 0])
    ratios = np.full(times.shape, np.inf)
    ratios[solved] = times[solved] / best[solved]
    factors = _factors(ratios)
    within = ratios[:, :, None] <= factors  # (cells, arms, P)
    low, high = _band(within, seeds, confidence, rng)
    return Profiles(
        arms.pop(), factors, within.mean(axis=0), low, high, len(times), int((~solved).sum())
    )


def _factors(ratios: np.ndarray) -> np.ndarray:
    """Return sixteen factors a doubling, from 1 to the power of 2 above the largest ratio."""
    largest = ratios[np.isfinite(ratios)].max(initial=2.0)
    return 2.0 ** (np.arange(16 * int(np.ceil(np.log2(largest))) + 1) / 16)


def _band(
    within: np.ndarray, seeds: np.ndarray, confidence: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the shares' interval, each (arms, P)."""
    names, of = np.unique(seeds, return_inverse=True)
    if len(names) < 2:
        return np.zeros(within.shape[1:]), np.ones(within.shape[1:])
    counts = np.zeros((len(names), *within.shape[1:]))  # (seeds, arms, P)
    np.add.at(counts, of, within)
    cells = np.bincount(of)  # (seeds,)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), RESAMPLES)
    shares = np.tensordot(drawn, counts, 1) / (drawn @ cells)[:, None, None]
    error = 1 - confidence
    return tuple(np.quantile(shares, [error / 2, 1 - error / 2], axis=0))
