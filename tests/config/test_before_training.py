"""Claims that can tell nothing are told with their line."""

import pytest

from .helpers import problems, read

TEXT = """\
dataset: moons
network: {activation: [relu, tanh]}
claims:
  - {faster: relu, than: tanh, to: {train_loss: 0.4}}
  - %s
"""


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ("{faster: relu, than: tanh, to: {train_loss: 0.4}, says: again}", "the same as claim 1"),
        ("{faster: relu, than: tanh, to: {train_loss: 0.3}, by: 1.1}", "at least the tolerance"),
        ("{measure: test_loss, equal: relu, than: tanh}", "needs within"),
    ],
)
def test_it_is_refused_with_its_line(claim, says):
    (problem,) = problems(TEXT % claim)
    assert problem.startswith("c.yaml:5: claims.1")
    assert says in problem


@pytest.mark.parametrize(
    "claim",
    [
        "{faster: tanh, than: relu, to: {train_loss: 0.4}}",
        "{faster: relu, than: tanh, to: {train_loss: 0.3}, by: 1.1, tolerance: 1.1}",
        "{measure: test_loss, equal: relu, than: tanh, within: 0.1}",
        "{measure: test_loss, equal: relu, than: tanh, within: 0}",
        "{measure: peak_slope, equal: relu, than: tanh}",
    ],
)
def test_its_neighbours_are_not(claim):
    assert len(read(TEXT % claim).claims) == 2
