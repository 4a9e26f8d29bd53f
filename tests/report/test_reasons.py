"""The sentences that go with verdicts: their numbers, their direction, and when there are none."""

import re

import pytest
from analysis.test_reasons import INF, NAN, TIME, is_relu, ratios, verdict
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from experiments.report.reasons import reason

SENTENCE = re.compile(r"was (\S+)(?: \S+)? for relu and (\S+)(?: \S+)? for tanh\.")


def of(read_too, claim, number, *overrides, **how):
    return reason(verdict(read_too, claim, number, *overrides, **how))


def test_two_facts_make_two_sentences_with_their_moment():
    def number(run, name, layer, at):
        if name == "zeros":
            return 1.0 if not is_relu(run) else 0.25 if at == "end" else 0.5
        return 1.0 if not is_relu(run) else 0.125

    assert of(["zeros", "dead_units"], TIME, number) == (
        "Before training the share of dead units was 0.125 for relu and 1.00 for tanh. "
        "At the end the share of exact zeros was 0.25 for relu and 1.00 for tanh."
    )


def test_uneven_layers_are_told_by_the_first_relative_to_the_last():
    def number(run, name, layer, at):
        return (0.01 if is_relu(run) else 20.0) ** (3 - layer)

    assert of(["gradient"], TIME, number, "network.depth=3") == (
        "Before training the gradient at the first hidden layer, relative to the last one, was "
        "0.0001 for relu and 400 for tanh."
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("update_time", "The time of a whole update was 0.5 µs for relu and 1.00 µs for tanh."),
        ("peak_slope", "The steepest slope was 0.5 for relu and 1.00 for tanh."),
    ],
)
def test_times_and_properties_of_functions_have_no_moment(name, sentence):
    assert of([name], TIME, ratios(**{name: 0.5})) == sentence


def test_a_share_of_runs_is_told_as_one():
    def number(run, name, layer, at):
        return float(run.seed < (3 if is_relu(run) else 0))  # no median differs from 0

    assert of(["cut_off"], TIME, number) == (
        "Before training the share of nets whose output is cut off was 0.429 for relu and 0 for "
        "tanh."
    )


def test_arms_are_named_as_in_the_claim():
    claim = (
        "measure: test_loss, equal: {activation: tanh, width: 4}, "
        "than: {activation: relu, width: 8}, within: 0"
    )
    found = of(["zeros"], claim, ratios(zeros=0.5), "network.width=[4, 8]")
    assert found.endswith("was 1.00 for width 4, tanh and 0.5 for width 8, relu.")


numbers = st.floats(1e-5, 1e6)


@given(st.lists(numbers, min_size=7, max_size=7), st.lists(numbers, min_size=7, max_size=7))
@limits(max_examples=40)
def test_the_arm_with_the_larger_number_in_the_sentence_has_the_larger_median(relu, tanh):
    def number(run, name, layer, at):
        return (relu if is_relu(run) else tanh)[run.seed]

    medians = sorted(relu)[3], sorted(tanh)[3]
    found = of(["zeros"], TIME, number)
    if not found.startswith("No "):
        told = [float(text.replace(",", "")) for text in SENTENCE.search(found).groups()]
        assert (told[0] > told[1]) == (medians[0] > medians[1])
        assert told == pytest.approx(medians, rel=0.06)  # two digits at least
    else:
        assert found == "No diagnostic that was read tells the arms apart."
        assert abs(medians[0] - medians[1]) < 0.2 * max(medians)


MEASURE = "measure: zeros, higher: relu, than: tanh"


@pytest.mark.parametrize(
    ("read_too", "claim", "said"),
    [
        ([], TIME, ""),
        ([], "measure: test_loss, lower: relu, than: tanh", ""),
        ([], MEASURE, ""),
        (["zeros"], MEASURE, ""),
        (["zeros"], TIME, "No diagnostic that was read tells the arms apart."),
        (["dead_units"], MEASURE, "No other diagnostic that was read tells the arms apart."),
        (["dead_units"], "measure: test_loss, lower: relu, than: tanh",
         "No diagnostic that was read tells the arms apart."),
    ],
)  # fmt: skip
def test_what_is_said_where_nothing_tells_the_arms_apart(read_too, claim, said):
    assert of(read_too, claim, ratios(zeros=1.0, dead_units=1.0)) == said


def test_nothing_goes_with_what_cannot_be_tested():
    number = ratios(zeros=0.5, dead_units=0.1)
    assert of(["dead_units"], MEASURE, number) != ""
    assert of(["dead_units"], MEASURE, number, "seeds=3") == ""
    assert of(["dead_units"], TIME, number, "seeds=3") == ""


def test_nothing_is_said_of_arms_over_an_axis():
    claim = "measure: zeros, over: width, lower: relu, than: tanh"
    assert of(["dead_units"], claim, ratios(zeros=1, dead_units=0.5), "network.width=[4, 8]") == ""


# One arm


def growing(run, name, layer, at):
    return 0.5 if at == "start" else 1.0 + run.seed


ONE = "measure: zeros, at_most: 9, of: relu"


@pytest.mark.parametrize(
    ("claim", "number", "said"),
    [
        (ONE, growing, "Single runs lie from 1.00 to 7.00. Before training it was 0.5."),
        (ONE.replace("zeros", "zeros, at: start"), growing, "All runs read 0.5."),
        (ONE.replace("zeros", "zeros, at: lowest"), growing, "All runs read 0.5."),
        ("measure: cut_off, at_most: 1, of: relu", ratios(cut_off=0), ""),
        ("measure: peak_slope, at_most: 1, of: relu", ratios(peak_slope=0), ""),
        (
            "measure: zeros, at_most: 9",
            growing,
            "Single runs lie from 1.00 to 7.00. Before training it was 0.5.",
        ),
        ("measure: zeros, over: width, at_most: 9, of: relu", growing, ""),
    ],
)
def test_of_one_arm_the_range_of_its_runs_is_told(claim, number, said):
    overrides = ("network.width=[4, 8]",) if "over" in claim else ()
    found = of([], claim, number, *overrides)
    assert found == said


def test_runs_without_a_number_are_not_among_all():
    def number(run, name, layer, at):
        return NAN if run.seed == 0 else 0.5

    found = of([], ONE, number, "seeds=9")
    assert found == "All other runs read 0.5."


def test_a_run_that_diverged_lies_at_infinity():
    v = verdict([], "measure: test_loss, at_most: 9, of: relu", ratios(),
                diverges=lambda run: run.seed == 2)  # fmt: skip
    assert v.estimate.high == INF
    assert re.match(r"Single runs lie from 0\.\d+ to ∞\.", reason(v))
    v = verdict([], "measure: test_loss, at_most: 9, of: relu", ratios(),
                diverges=lambda run: True)  # fmt: skip
    assert reason(v).startswith("All runs read ∞. Before training it was 2.5")
