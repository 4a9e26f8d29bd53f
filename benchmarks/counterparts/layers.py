"""PyTorch's counterpart of each layer: to compare a new one, add a row of LAYERS here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.nn.activations import ACTIVATIONS
from experiments.parameters import Choice


@dataclass(frozen=True)
class Layer:
    """The counterpart of one layer, and the networks with it that are compared."""

    says: str
    tried: tuple[Mapping[str, object], ...]  # what is special of each, see side_by_side.run_of


_PRELU, _TANH, _RELU, _SOFTMAX = (
    Choice.of(name, ACTIVATIONS) for name in ("prelu", "tanh", "relu", "softmax")
)
_IMAGES = ("conv 4 3x3", "max_pool 2", "conv 5 2x2 valid", "dense 6")


def _of_images(*layers: str, **given: object) -> dict[str, object]:
    return {"layers": layers, **given}


def _pooled(name: str) -> tuple[dict[str, object], ...]:
    """Return nets with windows that lie side by side, overlap, leave gaps, and follow another."""
    windows = ("1", "2", "3", "4", "2 stride 1", "3 stride 2", "2 stride 3")
    nets = [("conv 4 2x2", f"{name} {window}", "conv 3 2x2") for window in windows]
    nets.append(("conv 4 3x3", f"{name} 3 stride 1", f"{name} 2", "dense 5"))
    return tuple(_of_images(*net, activation=f) for net in nets for f in (_TANH, _RELU))


def _normalised(name: str) -> tuple[dict[str, object], ...]:
    return (
        {"normalisation": name},
        {"normalisation": name, "activation": (_PRELU, _TANH), "dropout": 0.3},
        _of_images(*_IMAGES, normalisation=name),
        _of_images(*_IMAGES, normalisation=name, activation=_PRELU, dropout=0.3),
    )


LAYERS = {
    "conv": Layer(
        "`Conv2d`; before it `ZeroPad2d` where padding and a stride come together",
        (
            *(
                _of_images(f"conv 4 {size}x{size} {padding}", f"conv 3 2x2 {padding}")
                for size in (1, 2, 3, 4, 5)
                for padding in ("", "valid")
            ),
            *(
                _of_images(f"conv 4 {size}x{size} stride {stride} {padding}", "conv 3 3x3 stride 2")
                for size in (1, 2, 3, 4)
                for stride in (2, 3)
                for padding in ("", "valid")
            ),
            _of_images("conv 4 9x9", "conv 3 3x3", "conv 5 1x1", activation=_RELU),
            _of_images("conv 4 8x8 valid", "conv 3 2x2"),
            _of_images("conv 4 3x3", "conv 5 3x3", trainable="output"),
            _of_images(*_IMAGES, weight_decay=0.1, clipping=0.2, label_smoothing=0.1),
        ),
    ),
    "max_pool": Layer("`MaxPool2d`", _pooled("max_pool")),
    "average_pool": Layer("`AvgPool2d`", _pooled("average_pool")),
    "flatten": Layer(
        "`Flatten`",
        (
            _of_images("conv 4 3x3", "flatten", "dense 6"),
            _of_images("conv 4 3x3", "max_pool 2", "flatten"),
            _of_images("flatten", "dense 6"),
        ),
    ),
    "dense": Layer(
        "`Linear`",
        (
            {"widths": ()}, {"widths": (9, 8, 7)}, {"trainable": "output"},
            _of_images("conv 4 3x3", "dense 6", "dense 5"), _of_images("dense 6"),
        ),
    ),
    "batch_norm": Layer("`BatchNorm1d`, of images `BatchNorm2d`", _normalised("batch")),
    "layer_norm": Layer("`LayerNorm`", _normalised("layer")),
    "activation": Layer(
        "the function: one for each layer, and with slopes that units, or filters, learn",
        (
            {"activation": (_RELU, _TANH)}, {"activation": _PRELU}, {"activation": (_TANH, _PRELU)},
            _of_images(*_IMAGES, activation=_PRELU),
            _of_images(*_IMAGES, activation=(_PRELU, _SOFTMAX, _TANH)),
        ),
    ),
    "dropout": Layer(
        "`Dropout`, whose masks are given to both",
        (
            {"dropout": 0.2}, {"dropout": 0.5},
            _of_images(*_IMAGES, dropout=0.2), _of_images("conv 4 3x3", dropout=0.5),
        ),
    ),
}  # fmt: skip
