"""Arms are told apart in every study, and look the same in all of them."""

import subprocess
import sys

from analysis.helpers import read
from hypothesis import given
from hypothesis import strategies as st

from experiments.nn.activations import ACTIVATIONS
from experiments.nn.optimizers import OPTIMIZERS
from experiments.protocols import PROTOCOLS
from experiments.report.looks_of_arms import (
    EVERY,
    Look,
    look,
    looks,
    name_of,
    of_number,
    own_number,
)

ROWS = [
    *((("activation", name),) for name in ACTIVATIONS),
    *((("activation", f"leaky_relu(slope=0.{n})"),) for n in range(1, 10)),
    *((("width", str(n)),) for n in range(1, 40)),
    *((("width", str(n)), ("activation", "relu")) for n in range(1, 10)),
]
arms = st.lists(st.sampled_from(ROWS), min_size=1, max_size=EVERY, unique=True)


def study_of(*activations):
    text = ", ".join(activations)
    return read(
        f"""
        dataset: moons
        network: {{activation: [{text}], width: 8}}
        seeds: 6
        claims: [{{faster: {activations[0]}, than: {activations[1]}, to: {{train_loss: 0.5}}}}]
        """
    )


@given(arms)
def test_no_two_arms_are_alike_neither_as_lines_nor_as_markers(chosen):
    found = looks(chosen)
    assert list(found) == [name_of(arm) for arm in chosen]
    assert len({(one.colour, one.dash) for one in found.values()}) == len(chosen)
    assert len({(one.colour, one.marker) for one in found.values()}) == len(chosen)


@given(arms)
def test_an_arm_keeps_its_own_look_unless_an_earlier_one_has_it(chosen):
    found = looks(chosen)
    seen = set()
    for arm in chosen:
        kept = found[name_of(arm)] == of_number(own_number(arm))
        assert kept is (own_number(arm) not in seen)
        seen.add(own_number(arm))


def test_the_known_rows_are_all_told_apart():
    for axis, table in (("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS),
                        ("protocol", PROTOCOLS)):  # fmt: skip
        numbers = [own_number(((axis, name),)) for name in table]
        assert sorted(numbers) == list(range(len(table)))


def test_an_arm_looks_the_same_whichever_others_stand_beside_it():
    few, more = look(study_of("relu", "tanh")), look(study_of("mish", "tanh", "relu", "elu"))
    assert few["relu"] == more["relu"] == Look("#0072B2", (), "circle")
    assert few["tanh"] == more["tanh"]
    assert more["mish"].dash  # there are more functions than colours


def test_of_one_row_with_several_parameters_the_first_keeps_the_rows_look():
    names = [f"{{name: leaky_relu, slope: {slope}}}" for slope in (0.1, 0.3)]
    study = read(
        f"""
        dataset: moons
        network: {{activation: [relu, {", ".join(names)}], width: 8}}
        seeds: 6
        claims: []
        """
    )
    found = look(study)
    assert list(found) == ["relu", "leaky_relu(slope=0.1)", "leaky_relu(slope=0.3)"]
    assert found["leaky_relu(slope=0.1)"] == looks([(("activation", "leaky_relu"),)])["leaky_relu"]
    assert found["leaky_relu(slope=0.3)"].dash == ()


def test_a_study_without_arms_has_one_look():
    study = read("dataset: moons\nseeds: 6\n")
    assert list(look(study)) == ["all runs"]


def test_more_arms_than_looks_begin_again():
    many = [(("width", str(n)),) for n in range(EVERY + 5)]
    found = looks(many)
    assert len(found) == EVERY + 5
    assert len(set(found.values())) == EVERY


def test_it_knows_nothing_of_what_draws():
    code = "import sys, experiments.report.looks_of_arms; print('matplotlib' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
