"""The answer to a claim in one sentence, for each kind of claim and each outcome."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from analysis.helpers import BUDGET, arriving, read, results_of
from analysis.test_reasons import NAN, ratios, verdict

from experiments.analysis.claims import judge
from experiments.analysis.inference import Ratio
from experiments.analysis.samples import Estimate
from experiments.report.headlines import headline
from experiments.report.web.glossary import glossary

INF = math.inf
SEVERAL = """
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 2, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 12
    claims: [{faster: relu, than: tanh, to: {train_loss: 0.5}%s}]
"""
ONE = SEVERAL.replace("[1, 2, 3]", "1")
PUBLISHED = Path(__file__).parents[2] / "results" / "published"
EVERYDAY = {"layer", "run"}  # known to whoever has heard of networks
HARD_WORDS = ["Holm", "median", *(word for word, _ in glossary() if word not in EVERYDAY)]


def times(**late):
    """Relu arrives at 8, tanh so many times later, by depth; a negative one never does."""

    def respond(run):
        factor = late.get(f"depth_{len(run.network.widths)}", 1.0)
        factor = factor[run.seed % len(factor)] if isinstance(factor, tuple) else factor
        tanh = run.network.activation.name == "tanh"
        return arriving(8.0 * (factor if tanh else 1.0) if factor > 0 else 100 * BUDGET)

    return respond


def hard_words_in(said):
    return re.findall(rf"\b(?:{'|'.join(map(re.escape, HARD_WORDS))}|nan|inf|None)\b", said)


@pytest.mark.parametrize(
    "report", sorted(PUBLISHED.glob("*/report.md")), ids=lambda p: p.parent.name
)
def test_published_answers_come_first_and_need_no_glossary(report):
    opening = report.read_text(encoding="utf-8").partition("\n## ")[0]
    answers = re.findall(r"^\*\d+\. .*?\* \*\*(.+)\*\*$", opening, re.MULTILINE)
    assert answers
    of_an_axis = {"normalisation"}  # what a config compares is called by its name
    assert {word for answer in answers for word in hard_words_in(answer)} <= of_an_axis


def told(text, respond, more=""):
    found = judge(results_of(read(text % more), respond))
    said = headline(found[0].claim, found)
    assert not hard_words_in(said)
    assert said.endswith(".")
    return said


def race(low, high, **changes):
    """A race of relu against tanh whose ratio lies there, and nothing else to say of it."""
    (one,) = judge(results_of(read(ONE % ""), times(depth_1=1.5)))
    found = Ratio((low + high) / 2, "", low, high, 0.95, 12, 0, 6, 6)
    decided = "supported" if low > 1 else "refuted" if high < 1 else "inconclusive"
    return replace(one, ratio=found, outcome=decided, **changes)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.25, 2.0, "Yes: relu was faster, by 20 to 50 % fewer updates than tanh."),
        (1.5, 3.0, "Yes: relu was faster: tanh needed 1.50 to 3.00 times its updates."),
        (1.5, INF, "Yes: relu was faster: tanh needed at least 1.50 times its updates."),
        (0.5, 0.8, "No: tanh was faster, by 20 to 50 % fewer updates than relu."),
        (0.1, 0.5, "No: tanh was faster: relu needed 2.00 to 10.0 times its updates."),
        (0.0, 0.5, "No: tanh was faster: relu needed at least 2.00 times its updates."),
        (0.8, 1.25, "Not decided: tanh needed 0.8 to 1.25 times the updates of relu."),
        (0.8, 1.0004, "Not decided: tanh needed 0.8 to 1.0004 times the updates of relu."),
        (0.8, INF, "Not decided: tanh needed at least 0.8 times the updates of relu."),
        (0.0, 1.25, "Not decided: tanh needed at most 1.25 times the updates of relu."),
    ],
)
def test_a_race_is_told_with_its_winner_the_size_and_the_doubt(low, high, said):
    one = race(low, high)
    assert headline(one.claim, [one]) == said


def test_equal_arms_are_told_as_equal():
    assert told(ONE, times()) == "No: relu and tanh needed equally many updates."


def test_a_race_that_nobody_finished_gives_the_reason():
    said = told(ONE, times(depth_1=-1.0))
    assert said == "Cannot be told: no run of relu or tanh got that far."


def test_a_race_without_an_estimate_says_why():
    one = race(0.0, INF, faster_reached=10, than_reached=10)
    one = replace(one, ratio=replace(one.ratio, censored=2))
    assert headline(one.claim, [one]) == (
        "Not decided: no usable estimate, since 2 of 12 runs each of relu and tanh did not reach "
        "training loss 0.5."
    )


BY = ", by: 6"


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (8.0, "Yes: tanh needed 8.00 times the updates of relu, and 6 times or more was claimed."),
        (1.6, "Only in part: relu was faster, by 38 % fewer updates than tanh, but 6 times or more "
              "is excluded."),
        (0.8, "No: tanh was faster, by 20 % fewer updates than relu, and 6 times or more is "
              "excluded."),
        ((0.8, 1.25), "No: 6 times or more is excluded, and which is faster is not decided, as "
                      "tanh needed 0.8 to 1.25 times the updates of relu."),
        ((2.0, 8.0), "Only in part: relu was faster: tanh needed 2.00 to 8.00 times its updates, "
                     "and 6 times or more is neither shown nor excluded."),
        ((0.5, 8.0), "Not decided: tanh needed 0.5 to 8.00 times the updates of relu."),
    ],
)  # fmt: skip
def test_a_race_by_a_factor_says_what_is_excluded(factor, said):
    assert told(ONE, times(depth_1=factor), BY) == said


def test_a_factor_that_is_about_so_large_is_told_so():
    assert "about 6 times is excluded" in told(ONE, times(depth_1=1.6), BY + ", reading: about")


ALL, MIXED = {"depth_1": 2.0, "depth_2": 3.0, "depth_3": 4.0}, (0.5, 2.0)


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (ALL, "Yes: relu was faster in all 3; typically tanh needed 2.00 to 4.00 times the updates "
              "of relu (with the doubt, 2.00 to 4.00)."),
        (ALL | {"depth_1": 0.5}, "It depends: relu was faster in 2 of 3 and tanh was faster in 1 "
                                 "of 3; typically"),
        (ALL | {"depth_1": MIXED}, "Yes, as far as it is decided: relu was faster in 2 of 3; 1 is "
                                   "not decided; typically"),
        (ALL | {"depth_1": -1.0}, "Yes, as far as it is decided: relu was faster in 2 of 3; 1 is "
                                  "beyond telling; typically"),
        ({"depth_1": 0.5, "depth_2": MIXED, "depth_3": MIXED},
         "No, as far as it is decided: tanh was faster in 1 of 3; 2 are not decided; typically"),
        ({f"depth_{i}": MIXED for i in (1, 2, 3)},
         "Not decided: which is faster could be decided in none of 3 comparisons; typically"),
        ({f"depth_{i}": -1.0 for i in (1, 2, 3)},
         "Cannot be told: no run of relu or tanh got that far."),
    ],
)  # fmt: skip
def test_several_races_are_counted_and_their_sizes_told(late, said):
    assert told(SEVERAL, times(**late)).startswith(said)


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (ALL, "No: 6 times or more is excluded in all 3 comparisons; relu was faster in all 3;"),
        (ALL | {"depth_1": 9.0}, "It depends: 6 times or more holds in 1 of 3 comparisons and is "
                                 "excluded in 2; relu was faster in all 3;"),
        ({f"depth_{i}": 9.0 for i in (1, 2, 3)}, "Yes: 6 times or more holds in all 3 "
                                                  "comparisons;"),
        ({f"depth_{i}": (0.5, 9.0) for i in (1, 2, 3)},
         "Not decided: 6 times or more could be decided in none of 3 comparisons; which is faster "
         "could be decided in none of 3 comparisons;"),
    ],
)  # fmt: skip
def test_several_races_by_a_factor_say_where_it_is_excluded(late, said):
    assert told(SEVERAL, times(**late), BY).startswith(said)


def test_all_conditions_together_are_the_answer_and_each_is_counted():
    said = told(SEVERAL, times(**ALL), ", pooled: true")
    assert said.startswith("Yes: relu was faster: tanh needed 2.88 times its updates; ")
    assert said.endswith("taken one by one, it holds in all 3 comparisons.")


# What qualifies an answer


def test_runs_that_did_not_reach_the_target_qualify_it():
    late = (2.0, 2.0, 2.0, 2.0, 2.0, -1.0)  # a negative one is late for both arms
    assert told(ONE, times(depth_1=late)).endswith(
        ", though 2 of 12 runs each of relu and tanh did not reach training loss 0.5."
    )
    assert told(SEVERAL, times(**ALL | {"depth_1": late})).endswith(
        ", though in 1 comparison some runs did not get that far."
    )


def test_runs_that_diverged_qualify_it():
    one = verdict([], "measure: test_loss, at_most: 1, of: relu", ratios(),
                  diverges=lambda run: run.seed < 2)  # fmt: skip
    assert ", though 2 of 7 runs diverged." in headline(one.claim, [one])


def test_another_clock_qualifies_it():
    text = ONE.replace("activation: [relu, tanh], depth: 1, width: 8", "width: [64, 8], depth: 1")
    text = text.replace("faster: relu, than: tanh", "faster: {width: 64}, than: {width: 8}")

    def respond(run):
        return arriving(8.0 if run.network.widths == (64,) else 12.0)

    said = told(text, respond)
    assert said.startswith("Yes: width 64 was faster, by 33 % fewer updates than width 8, though ")
    assert said.endswith("counted in multiplications the answer is no.")


def test_a_protocol_qualifies_it():
    text = ONE.replace("0.1}", "tuned}") + "    protocol: [own_rate, common_init]\n"

    def respond(run):
        matched = run.network.init == "he" or run.network.activation.name == "tanh"
        return arriving(8.0 if matched else 4.0)

    said = told(text, respond)
    assert "the answer depends on how starting weights were chosen" in said


# Measures


def measured(claim, number, **how):
    one = verdict([], claim, number, **how)
    return headline(one.claim, [one])


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("measure: zeros, at_most: 0.75, of: relu",
         "Yes: for relu, the share of exact zeros is 0.5, and at most 0.75 was claimed."),
        ("measure: zeros, at_least: 0.75, of: relu",
         "No: for relu, the share of exact zeros is 0.5, and at least 0.75 was claimed."),
        ("measure: zeros, higher: tanh, than: relu",
         "Yes: tanh has the higher share of exact zeros, by 0.5."),
        ("measure: zeros, lower: tanh, than: relu",
         "No: tanh has the higher share of exact zeros, by 0.5."),
        ("measure: zeros, equal: tanh, than: relu, within: 0.1",
         "No: tanh has the higher share of exact zeros, by 0.5, and 0 ± 0.1 was claimed of the "
         "difference."),
        ("measure: peak_slope, is: 1, of: tanh",
         "Yes: for tanh, the steepest slope is 1, and exactly 1 was claimed."),
    ],
)  # fmt: skip
def test_a_measure_is_told_with_its_size_and_what_was_claimed(claim, said):
    assert measured(claim, ratios(zeros=0.5, peak_slope=0.5)) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.25, 0.5, "the share of exact zeros of tanh is anywhere from 0.25 lower to 0.5 "
                     "higher than that of relu"),
        (0.0, 0.5, "the share of exact zeros of tanh is the same as that of relu or up to 0.5 "
                   "higher"),
        (-0.5, 0.0, "the share of exact zeros of tanh is the same as that of relu or up to 0.5 "
                    "lower"),
        (0.0, 0.0, "tanh and relu have the same share of exact zeros"),
        (-INF, INF, "of tanh and relu either may have the higher share of exact zeros"),
    ],
)  # fmt: skip
def test_an_open_difference_says_how_far_it_may_go(low, high, said):
    one = verdict([], "measure: zeros, higher: tanh, than: relu", ratios(zeros=0.5))
    found = Estimate(0.0, "", low, high, 0.95, 7, 0)
    one = replace(one, estimate=found, outcome="inconclusive")
    assert headline(one.claim, [one]) == f"Not decided: {said}."


def test_a_measure_that_no_run_has_cannot_be_told():
    said = measured("measure: zeros, at_most: 1, of: relu", lambda *_: NAN)
    assert said == "Cannot be told: no run has such a number."


def test_several_measures_are_counted_and_their_range_told():
    one = verdict([], "measure: zeros, at_most: 0.6, of: relu", ratios(zeros=0.5))
    other = replace(one, outcome="refuted", estimate=Estimate(0.75, "", 0.7, 0.8, 0.95, 7, 0))
    assert headline(one.claim, [one, other]) == (
        "It depends: it holds in 1 of 2 comparisons and is excluded in 1; for relu, the share of "
        "exact zeros is typically 0.5 to 0.75 (with the doubt, 0.5 to 0.8), and at most 0.6 was "
        "claimed."
    )


# The best

BEST = ONE.replace("[relu, tanh]", "[relu, tanh, elu]").replace(
    "faster: relu, than: tanh", "best: relu"
)


def arms(**late):
    def respond(run):
        factor = late.get(run.network.activation.name, 1.0)
        factor = factor[run.seed % len(factor)] if isinstance(factor, tuple) else factor
        return arriving(8.0 * factor)

    return respond


@pytest.mark.parametrize(
    ("late", "said"),
    [
        ({"tanh": 1.6, "elu": 4.0}, "Yes: no other did better, the closest being tanh: relu was "
                                    "faster, by 38 % fewer updates than tanh."),
        ({"tanh": 0.5, "elu": 4.0}, "No: tanh did better: tanh was faster, by 50 % fewer updates "
                                    "than relu."),
        ({"tanh": (0.8, 1.25), "elu": 4.0},
         "Not decided: relu surely does as well as 1 of 2 others, and tanh may do better: tanh "
         "needed 0.8 to 1.25 times the updates of relu."),
    ],
)  # fmt: skip
def test_the_best_is_told_with_the_rival_that_decides(late, said):
    assert told(BEST, arms(**late)) == said


def test_of_several_comparisons_of_the_best_those_that_did_better_are_named():
    text = BEST.replace("depth: 1", "depth: [1, 2]")
    said = told(text, arms(tanh=0.5, elu=4.0))
    assert said.startswith(
        "No: it holds in none of 2 comparisons and is excluded in 2; better were tanh in 2; "
        "typically the closest other needed 0.5 times the updates of relu"
    )
