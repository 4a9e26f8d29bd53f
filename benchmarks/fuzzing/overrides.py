"""What may follow --set: keys and values, some of which fit the config and many of which do not."""

from __future__ import annotations

from hypothesis import strategies as st

from benchmarks.fuzzing.configs import SCALARS
from benchmarks.fuzzing.inputs import PLAN, Input, of_config

_BASE = """\
dataset: {name: moons, examples: 200}
network: {width: 4-4, activation: [relu, tanh]}
training: {learning_rate: 0.1, epochs: 1}
seeds: 8
claims:
  - {faster: relu, than: tanh, to: {train_loss: 0.5}, by: 2}
  - {measure: zeros, of: relu, at_least: 0.1}
"""

_PATHS = (
    "title", "dataset", "dataset.name", "dataset.examples", "dataset.noise", "network",
    "network.depth", "network.width", "network.activation", "network.activation.0",
    "network.dropout", "network.init_scale", "network.output", "training", "training.optimizer",
    "training.learning_rate", "training.batch_size", "training.epochs", "training.schedule",
    "training.weight_decay", "training.precision", "evaluation.at", "evaluation.examples",
    "evaluation.every", "evaluation.per_doubling", "tuning", "tuning.from", "tuning.to",
    "tuning.seeds", "tuning.extensions", "seeds", "seeds.min", "confidence", "diagnostics",
    "diagnostics.0", "article", "article.0", "claims", "claims.0", "claims.0.to",
    "claims.0.to.train_loss", "claims.1", "claims.1.at", "claims.00000000000000001.by", "claims.2",
    "claims.-1", "claims.0.by.x", "", ".", "..", "a..b", "=", " title ", "protocol", "x" * 5000,
    "claims." + "9" * 5000, "\x1b[31m",
)  # fmt: skip


_FITTING = (
    "title=a=b", "dataset=xor", "dataset.examples=100", "network.depth=1", "network.width=8",
    "network.width=[4, 8]", "network.activation=[tanh, relu, elu]", "network.dropout=[0, 0.1]",
    "training.learning_rate=tuned", "training.learning_rate=[0.1, 0.2]", "training.epochs=0.1",
    "training.optimizer=[sgd, adam]", "training.schedule=cosine", "training.precision=float64",
    "training.batch_size=1", "seeds={min: 8, max: 16}", "seeds=10000", "confidence=0.99",
    "claims=[]", "claims.0.by=1.5", "claims.0.to={train_loss: auto}", "claims.1.at=start",
    "diagnostics=[zeros]", "protocol=[own_rate, shared_rate]", "evaluation={every: 1}", "tuning={}",
)  # fmt: skip
"""What fits the config, or would with something else beside it."""


def overrides() -> st.SearchStrategy[Input]:
    """Draw what may follow --set, up to three times, on top of a config that is valid."""
    key = st.sampled_from(_PATHS) | st.text(st.characters(exclude_characters="\0"), max_size=20)
    value = (
        st.sampled_from(SCALARS)
        | st.text(max_size=30)
        | st.floats(width=64).map(str)
        | st.integers(-(10**19), 10**19).map(str)
    )
    fitting = st.sampled_from(_FITTING)
    one = fitting | st.tuples(key, st.sampled_from(("=", "=", "=", "=", "", " = ")), value).map(
        "".join
    )
    several = st.lists(one.filter(lambda text: "\0" not in text), min_size=1, max_size=3)
    return several.map(
        lambda found: of_config(_BASE, *PLAN, *(f"--set={override}" for override in found))
    )
