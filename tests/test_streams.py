import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.streams import generator

names = st.lists(st.one_of(st.text(max_size=5), st.integers(0, 2**40)), max_size=3)
components = st.tuples(st.text(max_size=5), st.integers(0, 2**70), names)


def draw(stream, seed, *names):
    return generator(stream, seed, *names).integers(2**63, size=3).tolist()


@given(components, components)
def test_streams_agree_exactly_where_their_components_do(one, other):
    same = draw(*one[:2], *one[2]) == draw(*other[:2], *other[2])
    assert same == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("evaluation", 1), ("tuning", 1)),
        (("evaluation", 1), ("evaluation", 1, 0)),  # SeedSequence([1]) is SeedSequence([1, 0])
        (("evaluation", 1, 2), ("evaluation", 1, "2")),
        (("evaluation", 2**32 + 5), ("evaluation", 5, 1)),
        (("evaluation", 1, "ab", "c"), ("evaluation", 1, "a", "bc")),
        (("evaluation", 1, "a", "b"), ("evaluation", 1, "b", "a")),
    ],
)
def test_components_that_look_alike_give_different_streams(one, other):
    assert draw(*one) != draw(*other)


def test_integers_of_numpy_count_as_integers():
    assert draw("evaluation", np.int64(3), "layer", np.uint8(2)) == draw(
        "evaluation", 3, "layer", 2
    )


def test_each_call_starts_the_stream_anew():
    assert draw("evaluation", 0, "data") == draw("evaluation", 0, "data")


def test_streams_do_not_depend_on_the_process():
    program = (
        "from experiments.streams import generator;"
        "print(generator('evaluation', 7, 'split', 2).integers(2**63, size=3).tolist())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == str(draw("evaluation", 7, "split", 2))


def test_the_draws_are_those_of_earlier_versions():
    # Changing them would make every stored run unrepeatable.
    assert draw("evaluation", 0, "split") == [
        3370585501627581459,
        369108320478044012,
        4293127555226787196,
    ]


def test_negative_seeds_are_rejected():
    with pytest.raises(ValueError, match="whole number from 0, not -1"):
        generator("evaluation", -1)


@pytest.mark.parametrize("arguments", [("evaluation", 1.5), ("evaluation", 1, 1.5)])
def test_components_other_than_names_and_whole_numbers_are_rejected(arguments):
    with pytest.raises(TypeError):
        generator(*arguments)
