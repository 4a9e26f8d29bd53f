"""Cutting runs into fleets: which runs train together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby, pairwise

from experiments import datasets
from experiments.nn import cost
from experiments.nn.activations import ACTIVATIONS
from experiments.nn.layers.chain import chain, products
from experiments.nn.pieces import piece
from experiments.records import Fleet, Run, Search

WORKING_SET = 6 * 2**20
"""About how many bytes the arrays of a fleet's update may take: they should stay in the cache."""

STACKED_DATA = 96 * 2**20
"""About how many bytes the data of a fleet's seeds may take."""

MOST_RUNS = 256
"""Beyond this many runs a call's overhead no longer shows; a lost fleet would cost more."""


def multiplications(fleet: Fleet) -> float:
    """Estimate the multiplications of a fleet, evaluations included."""
    run = fleet.runs[0]
    return len(fleet.runs) * cost.of_run(run, datasets.shape(run.data))


def cut(runs: Iterable[Run], jobs: int = 1) -> list[Fleet]:
    """Cut runs into fleets, those that take longest first.

    Runs whose arrays are equal in shape go together, all variants of a seed before further seeds,
    since they read the same batches. A fleet is as large as the caches allow, and small enough
    that every one of `jobs` workers gets its share.

    Args:
        runs: in any order, each once.
        jobs: how many fleets train at a time.

    Returns:
        Fleets that hold each of the runs exactly once.

    """
    fleets = [
        fleet
        for variants in _groups(runs)
        for same_seeds in _rectangles(variants)
        for fleet in _cut_rectangle(*same_seeds, jobs)
    ]
    return longest_first(fleets)


def cut_searches(
    runs: Iterable[Run], searches: Iterable[Search], jobs: int = 1, of_pair: int = 1
) -> list[Fleet]:
    """Cut the runs of searches into fleets that know what is searched for.

    All learning rates of a seed train side by side, so that the best ones are known as early as
    can be and the others stop. Such a fleet may be larger than the caches like, at first.

    Args:
        runs: in any order, each once.
        searches: of which they are candidates.
        jobs: how many fleets train at a time.
        of_pair: how many tuning seeds belong to one pair, which stay together.

    Returns:
        Fleets that hold each of the runs exactly once.

    """
    asking: dict[Run, list[Search]] = defaultdict(list)
    for search in searches:
        for candidate in search.candidates:
            for run in candidate:
                asking[run].append(search)
    fleets = [
        fleet
        for variants in _groups(runs)
        for same_seeds in _rectangles(variants)
        for fleet in _cut_rectangle(*same_seeds, jobs, of_pair)
    ]
    return longest_first(
        replace(fleet, searches=_within(fleet, {id(s): s for r in fleet.runs for s in asking[r]}))
        for fleet in fleets
    )


def one_run_each(fleet: Fleet) -> list[Fleet]:
    """Cut a fleet into fleets of a single run."""
    return [
        replace(alone, searches=_within(alone, {id(s): s for s in fleet.searches}))
        for alone in (Fleet((run,), 1, fleet.searches) for run in fleet.runs)
    ]


def _within(fleet: Fleet, searches: dict[int, Search]) -> tuple[Search, ...]:
    """Return searches with those candidates alone of which a run is in the fleet."""
    runs = set(fleet.runs)
    return tuple(
        replace(s, candidates=tuple(c for c in s.candidates if not runs.isdisjoint(c)))
        for s in searches.values()
    )


def _groups(runs: Iterable[Run]) -> list[dict[Run, list[int]]]:
    """Group the variants whose arrays are equal in shape, each with its seeds."""
    seeds: dict[Run, list[int]] = defaultdict(list)
    for run in runs:
        seeds[replace(run, seed=0)].append(run.seed)
    groups: dict[Run, dict[Run, list[int]]] = defaultdict(dict)
    for variant, some in seeds.items():
        groups[shape_of(variant)][variant] = some
    return list(groups.values())


def longest_first(fleets: Iterable[Fleet]) -> list[Fleet]:
    """Order fleets by how long they may take: what is begun last should be over soon."""
    return sorted(fleets, key=multiplications, reverse=True)


def shape_of(run: Run) -> Run:
    """Return the run without what may differ within a fleet.

    Of the activations, only which of them learn something: that has a place among the weights.
    """
    learned = tuple(ACTIVATIONS[choice.name].learned for choice in run.network.activations)
    network = replace(
        run.network, activation=learned if any(learned) else None, init=None, init_scale=None
    )
    return replace(run, network=network, training=replace(run.training, learning_rate=None), seed=0)


def _rectangles(variants: dict[Run, list[int]]) -> list[tuple[list[Run], list[int]]]:
    """Group variants that want the same seeds; neighbours share their activation."""
    by_seeds: dict[tuple[int, ...], list[Run]] = defaultdict(list)
    for variant, seeds in variants.items():
        by_seeds[tuple(sorted(seeds))].append(variant)

    def order(run: Run) -> tuple:
        network = run.network
        functions = tuple((choice.name, choice.parameters) for choice in network.activations)
        return functions, network.init, network.init_scale, run.training.learning_rate

    return [(sorted(group, key=order), list(seeds)) for seeds, group in by_seeds.items()]


def _cut_rectangle(
    variants: list[Run], seeds: list[int], jobs: int, of_pair: int = 0
) -> list[Fleet]:
    """Cut variants that want the same seeds; with `of_pair` only between the seeds of pairs."""
    most = most_runs(variants[0])
    most = max(1, min(most, -(-len(variants) * len(seeds) // jobs)))
    rows = _even(len(variants), -(-len(variants) // (MOST_RUNS if of_pair else most)))
    pairs = [list(some) for _, some in groupby(seeds, lambda seed: seed // max(1, of_pair))]
    fleets = []
    for first, last in rows:
        few = max(1, of_pair, min(most // (last - first), _most_seeds(variants[0])))
        for start, stop in _even(len(pairs), -(-len(seeds) // few)):
            together = [seed for pair in pairs[start:stop] for seed in pair]
            fleets.append(
                Fleet(
                    tuple(
                        replace(variant, seed=seed)
                        for variant in variants[first:last]
                        for seed in together
                    ),
                    len(together),
                )
            )
    return fleets


def _even(count: int, pieces: int) -> list[tuple[int, int]]:
    """Cut `count` things into pieces whose sizes differ by one at most."""
    pieces = min(pieces, count)
    return list(pairwise(count * i // pieces for i in range(pieces + 1)))


def most_runs(run: Run) -> int:
    """Return how many runs of such a shape a fleet should have at most."""
    places = chain(run.network, datasets.shape(run.data))
    item = int(run.training.precision[-2:]) // 8
    weights = 4 * sum(place.parts[0].size for place in products(places))
    at_once = min(piece(places) or run.training.batch_size, run.training.batch_size)
    activations = 5 * at_once * sum(place.units for place in products(places))
    return max(1, min(MOST_RUNS, WORKING_SET // (item * (weights + activations))))


def _most_seeds(run: Run) -> int:
    return max(1, STACKED_DATA // datasets.seed_bytes(run.data, run.training.precision))
