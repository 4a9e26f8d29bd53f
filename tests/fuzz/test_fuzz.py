"""Whatever is typed, named or loaded, the command makes a study of it or says what is wrong.

What is drawn, and what counts as saying so, is that of benchmarks/fuzz.py, which draws more and
holds it against the clock and the memory.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.fuzzing import configs, overrides, plugins, tables
from benchmarks.fuzzing.attempts import MESSAGE, STUDY, attempt
from benchmarks.fuzzing.inputs import Input, trained
from experiments.plugins.loading import TABLES
from experiments.plugins.registry import DIGESTS, FILES

KINDS = {
    "mutated": (configs.mutated(), 50),
    "texts": (configs.texts(), 60),
    "overrides": (overrides.overrides(), 100),
    "tables": (tables.tables(), 80),
    "plugins": (plugins.plugins(), 40),
}
"""What is drawn of each kind, and how many in every run of the tests."""


_ROWS = {table.title: dict(table.rows) for table in TABLES.values()}


def _restore() -> None:
    """Take the rows of a user's own out of the tables again."""
    for table in TABLES.values():
        table.rows.clear()
        table.rows.update(_ROWS[table.title])
    DIGESTS.clear()
    FILES.clear()


def check(drawn, count):
    """Hold so many inputs to the promise."""

    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(drawn)
    def promise(one: Input) -> None:
        outcome = attempt(one)
        _restore()
        assert outcome.kind in (STUDY, MESSAGE), outcome.text

    promise()


@pytest.mark.parametrize("kind", KINDS)
def test_any_input_is_a_study_or_a_message(kind):
    check(*KINDS[kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_any_of_many_inputs_is_a_study_or_a_message(kind):
    drawn, count = KINDS[kind]
    check(drawn, 10 * count)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mutated", "tables"])
def test_any_study_trains_or_says_why_it_does_not(kind):
    check(KINDS[kind][0].map(trained), 40)
