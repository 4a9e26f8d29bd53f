"""What networks, data and training a study's answers hold for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from experiments.analysis.results import Results
from experiments.nn.layers.chain import text_of
from experiments.nn.optimizers import OPTIMIZERS
from experiments.records import CONSTANT, Network, Training
from experiments.report.words.labels import data, either, row
from experiments.study import Setting, Study


def conditions(study: Study) -> str:
    """Say what networks and training a study's answers hold for."""

    def each(read: Callable[[Setting], str]) -> str:
        return " or ".join(dict.fromkeys(read(setting) for setting in study.variants))

    trained = (
        each(lambda s: row(s.training.optimizer)),
        f"batches of {each(lambda s: str(s.training.batch_size))}",
        f"{each(lambda s: f'{s.training.epochs:g}')} epochs",
        *_tricks(study, each),
    )
    if not any(s.training.epochs for s in study.settings):
        trained = ()
    return "; ".join(
        (
            each(lambda s: data(s.data)),
            _architectures(study),
            f"output {each(lambda s: s.network.output)}",
            *trained,
        )
    )


def _tricks(study: Study, each: Callable[[Callable[[Setting], str]], str]) -> Iterator[str]:
    """Write what training has beside its rule, where it is asked for."""
    trained = [setting.training for setting in study.variants]
    if any(t.schedule != CONSTANT for t in trained):
        yield f"rates by {each(lambda s: row(s.training.schedule))}, named by their peak"
    if any(t.weight_decay for t in trained):
        decay = each(lambda s: f"{s.training.weight_decay:g}")
        yield f"weight decay {decay} without the biases, {_way_of_decay(trained)}"
    if any(t.clipping is not None for t in trained):
        yield f"gradients clipped to a norm of {each(lambda s: _limit(s.training.clipping))}"
    if any(t.label_smoothing for t in trained):
        smoothing = each(lambda s: f"{s.training.label_smoothing:g}")
        yield f"label smoothing {smoothing}, of what is learned from alone"


def _way_of_decay(trained: Sequence[Training]) -> str:
    names = dict.fromkeys(training.optimizer.name for training in trained)
    decoupled = [name for name in names if OPTIMIZERS[name].decoupled]
    if not decoupled:
        return "in the gradient"
    others = ", in the gradient with the others" if len(decoupled) < len(names) else ""
    return f"decoupled with {either(decoupled)}{others}"


def _limit(clipping: float | None) -> str:
    return "any size" if clipping is None else f"{clipping:g}"


def _architectures(study: Study) -> str:
    """Write the hidden layers of all settings, in short where they are a grid."""
    if any(setting.network.layers for setting in study.variants):
        return " or ".join(dict.fromkeys(_written(s.network) for s in study.variants))
    found = list(dict.fromkeys(setting.network.widths for setting in study.variants))
    even = all(len(set(widths)) == 1 for widths in found)
    depths, sizes = {len(widths) for widths in found}, {w for widths in found for w in widths}
    if len(found) < 4 or not even or len(found) < len(depths) * len(sizes):
        return " or ".join(map(_layers, found))
    layers = "hidden layer" if depths == {1} else "hidden layers"
    return f"{either(sorted(depths))} {layers} of {either(sorted(sizes))} units"


def _written(network: Network) -> str:
    listed = ", ".join(map(text_of, network.layers))
    return f"layers {listed}" if listed else _layers(network.widths)


def _layers(widths: tuple[int, ...]) -> str:
    if not widths:
        return "no hidden layer"
    layers = f"{len(widths)} hidden layer{'s' if len(widths) > 1 else ''}"
    if len(set(widths)) == 1:
        return f"{layers} of {widths[0]} units"
    return f"{layers} of {'-'.join(map(str, widths))} units"


def learning(results: Results) -> str:
    """Say what learning rates a study's answers hold for."""
    if results.tuned:
        second = results.study.tuning.second
        also = f" and {second.name.replace('_', ' ')}" if second else ""
        return f"and learning rates{also} tuned for each arm"
    return "and learning rates as given" if results.study.trains else "and nothing trained"
