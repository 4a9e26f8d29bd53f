"""Claims about measures, studies and turns in words."""

import math
from dataclasses import replace

import pytest
from analysis.helpers import read, results_of
from analysis.test_reasons import NAN, TEXT, TIME, made, ratios, verdict
from hypothesis import given
from hypothesis import strategies as st

from experiments.analysis.claims import judge
from experiments.analysis.samples import Estimate
from experiments.analysis.times_to_target import Turn
from experiments.report import words
from experiments.report.model import plain
from experiments.study import Region

INF = math.inf


def sentence(claim, number, *overrides, **how):
    return plain(words.sentence(verdict([], claim, number, *overrides, **how)))


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("measure: zeros, at_most: 0.75, of: relu",
         "for relu, the share of exact zeros is 0.5 (95 % interval 0.5 to 0.5, 7 runs; "
         "claimed: at most 0.75)."),
        ("measure: zeros, at: start, layer: first, is: 0.5, within: 0.25, of: tanh",
         "for tanh, the share of exact zeros in the first hidden layer before training is 1.00 "
         "(95 % interval 1.00 to 1.00, 7 runs; claimed: 0.25 to 0.75)."),
        ("measure: zeros, higher: tanh, than: relu",
         "the share of exact zeros is 1.00 for tanh and 0.5 for relu; seed by seed they differ by "
         "0.5 (95 % interval 0.5 to 0.5, 7 runs; claimed: above 0)."),
        ("measure: function_time, at_least: 1, of: tanh",
         "for tanh, the time of the function is 1.00 ns (95 % interval 1.00 to 1.00, 7 runs; "
         "claimed: at least 1)."),
        ("measure: peak_slope, is: 1, of: tanh",
         "for tanh, the steepest slope is 1 (known exactly; claimed: exactly 1)."),
        ("measure: zeros, at: start, is: theory, within: 0.01, of: relu",
         "for relu, the share of exact zeros before training is 0.5 (95 % interval 0.5 to 0.5, 7 "
         "runs; theory 0.501; claimed: 0.491 to 0.511)."),
        ("measure: zeros, over: layer, at_most: 1, of: relu",
         "for relu, the factor by which each layer towards the input changes the share of exact "
         "zeros is 1.00 (95 % interval 1.00 to 1.00, 7 runs; claimed: at most 1)."),
    ],
)  # fmt: skip
def test_a_sentence_says_all_that_a_verdict_rests_on(claim, said):
    assert sentence(claim, ratios(zeros=0.5, function_time=2, peak_slope=0.5)) == said


def test_a_condition_is_named_first():
    found = sentence("measure: zeros, at_most: 1, of: relu", ratios(zeros=0.5),
                     "network.depth=[1, 3]", "seeds=9")  # fmt: skip
    assert found.startswith("with depth 1, for relu, the share of exact zeros is 0.5 (")


def test_a_claim_of_every_setting_names_each_by_its_condition():
    found = sentence("measure: zeros, between: [0.25, 0.75]", ratios(zeros=0.5))
    assert found.startswith("with activation relu, the share of exact zeros is 0.5 (")


@pytest.mark.parametrize(
    ("unknown", "said"),
    [(1, "; 1 run has no such number)."), (2, "; 2 runs have no such number).")],
)
def test_runs_without_a_number_are_counted(unknown, said):
    found = sentence("measure: zeros, at_most: 1, of: relu",
                     lambda run, *_: NAN if run.seed < unknown else 0.5)  # fmt: skip
    assert found.endswith(said)
    assert "nan" not in found


def test_an_open_estimate_says_which_end_is_known():
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, NAN]
    found = sentence("measure: zeros, at_most: 1, of: relu", lambda run, *_: values[run.seed])
    assert "is at least 3.00 (" in found


def test_a_loss_without_bound_is_told_as_infinite():
    found = sentence("measure: test_loss, at_most: 1, of: relu", ratios(),
                     diverges=lambda run: True)  # fmt: skip
    assert found == (
        "for relu, the test loss is ∞ (95 % interval ∞ to ∞, 7 runs; claimed: at most 1)."
    )


def test_what_cannot_be_tested_gives_its_reason_alone():
    found = sentence("measure: zeros, at_most: 1, of: relu", ratios(zeros=0.5), "seeds=3")
    assert found == (
        "the share of exact zeros: 3 runs are too few for an interval at 95 %: it takes 6."
    )


# Regions


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (Region(low=0.5), "at least 0.5"),
        (Region(high=0.5), "at most 0.5"),
        (Region(low=0.0, open=True), "above 0"),
        (Region(high=-0.25, open=True), "below -0.25"),
        (Region(0.45, 0.55), "0.45 to 0.55"),
        (Region(-0.5, 0.5), "0 ± 0.5"),
        (Region(1.0, 1.0), "exactly 1"),
        (Region(0.0, 0.0), "exactly 0"),
        (Region(0.999, 1.001), "1 ± 0.001"),
        (Region(1.762647, 1.762847), "1.762747 ± 0.0001"),
        (Region(-100.5, -99.5), "-100 ± 0.5"),
        (Region(14_800.0, 15_200.0), "14800 to 15200"),
        (Region(1e-6, 2e-6), "1e-06 to 2e-06"),
    ],
)
def test_where_a_number_is_claimed_to_lie(region, said):
    assert words.region(region) == said


ends = st.one_of(st.floats(-1e9, 1e9), st.floats(-2, 2))


@given(ends, ends, st.booleans())
def test_two_ends_of_a_region_never_look_alike(one, other, is_open):
    low, high = sorted((one, other))
    said = words.region(Region(low, high, open=is_open))
    if " to " in said:
        left, right = said.split(" to ")
        assert left != right
        assert float(left.replace(",", "")) < float(right.replace(",", ""))
    elif low < high:
        middle, half = said.split(" ± ")
        size = float(half.replace(",", ""))
        assert size == pytest.approx((high - low) / 2, rel=0.06)
        assert float(middle.replace(",", "")) == pytest.approx((low + high) / 2, rel=0.06)
    else:
        assert said.startswith("exactly ")


# Arms


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("measure: zeros, at_most: 1, of: relu", "relu"),
        ("measure: zeros, at_most: 1", "–"),
        ("measure: zeros, higher: relu, than: tanh", "relu 0.5, tanh 1.00"),
        ("measure: zeros, lower: tanh, than: relu", "tanh 1.00, relu 0.5"),
    ],
)
def test_each_arm_stands_with_its_own_number(claim, said):
    assert words.arms(verdict([], claim, ratios(zeros=0.5))) == said


def test_what_a_verdict_is_about():
    v = verdict([], "measure: zeros, at: start, layer: 2, at_most: 1, of: relu", ratios(zeros=1))
    assert words.value_of(v) == "share of exact zeros in hidden layer 2 before training"
    assert words.value_of(verdict([], TIME, ratios())) == "training loss 0.5"


# Several verdicts


def known(*estimates):
    v = verdict([], "measure: zeros, at_most: 1, of: relu", ratios(zeros=0.5))
    return [
        replace(v, estimate=Estimate(x, "", x, x, 0.95, 7, 0), condition=(("depth", str(i)),))
        for i, x in enumerate(estimates, 1)
    ]


def test_the_extremes_are_the_lowest_and_the_highest():
    some = known(3, 1, 2, 5, 4)
    assert words.extremes(some) == [some[1], some[3]]
    assert words.extremes(some[::-1]) == [some[1], some[3]]
    some = known(3, INF, 2)
    assert words.extremes(some) == [some[2], some[1]]


def test_what_has_no_estimate_or_was_not_tested_is_no_extreme():
    some = known(3, NAN, 2)
    assert words.extremes(some) == [some[2], some[0]]
    untested = [some[0], replace(some[2], reason="it rained"), some[1]]
    assert words.extremes(untested) == [some[0]]
    assert words.extremes(known(NAN)) == words.extremes([]) == []


def against(claim, outcomes, answers=4):
    some = [
        replace(v, outcome=outcome)
        for v, outcome in zip(known(*range(1, len(outcomes) + 1)), outcomes, strict=True)
    ]
    return words.against(replace(some[0].claim, answers=answers), some)


def test_what_goes_against_a_statement_is_named():
    label = "statement 4: share of exact zeros"
    assert against("", ["refuted"]) == f"{label}, depth 1"
    assert against("", ["supported", "inconclusive", "refuted"]) == f"{label}, depth 3"
    assert against("", ["refuted"] * 5).endswith("depth 3, and 2 more")
    assert against("", ["refuted"] * 3).endswith("; share of exact zeros, depth 3")


def test_nothing_goes_against_what_is_not_answered_or_not_refuted():
    assert against("", ["refuted"], answers=None) == ""
    assert against("", ["supported", "inconclusive", "untestable"]) == ""


# Studies


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("training.learning_rate=0.1",), "and learning rates as given"),
        (("training.learning_rate=0.1", "training.epochs=[0, 2]"), "and learning rates as given"),
        (("training.learning_rate=0.1", "training.epochs=0"), "and nothing trained"),
    ],
)
def test_what_learning_rates_the_answers_hold_for(overrides, said):
    study = read(TEXT % ("zeros", TIME), *overrides, "claims=[]")
    assert words.learning(results_of(study, made(ratios(zeros=1)))) == said


def test_tuned_rates_are_told():
    study = read(TEXT % ("", TIME), "training.learning_rate=tuned", "tuning={from: 0.1, to: 0.4}",
                 "seeds=6", "claims=[]")  # fmt: skip
    results = results_of(study, made(ratios()))
    assert words.learning(results) == "and learning rates tuned for each arm"


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("depth: [1, 2, 4, 8], width: 16", "1, 2, 4 or 8 hidden layers of 16 units"),
        ("depth: 3, width: [4, 8, 16, 32]", "3 hidden layers of 4, 8, 16 or 32 units"),
        ("depth: [4, 2], width: [8, 4]", "2 or 4 hidden layers of 4 or 8 units"),
        ("depth: 1, width: [4, 8, 16, 32]", "1 hidden layer of 4, 8, 16 or 32 units"),
        ("depth: [1, 2, 4], width: 16",
         "1 hidden layer of 16 units or 2 hidden layers of 16 units or "
         "4 hidden layers of 16 units"),
        ("depth: [0, 1, 2, 3], width: 4",
         "no hidden layer or 1 hidden layer of 4 units or 2 hidden layers of 4 units or "
         "3 hidden layers of 4 units"),
        ("width: [4-4, 8-8, 4-8, 2-2]",
         "2 hidden layers of 4 units or 2 hidden layers of 8 units or "
         "2 hidden layers of 4-8 units or 2 hidden layers of 2 units"),
        ("width: [4-4, 8-8-8, 16-16, 2-2]",  # no grid: of the depths not every width is there
         "2 hidden layers of 4 units or 3 hidden layers of 8 units or "
         "2 hidden layers of 16 units or 2 hidden layers of 2 units"),
    ],
)  # fmt: skip
def test_a_grid_of_networks_is_told_in_short_and_others_one_by_one(network, said):
    text = f"dataset: moons\nnetwork: {{{network}}}\n"
    assert f"; {said}; output" in words.conditions(read(text))


# Turns


def turn(claim, number, condition=()):
    answers = {"own_rate": "supported", "shared_rate": "refuted"}
    return Turn(claim, None, None, condition, answers)


def test_a_turn_of_a_statement_has_no_target():
    (claim,) = read(TEXT % ("", "measure: zeros, higher: relu, than: tanh")).claims
    assert plain(words.turn(turn(claim, 1))) == (
        "The answer depends on how learning rates were chosen for claim 1: supported with "
        "each at its best rate, refuted with one rate for both."
    )
    assert "for claim 1, depth 3: supported" in plain(words.turn(turn(claim, 1, (("depth", "3"),))))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9])
def test_few_turns_are_told_one_by_one_and_many_are_counted(count):
    (claim,) = read(TEXT % ("", "measure: zeros, higher: relu, than: tanh")).claims
    some = [turn(claim, 1, (("depth", str(i)),)) for i in range(count)]
    told = words.turns(some, 12)
    if count <= words.MOST_TURNS:
        assert told == [words.turn(one) for one in some]
    else:
        (line,) = told
        assert f"in {count} of 12 comparisons" in plain(line)


def test_a_sentence_is_told_of_each_verdict_of_a_study():
    study = read(TEXT % ("", TIME + "}, {measure: zeros, higher: relu, than: tanh"))
    race, statement = judge(results_of(study, made(ratios(zeros=0.5))))
    assert plain(words.sentence(race)).startswith("at training loss 0.5: tanh needed 3.00 times")
    assert plain(words.sentence(statement)).startswith(
        "the share of exact zeros is 0.5 for relu and"
    )


# Numbers beside each other


def number_of(text):
    return {"∞": INF, "-∞": -INF}.get(text) or float(text.replace(",", ""))


@given(st.floats(-9, 9), st.floats(0, 9), st.floats(-9, 9), st.sampled_from([1.0, 1e-3, 1e-6]))
def test_what_is_printed_decides_as_the_numbers_do(low, width, end, scale):
    found = Estimate(low, "", low, low + width * scale, 0.95, 7, 0)
    claimed = Region(low=low + end * scale)
    left, right = map(number_of, words.interval(found, claimed).split(" to "))
    word, threshold = words.region(claimed, found).rsplit(" ", 1)
    assert word == "at least"
    printed = Region(low=number_of(threshold))
    for shown, true in ((left, found.low), (right, found.high)):
        assert (shown >= printed.low) == (true >= claimed.low) or math.isclose(
            true, claimed.low, rel_tol=1e-9, abs_tol=1e-12
        )


@pytest.mark.parametrize(
    ("values", "difference", "said"),
    [
        ((0.97772, 0.97772), 0.00279, (["0.9777", "0.9777"], "0.0028")),
        ((0.377, 0.485), -0.0891, (["0.377", "0.485"], "-0.089")),
        ((0.893, 0.647), 0.02, (["0.893", "0.647"], "0.02")),
        ((1.0, 0.998), 0.0, (["1.00", "0.998"], "0")),
        ((INF, 0.5), INF, (["∞", "0.5"], "∞")),
        ((4.2e-08, 3e-08), 1.2e-08, (["4.2e-08", "3e-08"], "1.2e-08")),
    ],
)
def test_numbers_have_the_decimals_of_their_difference(values, difference, said):
    assert words.with_difference(values, difference) == said
