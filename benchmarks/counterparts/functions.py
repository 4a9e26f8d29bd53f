"""PyTorch's counterpart of each activation: to compare a new one, add a row here.

Functions read pre-activations with the units as the second axis, (B, H), or of images the planes,
(B, P, rows, columns). A function of PyTorch is named; what it does not have is composed of what it
has, and its gradient is autograd's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Parameters = Mapping[str, float]


@dataclass(frozen=True)
class Function:
    """The counterpart of one activation.

    `call(z, **parameters)` is given all parameters of the activation's row, those that are learned
    as tensors. It is compared at the row's defaults and at each of the parameters that are `tried`.
    """

    says: str
    call: Callable[..., Tensor]
    composed: bool = False  # of PyTorch's functions, rather than one of them
    note: str = ""  # where it is not quite the same
    tried: tuple[Parameters, ...] = ()


def _straight_through(z: Tensor) -> Tensor:
    return torch.heaviside(z.detach(), z.new_zeros(())) + (z - z.detach())


def _silu(z: Tensor, beta: float) -> Tensor:
    return functional.silu(z) if beta == 1 else z * torch.sigmoid(beta * z)


FUNCTIONS = {
    "step": Function("relu(sign(z))", lambda z: functional.relu(torch.sign(z)), composed=True),
    "linear": Function("Identity()(z)", torch.nn.Identity()),
    "sigmoid": Function("sigmoid(z)", torch.sigmoid),
    "tanh": Function("tanh(z)", torch.tanh),
    "softmax": Function("softmax(z, dim=1)", lambda z: functional.softmax(z, dim=1)),
    "straight_through_step": Function(
        "heaviside(z.detach(), 0) + (z - z.detach())", _straight_through, composed=True
    ),
    "sigmoid_centred": Function(
        "sigmoid(z) - 0.5", lambda z: torch.sigmoid(z) - 0.5, composed=True
    ),
    "tanh_shifted": Function("tanh(z) + 1", lambda z: torch.tanh(z) + 1, composed=True),
    "relu": Function("relu(z)", functional.relu),
    "leaky_relu": Function(
        "leaky_relu(z, slope)",
        lambda z, slope: functional.leaky_relu(z, slope),
        tried=({"slope": 0.0}, {"slope": 0.3}),
    ),
    "prelu": Function(
        "prelu(z, slope)", lambda z, slope: functional.prelu(z, slope), tried=({"slope": 0.0},)
    ),
    "relu6": Function("relu6(z)", functional.relu6),
    "squared_relu": Function(
        "relu(z).square()", lambda z: functional.relu(z).square(), composed=True
    ),
    "softplus": Function(
        "softplus(z)", functional.softplus, note="PyTorch's is z from 20 on, here from 40 on."
    ),
    "elu": Function(
        "elu(z, alpha)", lambda z, alpha: functional.elu(z, alpha), tried=({"alpha": 0.3},)
    ),
    "selu": Function("selu(z)", functional.selu),
    "celu": Function(
        "celu(z, alpha)",
        lambda z, alpha: functional.celu(z, alpha),
        tried=({"alpha": 0.3},),
        note="PyTorch's gradient takes alpha in single precision: at alpha 0.3 and z = -1/2 it is "
        "5e-9 above exp(z / alpha), and this project's is not.",
    ),
    "gelu": Function("gelu(z)", functional.gelu),
    "gelu_tanh": Function(
        'gelu(z, approximate="tanh")', lambda z: functional.gelu(z, approximate="tanh")
    ),
    "silu": Function(
        "silu(z)",
        _silu,
        tried=({"beta": 0.0}, {"beta": 1.702}),
        note="PyTorch's has no beta: with one that is not 1 it is composed, z * sigmoid(beta * z).",
    ),
    "mish": Function("mish(z)", functional.mish),
    "hard_swish": Function("hardswish(z)", functional.hardswish),
    "softsign": Function("softsign(z)", functional.softsign),
    "hard_tanh": Function("hardtanh(z)", functional.hardtanh),
    "hard_sigmoid": Function(
        "hardsigmoid(z)",
        functional.hardsigmoid,
        note="PyTorch's gradient takes 1/6 in single precision, which is 5e-9 more.",
    ),
    "scaled_tanh": Function(
        "1.7159 * tanh(2 * z / 3)", lambda z: 1.7159 * torch.tanh(2 * z / 3), composed=True
    ),
    "sine": Function(
        "sin(frequency * z)",
        lambda z, frequency: torch.sin(frequency * z),
        composed=True,
        tried=({"frequency": 2.0},),
    ),
    "gaussian": Function("exp(-z.square())", lambda z: torch.exp(-z.square()), composed=True),
}
