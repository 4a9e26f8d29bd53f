"""What an update of each setting costs, by the clocks that need no measuring."""

from __future__ import annotations

from experiments import datasets
from experiments.nn.cost import per_update
from experiments.nn.schedule import updates_per_epoch
from experiments.study import Setting, Study


def update_costs(study: Study) -> dict[Setting, dict[str, float]]:
    """Return the cost of an update by each clock, of a study that has claims of times.

    A setting of which another parameter is searched beside the rate has one at each value of it.
    """
    if not study.targets:
        return {}
    found = {}
    for setting in study.variants:
        shape = datasets.shape(setting.data)
        found[setting] = {
            "epochs": 1 / updates_per_epoch(setting.training, shape),
            "multiplications": per_update(setting.run("evaluation", 0), shape),
        }
    return found
