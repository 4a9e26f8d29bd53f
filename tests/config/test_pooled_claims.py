"""Claims over all conditions together, and races by another clock, as they are written."""

import pytest

from experiments import config
from experiments.config.writing import resolved

from .helpers import problems, read

TEXT = """\
dataset: [moons, spirals]
network: {activation: [relu, tanh, elu]}
protocol: [own_rate, shared_rate]
claims:
  - %s
"""


@pytest.mark.parametrize(
    "claim",
    [
        "{faster: relu, than: tanh, to: {train_loss: 0.4}, pooled: true, clock: epochs}",
        "{faster: relu, than: tanh, to: {train_loss: auto}, pooled: true, clock: multiplications}",
        "{best: relu, of: activation, by: test_accuracy, pooled: true}",
        "{best: relu, of: activation, to: {train_loss: 0.4}, clock: seconds}",
        "{measure: test_loss, lower: relu, than: tanh, pooled: true}",
        "{measure: test_loss, of: relu, at_most: 0.4, pooled: true}",
    ],
)
def test_what_is_written_is_read_and_written_back(claim):
    study = read(TEXT % claim)
    (found,) = study.claims
    assert found.pooled == ("pooled" in claim)
    assert config.loads(resolved(study), study.name) == study
    clocks = {getattr(one, "clock", "updates") for one in getattr(found, "duels", (found,))}
    assert clocks == {claim.split("clock: ")[1].rstrip("}") if "clock" in claim else "updates"}


def test_seconds_are_read_of_the_runs():
    race = "{faster: relu, than: tanh, to: {train_loss: 0.4}, clock: %s}"
    assert read(TEXT % (race % "seconds")).settings[0].diagnostics == ("update_time",)
    assert read(TEXT % (race % "epochs")).settings[0].diagnostics == ()


def test_the_claim_says_what_it_counts():
    race = "{faster: relu, than: tanh, to: {train_loss: 0.4}, clock: epochs}"
    assert (
        read(TEXT % race).claims[0].says
        == "relu reaches a training loss of 0.4 in fewer epochs than tanh"
    )
    best = "{best: relu, of: activation, to: {train_loss: 0.4}, clock: seconds}"
    assert "in as few seconds as any other" in read(TEXT % best).claims[0].says


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ("{faster: relu, than: tanh, to: {train_loss: 0.4}, clock: hours}", "updates, epochs"),
        ("{best: relu, of: activation, by: test_loss, clock: epochs}", "goes only with to"),
        ("{measure: test_loss, lower: relu, than: tanh, clock: epochs}", "unknown key"),
        ("{faster: relu, than: tanh, to: {train_loss: 0.4}, pooled: 2}", "true or false"),
        (
            "{faster: {activation: relu, dataset: moons}, than: {activation: tanh, dataset: moons},"
            " to: {train_loss: 0.4}, pooled: true}",
            "leaves no axis open",
        ),
        ("{measure: cut_off, of: relu, at_most: 1, pooled: true}", "a mean could be taken"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(claim, says):
    (problem,) = problems(TEXT % claim)
    assert problem.startswith("c.yaml:5: claims.0")
    assert says in problem


def test_theory_has_a_number_for_each_condition():
    text = TEXT.replace("[relu, tanh, elu]", "[relu, tanh], depth: 4").replace(
        "protocol: [own_rate, shared_rate]\n", ""
    )
    claim = "{measure: gradient, over: layer, at: start, is: theory, within: 0.2, pooled: true}"
    (problem,) = problems(text % claim)
    assert "theory gives a number for each condition" in problem


def test_a_claim_and_its_pooled_twin_are_one_claim():
    race = "{faster: relu, than: tanh, to: {train_loss: 0.4}%s}"
    both = f"{race % ''}\n  - {race % ', pooled: true'}"
    (problem,) = problems(TEXT % both)
    assert "the same as claim 1" in problem
    another = f"{race % ''}\n  - {race % ', clock: epochs'}"
    assert len(read(TEXT % another).claims) == 2
