"""The convolution: every filter looks at every place of an image, with the same weights.

One product of matrices for each row that is written, see `patches`, is the whole layer; those of
the first layer are shared by all variants of a seed. The gradient for the inputs is the same with
the kernel turned round, of the gradient for the outputs; where a stride leaves places out, there
are zeros between these.

Weights are (filters, planes size size + 1), as those of a dense layer that reads one place: planes,
then the rows and columns of the kernel, the bias last.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.nn.layers.patches import Patches
from experiments.nn.layers.record import Calls, Layer, Place, Site, as_image
from experiments.nn.weights import WEIGHTS, product
from experiments.parameters import Parameter, Scalar
from experiments.records import Image

SAME, VALID = "same", "valid"


def _makes(image: Image, filters: int, size: int, stride: int, padding: str) -> Image:
    """Return the shape of the output; rows and columns are below 1 where the image is too small."""
    around = size - 1 if padding == SAME else 0
    rows, columns = ((n + around - size) // stride + 1 for n in (image.rows, image.columns))
    return Image(filters, rows, columns)


def _before(how: Mapping[str, Scalar]) -> int:
    """Return how many zeros lie above and to the left of an image; below and right the others."""
    return (how["size"] - 1) // 2 if how["padding"] == SAME else 0


def _fans(place: Place) -> tuple[int, int, int]:
    """Return inputs, outputs, and how many outputs an input has: its planes times the kernel."""
    kernel = place.how["size"] ** 2
    return place.reads.planes * kernel, place.writes.planes, place.writes.planes * kernel


def _forward(site: Site) -> Calls:
    place, calls = site.place, []
    read, size, before = place.reads, place.how["size"], _before(place.how)
    if site.x is not None:
        x = as_image(read, site.x)
    else:
        x = np.empty((site.seeds, read.rows, read.planes, read.columns, site.y.shape[-1]),
                     site.y.dtype)  # fmt: skip

        def turn(inputs: np.ndarray) -> None:
            """Take the inputs (G, D + 1, B), whose features lie plane by plane."""
            planes = inputs[:, :-1].reshape(len(x), read.planes, read.rows, read.columns, -1)
            np.copyto(x, planes.swapaxes(1, 2))

        calls.append(turn)
    patches = Patches(x, place.writes, size, before, stride=place.how["stride"], ones=True)
    site.kept["patches"] = patches
    w = site.weights[WEIGHTS]  # (R, F, planes size size + 1)
    kernel = _kernel(w, size).transpose(0, 1, 3, 4, 2)  # (R, F, size, size, planes)
    arranged = np.zeros((len(w), place.writes.planes, size, size * read.planes + 1), w.dtype)
    weights = arranged[..., :-1].reshape(kernel.shape)
    biases = arranged[:, :, before, -1]  # at a row of the kernel that is always inside the image

    def arrange() -> None:
        np.copyto(weights, kernel)
        np.copyto(biases, w[:, :, -1])

    products = patches.multiply(
        arranged.reshape(*arranged.shape[:2], -1), _by_row(place.writes, site.y)
    )
    return [*calls, patches.copy, arrange, *products]


def _learn(site: Site) -> Calls:
    size, gradient = site.place.how["size"], site.gradients[WEIGHTS]
    patches, filters = site.kept["patches"], site.place.writes.planes
    total = np.empty((len(gradient), patches.matrices.shape[-2], filters), gradient.dtype)
    by_row = total.reshape(len(total), size, -1, filters)  # of the kernel, with ones
    weights = by_row[:, :, :-1].reshape(len(total), size, size, -1, filters)
    kernel, biases = _kernel(gradient, size), by_row[:, _before(site.place.how), -1]
    first, *products = patches.weigh(_by_row(site.place.writes, site.dy), total)

    def arrange() -> None:
        np.copyto(kernel, weights.transpose(0, 4, 3, 1, 2))
        # What cancels a bias leaves rounding for its gradient, which optimizers would blow up.
        np.copyto(gradient[:, :, -1], biases if site.place.bias else 0)

    return [lambda *_: first(), *products, arrange]


def _backward(site: Site) -> Calls:
    place, w = site.place, site.weights[WEIGHTS]
    size, read = place.how["size"], place.reads
    before = size - 1 - _before(place.how)
    dy = as_image(place.writes, site.dy)
    patches = Patches(dy, read, size, before, step=place.how["stride"])
    kernel = _kernel(w, size)[..., ::-1, ::-1].transpose(0, 2, 3, 4, 1)
    arranged = np.empty(kernel.shape, w.dtype)  # (R, planes, size, size, F)
    products = patches.multiply(arranged.reshape(len(w), read.planes, -1), _by_row(read, site.dx))
    return [patches.copy, lambda: np.copyto(arranged, kernel), *products]


def _kernel(weights: np.ndarray, size: int) -> np.ndarray:
    """View weights without biases as (R, F, planes, size, size)."""
    return weights[:, :, :-1].reshape(*weights.shape[:2], -1, size, size)


def _by_row(image: Image, array: np.ndarray) -> np.ndarray:
    """View units (R, H, B) as (R, rows, planes, columns B)."""
    return as_image(image, array).reshape(len(array), image.rows, image.planes, -1)


CONVOLUTION = Layer(
    name="conv",
    label="convolution",
    formula="z = W x + b at every place of an image, where x are all planes of a square of it; "
    "beyond the edges, with the padding same, are zeros, with valid no place",
    source="LeCun, Bottou, Bengio & Haffner 1998, section II.A",
    forward=_forward,
    learn=_learn,
    backward=_backward,
    learned=lambda place: (product(place.number, *_fans(place)[:2]),),
    written="FILTERS SIZExSIZE [stride STEP] [valid]",
    parameters={
        "filters": Parameter(
            32, "the filters, which are the planes of its output", low=1, high=4096
        ),
        "size": Parameter(5, "the rows and columns of a kernel", low=1, high=64),
        "stride": Parameter(1, "from one place to the next", low=1, high=64),
        "padding": Parameter(
            SAME, "zeros around the image, so that its size stays, or none", options=(SAME, VALID)
        ),
    },
    makes=_makes,
    fans=_fans,
    products=lambda place: _fans(place)[0] * place.units,
)
