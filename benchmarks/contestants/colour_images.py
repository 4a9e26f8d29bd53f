"""Colour images as large as those of CIFAR-10, made of the images that the project has."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from experiments.data import fashion

EXAMPLES = 2000
"""So few that four seeds' standardised images fit into a fleet."""

_SIZE, _EDGE = 32, 2  # rows and columns, of which so many at each side are 0


@cache
def file() -> Path:
    """Write the images to an .npz file, which goes with the process, and return its path.

    x (N, 32, 32, 3) uint8 are Fashion-MNIST's in black around; the planes are the image itself,
    turned upside down and turned left to right, so that they differ.
    """
    folder = Path(tempfile.mkdtemp(prefix="colour-images-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    pool = fashion.read(fashion.FILE)
    grey = pool.inputs[:EXAMPLES].reshape(EXAMPLES, _SIZE - 2 * _EDGE, -1)
    grey = np.pad(grey, ((0, 0), (_EDGE, _EDGE), (_EDGE, _EDGE)))
    path = folder / "colour_images.npz"
    images = np.stack([grey, grey[:, ::-1], grey[:, :, ::-1]], axis=-1)
    np.savez(path, x=images, y=pool.labels[:EXAMPLES])
    return path
