"""Claims of a factor, and many comparisons at once: how often any false statement is made.

A comparison of a claim of a factor makes two statements, one of the direction (the ratio is above
1) and one of the size (it is by / tolerance or more). Which of them are false follows from the
true ratio, and from `is_false` below. With by = 6 and a tolerance of 1.25, so 4.8 or more:

| true ratio | direction supported | direction refuted | size supported | size refuted |
|---|---|---|---|---|
| 6 | true | false | true | false |
| 4.8, the border of the size | true | false | true | false |
| 3 | true | false | false | true |
| 1 | false | false | false | true |

At a ratio of 1, "A is faster" is not true; yet to refute it is to say that the ratio lies below 1,
and that is false too. In general: supported is false where the truth lies outside the region that
is claimed; refuted is false where it lies in the region or on its border, since the interval then
left the truth out.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import joblib
import numpy as np
from scipy import stats

from error_rates.deciding import Verdicts, called, decide
from error_rates.rates import Limit, Row, Section, rate
from error_rates.synthetic import ADAPTIVE, Made, seeds_in_words
from experiments.analysis.verdicts import TimeVerdict
from experiments.study import Seeds

BY, TOLERANCE = 6.0, 1.25
BORDER = BY / TOLERANCE

STUDIES = 1000
TWENTY = 250
"""Studies of twenty claims."""

TARGETS = (1.0, 0.5, 0.15)

FAMILIES = {(54, 20): 500, (162, 20): 250, (54, 200): 300, (162, 200): 60}
"""How many studies there are of each number of comparisons and of pairs: fewer where each takes
longer, since all of the script is to take ten minutes."""

ALPHA = 0.05
ANY = Limit(most=ALPHA)

Said = tuple[tuple[str, str], ...]
"""The hypothesis and the outcome of each verdict."""


def is_false(verdict: TimeVerdict, truth: float) -> bool:
    """Tell whether a verdict says what is not so, if the median ratio is `truth`."""
    low, high, is_open = verdict.region.low, verdict.region.high, verdict.region.open
    if verdict.outcome == "supported":
        return not (low < truth < high if is_open else low <= truth <= high)
    return verdict.outcome == "refuted" and low <= truth <= high


def any_false(truth: float, verdicts: Verdicts, _: int) -> bool:
    """Tell whether any statement of a study is false."""
    return any(is_false(verdict, truth) for verdict in verdicts)


def _said(truth: float, verdicts: Verdicts, pairs: int) -> tuple[Said, bool]:
    said = tuple((verdict.hypothesis, verdict.outcome) for verdict in verdicts)
    return said, any_false(truth, verdicts, pairs)


def bound(comparisons: int, pairs: int, sides: int) -> float:
    """Return how often any of so many true medians is called false, at most.

    The first call of a family is made at alpha / m, by the sign test with its exact steps; m times
    the chance of one such call is a bound whatever the comparisons have to do with each other.

    Args:
        comparisons: m, of those whose calls are false.
        pairs: of each, their number fixed beforehand.
        sides: 2 if a call is false whichever arm it favours, 1 if in one direction alone.

    """
    chances = 2 * stats.binom.cdf(np.arange(pairs // 2), pairs, 0.5)
    return comparisons * float(chances[chances <= ALPHA / comparisons].max()) * sides / 2


def factor_claims(parallel: joblib.Parallel) -> Section:
    """Measure a claim of a factor of 6: the rates of each verdict for four truths."""
    name, rows = "Claims of a factor", []
    for truth in (BY, BORDER, 3.0, 1.0):
        title = f"by {BY:g} claimed, true ratio {truth:g}, {seeds_in_words(ADAPTIVE)}"
        decided = decide(Made(title, truth, by=BY), STUDIES, partial(_said, truth), parallel)
        counts = Counter(one for said, _ in decided for one in said)
        for hypothesis in ("direction", "size"):
            for outcome in ("supported", "refuted", "inconclusive"):
                hits = [True] * counts[hypothesis, outcome]
                hits += [False] * (len(decided) - len(hits))
                rows.append(rate(name, title, truth, f"{hypothesis} {outcome}", hits))
        false = [is_any for _, is_any in decided]
        rows.append(rate(name, title, truth, "a false statement of either", false, ANY))
    says = (
        f"One comparison with two hypotheses: a ratio above 1, and one of {BORDER:g} or more "
        f"({BY:g} / {TOLERANCE:g}). Of a ratio on that border, to refute the size is false and to "
        "support it is not."
    )
    return Section(name, says, tuple(rows))


def families(parallel: joblib.Parallel) -> Section:
    """Measure many comparisons at once: how often any statement of a study is false."""
    name, rows = "Many comparisons at once", [_twenty_claims(parallel)]
    truths = {
        "no factor claimed": (1.0, None),
        "by 6 claimed": (1.0, BY),
        "by 6 claimed, true ratio on the border of the size": (BORDER, BY),
    }
    for (comparisons, pairs), studies in FAMILIES.items():
        for what, (truth, by) in truths.items():
            conditions = comparisons // len(TARGETS)
            title = f"{comparisons} comparisons, {pairs} pairs, {what}"
            scenario = Made(
                title, truth, by=by, seeds=Seeds(pairs, pairs), conditions=conditions,
                targets=TARGETS,
            )  # fmt: skip
            hits = decide(scenario, studies, partial(any_false, truth), parallel)
            # With a factor, the m hypotheses that are surely decided, and rightly, come first and
            # leave alpha / m to the others: the directions at a ratio of 1, the sizes on a border.
            exact = round(bound(comparisons, pairs, sides=1 if truth == BORDER else 2), 4)
            quantity = "any false statement"
            rows.append(rate(name, title, truth, quantity, hits, ANY, exact=exact))
    says = (
        "All of a study's comparisons have the same true ratio. Those of one condition are three "
        "targets of the same runs; conditions are independent. With a factor, each comparison has "
        "two hypotheses. The last column is what a false statement may come to at most, computed "
        "of the sign test by itself, whatever the comparisons have to do with each other; whether "
        "a rate above it may be chance, its interval tells. With an earlier rule, 54 comparisons "
        "gave 6.3 % at 20 pairs and 8.6 % at 200."
    )
    return Section(name, says, tuple(rows))


def _twenty_claims(parallel: joblib.Parallel) -> Row:
    title = f"twenty claims, A against A, {seeds_in_words(ADAPTIVE)}"
    scenario = Made(title, conditions=20, apart=True)
    hits = decide(scenario, TWENTY, called, parallel)
    return rate("Many comparisons at once", title, 1, "any false statement", hits, ANY)
