"""Protocols, seeds as needed, targets by a rule and the primary claim, as a config writes them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import config
from experiments.protocols import PROTOCOLS
from experiments.study import Axis, Seeds

from .helpers import problems, read

TEXT = """\
dataset: moons
network: {activation: [relu, tanh], width: 8}
claims: [{faster: relu, than: tanh, to: {train_loss: auto}}]
"""
GIVEN = "training.learning_rate=0.1"


def again(study):
    return config.loads(config.resolved(study), study.name)


# Seeds


@pytest.mark.parametrize(
    ("written", "seeds"),
    [("5", Seeds(5, 5)), ("{min: 8, max: 64}", Seeds(8, 64)), ("{max: 9, min: 9}", Seeds(9, 9)),
     ("{min: 1, max: 10000}", Seeds(1, 10000)), ("{min: 8, max: [64]}", Seeds(8, 64)),
     ("{min: 8, max: [64, 128]}", Seeds(8, 128, (64,))), ("{min: 8, max: [8]}", Seeds(8, 8)),
     ("{min: 8, max: [8, 9, 20]}", Seeds(8, 20, (8, 9)))],
)  # fmt: skip
def test_seeds(written, seeds):
    study = read(TEXT, f"seeds={written}")
    assert study.seeds == seeds
    assert study.seeds.adaptive == (seeds.least < seeds.most)
    assert again(study) == study


WHOLE = "allowed: a whole number at least 1 and at most 10,000"
INCREASING = "allowed: numbers that increase, such as [64, 128]"


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [
        ("seeds: {min: 8, max: 4}", ["seeds.max: found 4; allowed: at least 8, min"]),
        ("seeds: {min: 8}", ["seeds.max: missing; it is a bound"]),
        ("seeds: {max: 8}", ["seeds.min: missing; it is a bound"]),
        ("seeds: {}", ["seeds.min: missing; it is a bound", "seeds.max: missing; it is a bound"]),
        ("seeds: {min: 0, max: 20000}",
         [f"seeds.min: found 0; {WHOLE}", f"seeds.max: found 20000; {WHOLE}"]),
        ("seeds: {min: 2.5, max: yes}",
         [f"seeds.min: found 2.5; {WHOLE}", f"seeds.max: found 'yes'; {WHOLE}"]),
        ("seeds: {min: 2, max: []}", [f"seeds.max: found []; {INCREASING}"]),
        ("seeds: {min: 2, max: [8, 8]}", [f"seeds.max: found [8, 8]; {INCREASING}"]),
        ("seeds: {min: 2, max: [64, 8]}", [f"seeds.max: found [64, 8]; {INCREASING}"]),
        ("seeds: {min: 9, max: [8, 64]}", ["seeds.max: found 8; allowed: at least 9, min"]),
        ("seeds: {min: 2, max: [8, x]}", [f"seeds.max.1: found 'x'; {WHOLE}"]),
        ("seeds: {min: 2, max: [8.0, 9, true]}",
         [f"seeds.max.0: found 8.0; {WHOLE}", f"seeds.max.2: found true; {WHOLE}"]),
        ("seeds: {min: 2, max: [8, [9]]}", [f"seeds.max.1: found a list; {WHOLE}"]),
        ("seeds: {min: 2, max: [0, 10001]}",
         [f"seeds.max.0: found 0; {WHOLE}", f"seeds.max.1: found 10001; {WHOLE}"]),
        ("seeds: {min: 2, max: [!!int 8]}",
         ["seeds.max.0: found the tag !!int; tags are not allowed"]),
        ("seeds: {min: x, max: [y, z]}",
         [f"seeds.min: found 'x'; {WHOLE}", f"seeds.max.0: found 'y'; {WHOLE}",
          f"seeds.max.1: found 'z'; {WHOLE}"]),
        ("seeds: {min: [2], max: 8}", [f"seeds.min: found a list; {WHOLE}"]),
        ("seeds: {mn: 8, max: 9}",
         ["seeds.mn: unknown key; allowed: min, max; did you mean 'min'?",
          "seeds.min: missing; it is a bound"]),
        ("seeds: {8: 9, min: 1, max: 2}", ["seeds: found the key 8; a key must be text"]),
        ("seeds: [8, 64]", [f"seeds: found a list; {WHOLE}"]),
        ("seeds: many", [f"seeds: found 'many'; {WHOLE}"]),
    ],
)  # fmt: skip
def test_mistakes_in_seeds(seeds, expected):
    found = problems(f"dataset: moons\n{seeds}\n")
    assert sorted(found) == sorted(f"c.yaml:2: {message}" for message in expected)


@pytest.mark.parametrize(
    ("seeds", "looks"),
    [
        ("5", [5]),
        ("{min: 8, max: 64}", [8, 12, 18, 27, 41, 62, 64]),
        # From 64 the steps go on as if it were any other look.
        ("{min: 8, max: [64, 128]}", [8, 12, 18, 27, 41, 62, 64, 96, 128]),
        ("{min: 8, max: [20, 64]}", [8, 12, 18, 20, 30, 45, 64]),
        ("{min: 8, max: [8, 10, 11]}", [8, 10, 11]),
        ("{min: 1, max: 4}", [1, 2, 3, 4]),
    ],
)
def test_the_looks_at_a_study(seeds, looks):
    assert read(TEXT, f"seeds={seeds}").seeds.looks == tuple(looks)


@given(st.sets(st.integers(1, 300), min_size=2, max_size=5))
def test_who_goes_on_from_an_earlier_maximum_has_looked_as_before(numbers):
    least, *most = sorted(numbers)
    before = Seeds(least, most[0])
    for place in range(1, len(most)):
        after = Seeds(least, most[place], tuple(most[:place]))
        assert after.looks[: len(before.looks)] == before.looks
        assert sorted(set(after.looks)) == list(after.looks)
        assert {least, *most[: place + 1]} <= set(after.looks)
        for look, following in itertools.pairwise(after.looks):
            assert following <= -(-3 * look // 2)
            if following not in most:
                assert following == -(-3 * look // 2)
        before = after


def test_each_mistake_in_seeds_has_its_own_line():
    text = "dataset: moons\nseeds:\n  min: 0\n  max: -1\n  mx: 3\n"
    assert [problem.split(": ")[0] for problem in problems(text)] == [
        "c.yaml:3", "c.yaml:4", "c.yaml:5"
    ]  # fmt: skip


def test_a_grid_is_refused_by_the_most_seeds_it_may_have():
    text = TEXT.replace("width: 8", f"width: {list(range(1, 101))}")
    for most in ("10000", "[1, 10000]"):
        (problem,) = problems(text, f"seeds={{min: 1, max: {most}}}")
        assert "seeds 10,000" in problem
    read(text, "seeds={min: 1, max: 20}")


# Protocols


def test_protocols_make_an_axis():
    study = read(TEXT, "protocol=[own_rate, shared_rate, common_init]")
    assert study.axes == (
        Axis("activation", ("relu", "tanh")),
        Axis("protocol", ("own_rate", "shared_rate", "common_init")),
    )
    found = {
        (dict(s.labels)["activation"], dict(s.labels)["protocol"]):
        (s.network.init, s.one_rate) for s in study.settings
    }  # fmt: skip
    assert found == {
        ("relu", "own_rate"): ("he", False), ("tanh", "own_rate"): ("glorot", False),
        ("relu", "shared_rate"): ("he", True), ("tanh", "shared_rate"): ("glorot", True),
        ("relu", "common_init"): ("glorot", False), ("tanh", "common_init"): ("glorot", False),
    }  # fmt: skip
    assert all(s.training.learning_rate is None for s in study.settings)


def test_the_protocol_is_a_condition_and_never_an_arm_by_itself():
    study = read(TEXT, "protocol=[own_rate, shared_rate]", "network.depth=[1, 2]")
    assert study.arm_axes == {"activation"}
    assert study.condition(study.settings[0]) == (("depth", "1"), ("protocol", "own_rate"))
    without = read(TEXT, "claims=[]", "protocol=[own_rate, shared_rate]", "network.depth=[1, 2]")
    assert without.arm_axes == {"activation", "depth"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_protocol_is_no_axis(protocol):
    study = read(TEXT, f"protocol={protocol}")
    assert [axis.name for axis in study.axes] == ["activation"]
    row = PROTOCOLS[protocol]
    assert row.meaning
    assert {s.one_rate for s in study.settings} == {row.one_rate}
    if row.init:
        assert {s.network.init for s in study.settings} == {row.init}
    assert again(study) == study


def test_protocols_that_there_are_not():
    names = ", ".join(PROTOCOLS)
    assert problems(TEXT + "protocol: [own_rate, shared_rte, own_rate]\n") == [
        f"c.yaml:4: protocol.1: found 'shared_rte'; allowed: {names}; did you mean 'shared_rate'?",
        "c.yaml:4: protocol.2: own_rate is listed twice",
    ]


@pytest.mark.parametrize("rate", ["0.1", "[0.1, 0.2]", "[tuned, 0.1]"])
def test_protocols_and_auto_need_a_search(rate):
    text = TEXT + f"protocol: [own_rate, shared_rate]\ntraining: {{learning_rate: {rate}}}\n"
    assert sorted(problems(text)) == [
        "c.yaml:3: claims.0.to.train_loss: auto goes only with training.learning_rate: tuned; "
        "name targets",
        "c.yaml:4: protocol.1: shared_rate goes only with training.learning_rate: tuned",
    ]


def test_each_arm_s_own_rate_may_be_given():
    study = read(TEXT.replace("auto", "0.5") + "protocol: own_rate\n", GIVEN)
    assert study.tuning is None


# Targets by a rule


@pytest.mark.parametrize("metric", ["train_loss", "test_accuracy"])
def test_auto(metric):
    study = read(TEXT.replace("train_loss", metric))
    (claim,) = study.claims
    assert claim.auto
    assert (claim.metric, claim.targets) == (metric, ())
    in_words = {"train_loss": "training loss", "test_accuracy": "test accuracy"}[metric]
    assert claim.says == (f"relu reaches each target of its {in_words} in fewer updates than tanh")
    assert again(study) == study
    assert "auto" in config.resolved(study)


def test_named_targets_are_not_auto():
    assert not read(TEXT.replace("auto", "[0.5, 0.4]")).claims[0].auto


@pytest.mark.parametrize("targets", ["atuo", "[auto]", "[auto, 0.5]", "[]", "{auto: 1}"])
def test_what_stands_for_no_targets_is_auto_alone(targets):
    (problem,) = problems(TEXT.replace("auto", targets))[:1]
    assert problem.startswith("c.yaml:3: claims.0.to.train_loss")


# The primary claim

CLAIMS = """\
dataset: moons
network: {activation: [relu, tanh]}
claims:
  - {faster: relu, than: tanh, to: {train_loss: 0.5}, primary: %s}
  - {faster: tanh, than: relu, to: {train_loss: 0.5}, primary: %s}
  - {faster: tanh, than: relu, to: {train_loss: 0.4}, primary: %s}
"""


@pytest.mark.parametrize("which", [None, 0, 1, 2])
def test_one_claim_may_be_primary(which):
    marks = tuple(str(i == which).lower() for i in range(3))
    study = read(CLAIMS % marks)
    assert [claim.primary for claim in study.claims] == [i == which for i in range(3)]
    assert again(study) == study


def test_two_primary_claims_are_none():
    assert problems(CLAIMS % ("false", "true", "true")) == [
        "c.yaml:6: claims.2.primary: claim 2 is the primary one; allowed: at most one"
    ]
    assert len(problems(CLAIMS % ("true", "true", "true"))) == 2


@pytest.mark.parametrize("value", ["1", "yes", "''", "[true]"])
def test_primary_is_true_or_false(value):
    (problem,) = problems(CLAIMS % (value, "false", "false"))
    assert problem.startswith("c.yaml:4: claims.0.primary: found ")
    assert problem.endswith("; allowed: true or false")


# All of it, written and read again


@pytest.mark.parametrize("init", ["matched", "he", "[matched, he]", "[he, glorot]"])
@pytest.mark.parametrize(
    "protocol",
    ["own_rate", "shared_rate", "common_init", "[own_rate, common_init]",
     "[shared_rate, common_init]", "[common_init, own_rate]",
     "[own_rate, shared_rate, common_init]"],
)  # fmt: skip
@pytest.mark.parametrize("activation", ["[relu, tanh]", "[relu, leaky_relu]"])
def test_resolved_studies_are_read_as_equal_ones(init, protocol, activation):
    text = TEXT.replace("[relu, tanh]", activation)
    text = text.replace("than: tanh", f"than: {activation.split(', ')[1][:-1]}, primary: true")
    study = read(text, f"network.init={init}", f"protocol={protocol}", "seeds={min: 8, max: 20}")
    assert again(study) == study
    assert config.resolved(again(study)) == config.resolved(study)
