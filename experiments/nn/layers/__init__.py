"""The table of layers: to add one, add a row to one of the files beside this."""

from __future__ import annotations

from experiments.nn.layers.activation import ACTIVATION
from experiments.nn.layers.chain import LISTED
from experiments.nn.layers.dropout import DROPOUT
from experiments.nn.layers.normalisation import NORMALISATIONS
from experiments.nn.layers.record import Layer

LAYERS: dict[str, Layer] = LISTED | {
    row.name: row for row in (*NORMALISATIONS.values(), ACTIVATION, DROPOUT)
}
