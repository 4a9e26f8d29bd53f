"""Numbers, labels and sentences as a reader sees them, each kind in a module of its own."""

from experiments.records import METRIC_WORDS
from experiments.report.words.clocks import turned, turned_in, turning
from experiments.report.words.labels import (
    arms,
    cell,
    condition,
    data,
    goal,
    hypothesis,
    judged,
    place,
    row,
    value_of,
)
from experiments.report.words.maps import map_lines, of_cells, where
from experiments.report.words.numbers import (
    between,
    chance,
    estimate,
    interval,
    level,
    number,
    p_value,
    rates,
    region,
    scientific,
    times,
    values,
)
from experiments.report.words.outcomes import MOST_TOLD, against, extremes, outcome, outcomes, shown
from experiments.report.words.scope import conditions, learning
from experiments.report.words.sentences import sentence
from experiments.report.words.standings import alike, arm_of, order, standing
from experiments.report.words.turns import MOST_TURNS, turn, turns

__all__ = [
    "METRIC_WORDS",
    "MOST_TOLD",
    "MOST_TURNS",
    "against",
    "alike",
    "arm_of",
    "arms",
    "between",
    "cell",
    "chance",
    "condition",
    "conditions",
    "data",
    "estimate",
    "extremes",
    "goal",
    "hypothesis",
    "interval",
    "judged",
    "learning",
    "level",
    "map_lines",
    "number",
    "of_cells",
    "order",
    "outcome",
    "outcomes",
    "p_value",
    "place",
    "rates",
    "region",
    "row",
    "scientific",
    "sentence",
    "shown",
    "standing",
    "times",
    "turn",
    "turned",
    "turned_in",
    "turning",
    "turns",
    "value_of",
    "values",
    "where",
]
