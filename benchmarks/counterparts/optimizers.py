"""PyTorch's counterpart of each optimizer and each schedule: to compare a new one, add a row here.

PyTorch's decay of weights is an option of its optimizers: that of AdamW shrinks the weights, that
of the others is the gradient of a penalty, as it is here. Its schedulers are stepped after each
update.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import LinearLR, LRScheduler, SequentialLR

from experiments.parameters import Choice

Parameters = Mapping[str, float | bool]


@dataclass(frozen=True)
class Optimizer:
    """The counterpart of one optimizer: `make(groups, lr, **parameters)`, all of the row's."""

    says: str
    make: Callable[..., torch.optim.Optimizer]
    tried: tuple[Parameters, ...] = ()  # beside the row's defaults


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2, line by line: PyTorch has none."""

    def __init__(self, groups, lr: float, beta1: float, beta2: float) -> None:
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0, "betas": (beta1, beta2)})

    @torch.no_grad()
    def step(self) -> None:
        """Make one update of all weights."""
        for group in self.param_groups:
            rate, (beta1, beta2) = group["lr"], group["betas"]
            for w in group["params"]:
                if w.grad is None:
                    continue
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                c = beta1 * m + (1 - beta1) * w.grad
                w.sub_(rate * (torch.sign(c) + group["weight_decay"] * w))
                m.copy_(beta2 * m + (1 - beta2) * w.grad)


def _adam(make: type[torch.optim.Optimizer]) -> Callable[..., torch.optim.Optimizer]:
    """Return how one of Adam's family is made from parameters as a row here names them."""

    def made(groups, lr: float, beta1: float, beta2: float, epsilon: float, **parameters):
        return make(groups, lr=lr, betas=(beta1, beta2), eps=epsilon, **parameters)

    return made


_MOMENTS: Parameters = {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4}

OPTIMIZERS = {
    "sgd": Optimizer(
        "`SGD`",
        torch.optim.SGD,
        tried=({"momentum": 0.0}, {"momentum": 0.9, "nesterov": True}),
    ),
    "rmsprop": Optimizer(
        "`RMSprop`",
        lambda groups, lr, decay, epsilon: torch.optim.RMSprop(
            groups, lr=lr, alpha=decay, eps=epsilon
        ),
        tried=({"decay": 0.99, "epsilon": 1e-4},),
    ),
    "adam": Optimizer("`Adam`", _adam(torch.optim.Adam), tried=(_MOMENTS,)),
    "adamw": Optimizer("`AdamW`", _adam(torch.optim.AdamW), tried=(_MOMENTS,)),
    "nadam": Optimizer(
        "`NAdam`", _adam(torch.optim.NAdam), tried=(_MOMENTS | {"momentum_decay": 0.1},)
    ),
    "adagrad": Optimizer(
        "`Adagrad`",
        lambda groups, lr, epsilon: torch.optim.Adagrad(groups, lr=lr, eps=epsilon),
        tried=({"epsilon": 1e-4},),
    ),
    "lion": Optimizer(
        "algorithm 2 of Chen et al. 2023, in its tensors",
        Lion,
        tried=({"beta1": 0.95, "beta2": 0.98},),
    ),
}


@dataclass(frozen=True)
class Schedule:
    """The counterpart of one schedule: `make(optimizer, updates, **parameters)`, no warm-up."""

    says: str
    make: Callable[..., LRScheduler]
    tried: tuple[Parameters, ...] = ()  # beside the row's defaults


def _stages(optimizer: torch.optim.Optimizer, updates: int, stages: int, drop: float):
    begins = [-(-k * updates // stages) for k in range(1, stages)]  # rounded up
    return lr_scheduler.MultiStepLR(optimizer, begins, gamma=drop)


def _cosine(optimizer: torch.optim.Optimizer, updates: int, end: float):
    lowest = end * optimizer.defaults["lr"]  # a warm-up has changed that of the groups
    return lr_scheduler.CosineAnnealingLR(optimizer, T_max=updates, eta_min=lowest)


SCHEDULES = {
    "constant": Schedule(
        "`ConstantLR`", lambda optimizer, updates: lr_scheduler.ConstantLR(optimizer, factor=1.0)
    ),
    "step": Schedule("`MultiStepLR`", _stages, tried=({"stages": 7, "drop": 0.6},)),
    "cosine": Schedule("`CosineAnnealingLR`", _cosine, tried=({"end": 0.1},)),
    "linear": Schedule(
        "`LinearLR`",
        lambda optimizer, updates, end: LinearLR(
            optimizer, start_factor=1.0, end_factor=end, total_iters=updates
        ),
        tried=({"end": 0.1},),
    ),
}
WARM_UP = "`LinearLR`, joined by `SequentialLR`"
"""The counterpart of a warm-up."""


def scheduler(optimizer: torch.optim.Optimizer, schedule: Choice, updates: int) -> LRScheduler:
    """Return the counterpart of a schedule for a run of so many updates, warm-up included."""
    parameters = schedule.arguments
    warm = round(parameters.pop("warmup") * updates)
    rising = warm and LinearLR(
        optimizer, start_factor=1 / warm, end_factor=1.0, total_iters=warm - 1
    )
    after = SCHEDULES[schedule.name].make(optimizer, updates - warm, **parameters)
    return SequentialLR(optimizer, [rising, after], milestones=[warm]) if warm else after
