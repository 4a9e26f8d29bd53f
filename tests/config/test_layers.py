"""The layers of a network of images: how they are read, written, named, and what does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.config import ConfigError, layers, loads
from experiments.config.writing import resolved
from experiments.nn.layers.chain import LISTED, text_of
from experiments.parameters import Choice
from experiments.records import Image


def study(net, dataset="digits", more=""):
    return loads(f"dataset: {dataset}\nnetwork: {{layers: {net}{more}}}", "c")


def layer(name, **how):
    return Choice.of(name, LISTED, **how)


def test_a_network_is_written_layer_by_layer():
    (setting,) = study("[conv 8 3x3, max_pool 2, conv 16 5x5 stride 2 valid, flatten, dense 9]",
                       "fashion_mnist_mini").settings  # fmt: skip
    assert setting.network.layers == (
        layer("conv", filters=8, size=3),
        layer("max_pool", size=2),
        layer("conv", filters=16, size=5, stride=2, padding="valid"),
        layer("flatten"),
        layer("dense", units=9),
    )
    assert setting.network.widths == (8, 16, 9)  # of the hidden layers, which have the weights
    assert setting.labels == ()


@pytest.mark.parametrize(
    "text",
    ["conv 8 3x3", "conv 8 3", "conv 8 3x3 same", "conv 8 3x3 stride 1", "conv 8 stride 1 3x3"],
)
def test_one_layer_may_be_written_in_several_ways(text):
    assert study(f"[{text}]") == study("[conv 8 3x3]")


def test_a_list_of_lists_is_an_axis_named_by_its_layers_or_a_label():
    found = study(
        "[[conv 4 3x3], {label: deep, layers: [conv 4 3x3, conv 4 3x3]}, "
        "[conv 4 3x3, conv 5 3x3, conv 6 3x3, conv 7 3x3, conv 8 3x3, max_pool 2]]"
    )
    (axis,) = found.axes
    assert axis.name == "layers"
    assert axis.labels == (
        "conv 4 3x3",
        "deep",
        "conv 4 3x3, conv 5 3x3, conv 6 3x3, conv 7 3x3, conv 8 3x...",
    )
    assert [len(setting.network.widths) for setting in found.settings] == [1, 2, 5]
    assert loads(resolved(found), "c") == found


def test_an_arm_is_named_by_a_label_or_by_its_layers():
    net = "[{label: small, layers: [conv 2 3x3]}, [dense 8]]"
    found = loads(
        f"dataset: digits\nnetwork: {{layers: {net}}}\nclaims:\n"
        "- {faster: small, than: dense 8, to: {train_loss: 1}}\n",
        "c",
    )
    (claim,) = found.claims
    assert (claim.faster, claim.than) == ((("layers", "small"),), (("layers", "dense 8"),))


_LAYERS = st.lists(
    st.one_of(
        st.builds(
            layer,
            st.just("conv"),
            filters=st.integers(1, 9),
            size=st.integers(1, 4),
            stride=st.integers(1, 2),
            padding=st.sampled_from(["same", "valid"]),
        ),
        st.builds(
            layer,
            st.sampled_from(["max_pool", "average_pool"]),
            size=st.integers(1, 3),
            stride=st.integers(0, 2),
        ),
        st.just(layer("flatten")),
        st.builds(layer, st.just("dense"), units=st.integers(1, 9)),
    ),
    min_size=1,
    max_size=5,
)


@given(_LAYERS)
def test_what_is_written_is_read_again_and_fits_or_says_what_does_not(chosen):
    texts = [text_of(one) for one in chosen]
    (level,) = layers.axis(texts)
    assert level.value == tuple(chosen)
    image = Image(1, 8, 8)
    wrong = layers.wrong_layers(chosen, image)
    if wrong is None:
        found = study(str(texts).replace("'", ""))
        assert loads(resolved(found), "c") == found
        assert found.settings[0].network.layers == tuple(chosen)
    else:
        with pytest.raises(ConfigError) as told:
            study(str(texts).replace("'", ""))
        assert f"network.layers.{wrong[0]}: " in str(told.value)


_ALLOWED = (
    "conv FILTERS SIZExSIZE [stride STEP] [valid], max_pool SIZE [stride STEP], average_pool SIZE "
    "[stride STEP], flatten, dense UNITS"
)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        ("[conf 8 5x5]",
         f"layers.0: found 'conf 8 5x5'; allowed: {_ALLOWED}; did you mean 'conv'?"),
        ("[conv 8 3x3, 7]", f"layers.1: found 7; allowed: {_ALLOWED}"),
        ("[conv 8]", "layers.0: found 'conv 8'; allowed: conv FILTERS SIZExSIZE [stride STEP] "
         "[valid]"),
        ("[conv 8 3x4]", "layers.0: found 'conv 8 3x4'; allowed: conv FILTERS SIZExSIZE"),
        ("[conv 8 3x3 stride]", "layers.0: found 'conv 8 3x3 stride'; allowed: conv FILTERS"),
        ("[conv 8 3x3 3 4]", "layers.0: found 'conv 8 3x3 3 4'; allowed: conv FILTERS SIZE"),
        ("[conv 8 3x3 valid same]", "layers.0: found 'conv 8 3x3 valid same'; allowed: conv"),
        ("[conv 0 3x3]", "layers.0: found 'conv 0 3x3': its filters is 0; allowed: a whole number "
         "at least 1 and at most 4,096"),
        ("[dense 4 4]", "layers.0: found 'dense 4 4'; allowed: dense UNITS"),
        ("[flatten 2]", "layers.0: found 'flatten 2'; allowed: flatten"),
        ("conv 8 3x3", "layers: found 'conv 8 3x3'; allowed: 1 to 100 layers, such as"),
        ("[]", "layers: found an empty list; allowed: a value, or a list of values"),
        ("{layers: [conv 8 3x3], name: x}", "layers.name: unknown key; allowed: layers, label"),
        ("{label: x}", "layers.layers: missing"),
        ("[[conv 8 3x3], [conv 8 3]]", "layers.1: conv 8 3x3 is listed twice"),
        ("[[conv 8 3x3], none]", "layers.1: found none beside layers; write a network of units"),
        ("[max_pool 2]", "layers.0: max_pool 2 comes first; allowed: a layer with weights"),
        ("[dense 4, conv 2 3x3]", "layers.1: conv 2 3x3 needs an image, and dense 4 leaves units"),
        ("[conv 2 3x3, max_pool 9]", "layers.1: max_pool 9 does not fit into an image of 8 x 8"),
        ("[conv 2 9x9 valid]", "layers.0: conv 2 9x9 valid does not fit into an image of 8 x 8"),
        ("{tuned: [[dense 4], [dense 5]]}", "layers.tuned: cannot be tuned beside"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_told_with_its_place(net, message):
    with pytest.raises(ConfigError) as told:
        study(net)
    assert f":2: network.{message}" in str(told.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (", depth: 3", "network.depth: says nothing where network.layers tells the layers; leave"),
        (", width: 3", "network.width: says nothing where network.layers tells the layers; leave"),
        (", activation: relu-tanh", "network.activation: relu-tanh has 2 layers, but "
         "network.layers has 1 with weights; make them agree"),
        (", init: lsuv", "network.init: lsuv looks at data, which it cannot do with "
         "network.layers"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_layers_is_told(more, message):
    with pytest.raises(ConfigError) as told:
        study("[conv 2 3x3]", more=more)
    assert message in str(told.value)


def test_data_that_are_no_images_are_told():
    with pytest.raises(ConfigError) as told:
        study("[conv 2 3x3]", "[digits, moons]")
    assert "network.layers.0: conv 2 3x3 needs an image, and moons has no images" in str(told.value)
    study("[dense 5]", "[digits, moons]")
