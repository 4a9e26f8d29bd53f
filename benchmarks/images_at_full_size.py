"""What images at full size take: the memory of all processes, and the gathering of batches.

    python benchmarks/images_at_full_size.py [--images cifar10.npz]

Without CIFAR-10 (`make_images_npz.py` makes the file) as many images of random bytes take its
place. The real command trains a convolutional net on all of them with two workers, and the memory
of all its processes together is sampled; then one process trains a fleet of runs, each on batches
of its own, and gathering these is timed for itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from sampled import ROOT, run
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(ROOT))

from experiments import datasets
from experiments.config import loads
from experiments.execution.fleets import cut
from experiments.nn.batches import Batches
from experiments.nn.examples import Examples
from experiments.nn.training import train
from experiments.records import Dataset, Fleet

MEMORY_MB, GATHERING = 2000, 5
"""The most megabytes of all processes, and the most percent of an update that gathering takes."""

TEXT = """
dataset: {{name: cifar10, path: {path}}}
network:
  layers:
    - [conv 16 5x5, max_pool 2, conv 16 5x5, max_pool 2, conv 32 5x5, max_pool 2]
  activation: [relu, tanh]
training: {{learning_rate: 0.01, epochs: {epochs}, batch_size: 128}}
evaluation: {{examples: 1}}
seeds: 4
"""
EPOCHS = 0.05
UPDATES, ROUNDS = 12, 5


def random_images(path: Path) -> None:
    """Write as many images as CIFAR-10 has, of random bytes."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 50_000), ("test", 10_000)):
        arrays[f"x_{part}"] = rng.integers(256, size=(count, 3, 32, 32), dtype=np.uint8)
        arrays[f"y_{part}"] = np.arange(count) % 10
    np.savez(path, **arrays)


def memory(images: Path, folder: Path) -> float:
    """Return the most megabytes of all processes that train on all images with two workers."""
    config = folder / "images.yaml"
    config.write_text(TEXT.format(path=images.as_posix(), epochs=EPOCHS), encoding="utf-8")
    return run(config, str(folder / "results"), "--jobs", "2", "--anyway")[1]


def gathering(images: Path) -> tuple[float, float]:
    """Return the milliseconds of gathering a run's batch, and of its whole update.

    Every run has a seed of its own, so that no two share what is gathered. Of both the median of
    some rounds in turn.
    """
    study = loads(TEXT.format(path=images.as_posix(), epochs=1), "images")
    relu = study.settings[0]
    runs = [relu.run("evaluation", seed, 0.01) for seed in range(4)]
    epochs = UPDATES * 128 / datasets.shape(relu.data).train
    runs = [replace(r, training=replace(r.training, epochs=epochs)) for r in runs]
    fleet = cut(runs)[0]
    loaded = [datasets.load(r.data, r.stream, r.seed, "float32") for r in fleet.runs]
    found = [(_gathering(fleet, loaded), _update(fleet, loaded)) for _ in range(ROUNDS)]
    return tuple(1000 * np.median(found, axis=0) / len(fleet.runs))


def _gathering(fleet: Fleet, loaded: list[Dataset]) -> float:
    batches = Batches(Examples(loaded, "float32"), fleet.first_of_seeds)
    next(batches)  # draws the order of the epoch
    started = time.perf_counter()
    for _ in islice(batches, UPDATES):
        pass
    return (time.perf_counter() - started) / UPDATES


def _update(fleet: Fleet, loaded: list[Dataset]) -> float:
    hardly = replace(loaded[0].shape, validation=0, test=1)  # evaluated on next to nothing
    with threadpool_limits(1, user_api="blas"):
        traces = train(fleet, [replace(data, shape=hardly) for data in loaded])
    return sum(trace.seconds for trace in traces) / int(traces[0].updates[-1])


def main() -> int:
    """Measure, print a table, and return 1 if a bar is missed."""
    command = argparse.ArgumentParser()
    command.add_argument("--images", type=Path, help="CIFAR-10 as an .npz file")
    images = command.parse_args().images
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if images is None:
            images = folder / "random.npz"
            random_images(images)
        megabytes = memory(images.absolute(), folder)
        gathered, update = gathering(images.absolute())
    share = 100 * gathered / update
    print(f"memory of all processes   {megabytes:8.4g} MB   at most {MEMORY_MB}")
    print(f"gathering a run's batch   {gathered:8.3g} ms")
    print(f"a run's update            {update:8.3g} ms")
    print(f"share of gathering        {share:8.3g} %    at most {GATHERING}")
    return int(megabytes > MEMORY_MB or share > GATHERING)


if __name__ == "__main__":
    sys.exit(main())
