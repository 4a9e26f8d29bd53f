"""What a kernel reads of images at every place of what it writes, as matrices.

An image is (rows, planes, columns, B), examples innermost, so that what one column of a kernel
reads of a row, at all places of a written row and of all examples, is one stretch of memory. So it
is copied once for each column of the kernel, and not once for each of its numbers as is usual
(Chellapilla, Puri & Simard 2006, section 2). Rows need no copy: those that a kernel covers follow
one another, so that a view in which they overlap is the matrix of all that it reads there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import as_strided

from experiments.records import Image

UNPACKED = 1_000_000
"""Up to how many multiplications OpenBLAS multiplies matrices as they lie, without packing them
first, which is twice as fast for few filters (with AVX-512; elsewhere the cuts cost little)."""

LEAST = 64
"""A product for a gradient sums over at least so many places and examples: what it writes, as many
numbers as a kernel has, is to be added up."""

Products = list[Callable[[], object]]


class Patches:
    """The matrices of images, whose numbers are copied there by `copy`.

    `matrices` (N, rows, size K, columns B) are one for each row that is written; K = size planes,
    and one more where a row of ones is to meet a bias. Rows of the kernel that lie outside the
    image at a row are left out of its products.

    Args:
        source: images (N, rows, planes, columns, B); read at each copy.
        written: the shape of what is written.
        size: of the kernel.
        before: how many rows and columns of zeros there are above and to the left.
        stride: from one place that is written to the next, among those that are read.
        step: the reverse: from one place that is read to the next, among those that are written.
            One of the two is 1.
        ones: whether there is a row of ones for each row of the kernel.

    """

    def __init__(
        self,
        source: np.ndarray,
        written: Image,
        size: int,
        before: int,
        *,
        stride: int = 1,
        step: int = 1,
        ones: bool = False,
    ) -> None:
        images, rows, planes, columns, batch = source.shape
        self._k, every = size * planes + ones, (written.rows - 1) * stride + size
        stretches = np.zeros((images, every, self._k, written.columns, batch), source.dtype)
        if ones:
            stretches[:, :, -1] = 1
        of_image, of_row, of_k, _, of_number = stretches.strides
        self.matrices = as_strided(
            stretches,
            (images, written.rows, size * self._k, written.columns * batch),
            (of_image, stride * of_row, of_k, of_number),
        )
        used = min(rows, -(-(every - before) // step))
        last = before + (used - 1) * step
        there = stretches[:, before : last + 1 : step, : size * planes].reshape(
            images, used, size, planes, written.columns, batch
        )
        self._copies = []
        for column in range(size):
            offset = column - before
            if step == 1:
                to, of = _meeting(offset, stride, columns, written.columns)
            else:
                of, to = _meeting(-offset, step, written.columns, columns)
            self._copies.append((there[:, :, column, :, to], source[:, :used, :, of]))
        # For each row that is written, the first row of the kernel inside the image, and the end.
        inside = [
            (max(0, before - row), min(size, last + 1 - row))
            for row in range(0, written.rows * stride, stride)
        ]
        self._columns, self._batch, self._inside = written.columns, batch, inside

    def copy(self) -> None:
        """Copy what is read, as it is now."""
        for there, source in self._copies:
            np.copyto(there, source)

    def multiply(self, left: np.ndarray, out: np.ndarray) -> Products:
        """Prepare the product of a matrix for each run with the matrices of its images.

        Args:
            left: (R, F, size K).
            out: (R, rows, F, columns B).

        """
        parts = _parts(left.shape[1], left.shape[2], self._columns, self._batch)
        matrices, out = _cut(self.matrices, parts), self._of_seeds(_cut(out, parts))
        left = self._of_seeds(left[:, None, None])  # (V, G, 1, 1, F, size K)
        return [
            partial(np.matmul, left[..., k], matrices[:, rows, :, k], out[:, :, rows])
            for rows, k in self._groups()
        ]

    def weigh(self, right: np.ndarray, total: np.ndarray) -> Products:
        """Prepare the sum over rows, columns and examples of matrices times another's transpose.

        Args:
            right: (R, rows, F, columns B).
            total: (R, size K, F), where the sum goes.

        """
        parts = _parts(self.matrices.shape[-2], right.shape[-2], self._columns, self._batch, LEAST)
        matrices = _cut(self.matrices, parts)
        turned = _cut(right, parts).mT  # (R, rows, parts, N, F)
        # Copied, since OpenBLAS takes twice as long where a small matrix is to be turned.
        copied = np.empty(turned.shape, turned.dtype)
        found = np.zeros((*turned.shape[:-2], *total.shape[1:]), turned.dtype)
        by_seed, right = self._of_seeds(found), self._of_seeds(copied)
        products = [
            partial(
                np.matmul, matrices[:, rows, :, k], right[:, :, rows], by_seed[:, :, rows, :, k]
            )
            for rows, k in self._groups()
        ]
        adding = partial(np.add.reduce, found, axis=(1, 2), out=total)
        return [partial(np.copyto, copied, turned), *products, adding]

    def _of_seeds(self, array: np.ndarray) -> np.ndarray:
        """View (R, ...) as (V, G, ...): N = G where all variants of a seed read the same."""
        return array.reshape(-1, len(self.matrices), *array.shape[1:])

    def _groups(self) -> list[tuple[slice, slice]]:
        """Return rows that are written together, and which numbers of the kernel they read."""
        found, first = [], 0
        for (begin, end), some in groupby(self._inside):
            last = first + len(list(some))
            found.append((slice(first, last), slice(begin * self._k, end * self._k)))
            first = last
        return found


def _meeting(offset: int, stride: int, read: int, written: int) -> tuple[slice, slice]:
    """Return along an axis which outputs o have an input o stride + offset, and these inputs."""
    first = max(0, -(offset // stride))
    last = min(written - 1, (read - 1 - offset) // stride)
    count = max(0, last - first + 1)
    begin = first * stride + offset
    end = max(0, begin + (count - 1) * stride + 1)
    return slice(first, first + count), slice(begin, end, stride)


def _parts(outputs: int, inputs: int, columns: int, batch: int, least: int = 1) -> int:
    """Return into how many parts of equal size a product over the columns of a row is cut.

    Args:
        outputs: of the product, or what is multiplied for each column and example.
        inputs: of the product.
        columns: to be cut.
        batch: examples of each column.
        least: columns times examples of a part.

    """
    for parts in (parts for parts in range(1, columns + 1) if columns % parts == 0):
        size = columns // parts * batch
        if size >= least and outputs * inputs * size <= UNPACKED:
            return parts
    return 1


def _cut(matrices: np.ndarray, parts: int) -> np.ndarray:
    """View matrices (..., K, N) as (..., parts, K, N / parts)."""
    *outer, k, n = matrices.shape
    *strides, of_k, of_n = matrices.strides
    size = n // parts
    return as_strided(matrices, (*outer, parts, k, size), (*strides, size * of_n, of_k, of_n))
