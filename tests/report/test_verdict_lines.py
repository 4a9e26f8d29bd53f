"""The table of verdicts fits on any terminal, and says what the verdicts say."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.verdicts import OUTCOMES
from experiments.report.verdict_lines import verdict_lines
from experiments.report.verdict_rows import VerdictRow


def row(**given):
    told = {
        "claim": 1, "says": "relu is faster than tanh", "kind": "faster", "hypothesis": "direction",
        "condition": "", "conditions": 1, "measure": "train_loss", "target": "0.5",
        "unit": "times the updates", "by": "", "verdict": "supported", "by_other_clocks": "",
        "reason": "", "estimate": 3.0, "bound": "", "low": 2.0, "high": 4.0, "identity": (),
    }  # fmt: skip
    return VerdictRow(**(told | given))


def shown(*rows, columns=80, **more):
    return "\n".join(verdict_lines(rows, columns, **more))


def cells(line):
    return [cell.strip() for cell in re.split(r"  +", line.strip())]


def test_one_verdict_is_told_with_its_size_and_interval():
    _, first, second = shown(row()).splitlines()
    assert cells(first) == ["1. relu is faster than tanh", "supported", "3.00 (2.00 to 4.00)"]
    assert cells(second) == ["times the updates"]


def test_several_verdicts_are_counted_and_their_sizes_span_a_range():
    told = shown(row(), row(verdict="refuted", estimate=0.5), row(estimate=0.8), columns=110)
    assert cells(told.splitlines()[1])[1:] == ["2 supported, 1 refuted", "0.5 to 3.00"]
    assert "in 3 comparisons" in told


def test_a_claim_judged_over_all_conditions_together_has_the_size_over_these():
    told = shown(row(estimate=9.0), row(conditions=4, estimate=2.0, low=1.5, high=2.5))
    assert "2.00 (1.50 to 2.50)" in told
    assert "comparisons" not in told


def test_direction_and_size_are_counted_apart_and_the_interval_is_the_directions():
    size = row(hypothesis="size", by="6", verdict="refuted", low=1.0, high=5.0)
    told = shown(row(by="6"), size)
    assert "faster: supported" in told
    assert "by 6: refuted" in told
    assert "3.00 (2.00 to 4.00)" in told
    assert "comparisons" not in told


def test_what_another_clock_would_say_is_told():
    turned = row(by_other_clocks="multiplications: refuted")
    lines = shown(turned, columns=110).splitlines()[2:]
    assert [cells(line)[0] for line in lines] == ["but in multiplications:", "refuted"]
    assert "1 by another clock" in shown(turned, row())


def test_why_nothing_can_be_said_is_told():
    nothing = row(verdict="untestable", estimate=math.nan, low=math.nan, high=math.nan,
                  reason="4 pairs cannot give an interval")  # fmt: skip
    assert cells(shown(nothing).splitlines()[1])[1:] == ["untestable", "–"]
    assert "untestable: 4 pairs cannot give an interval" in shown(nothing)


def test_there_is_no_table_without_verdicts():
    assert shown() == ""


TEXTS = st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=12).map(" ".join)
ROWS = st.lists(
    st.builds(
        row, says=TEXTS, verdict=st.sampled_from(list(OUTCOMES)), hypothesis=st.just(""),
        estimate=st.floats(1e-9, 1e9), low=st.floats(1e-9, 1e9), high=st.floats(1e-9, 1e9),
        unit=st.sampled_from(["", "times the updates", "times the multiplications"]),
        bound=st.sampled_from(["", "at least"]),
    ),
    min_size=1, max_size=5,
)  # fmt: skip


@given(ROWS, st.integers(50, 200))
def test_it_fits_and_keeps_every_word_of_a_claim(rows, columns):
    told = shown(*rows, columns=columns)
    assert all(len(line) <= columns for line in told.splitlines())
    words = told.split()
    assert all(words.count(word) >= 1 for word in rows[0].says.split())


@given(ROWS, st.integers(50, 200))
def test_colours_change_nothing_but_colours(rows, columns):
    painted = shown(*rows, columns=columns, colours=True)
    assert re.sub(r"\x1b\[\d+m", "", painted) == shown(*rows, columns=columns)
    assert "\x1b[32m" in shown(row(says="supported it is not", verdict="supported"), colours=True)


@pytest.mark.parametrize("columns", [50, 60, 80, 200])
def test_a_count_stands_beside_its_verdict(columns):
    told = shown(*[row(verdict=verdict) for verdict in OUTCOMES for _ in range(12)],
                 columns=columns)  # fmt: skip
    assert all(f"12 {verdict}" in told for verdict in OUTCOMES)
