"""How the layers of a network are read and written: `[conv 32 5x5, max_pool 2, dense 64]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from experiments.config import values
from experiments.config.accepting import accepted, accepts
from experiments.config.errors import WrongError, found, nearest
from experiments.config.rows import LABEL, LONGEST, wrong_label
from experiments.config.values import NONE, AxisValue
from experiments.config.yaml_lines import BROKEN
from experiments.nn.layers.chain import LISTED, NUMBERS, text_of
from experiments.parameters import Choice, Scalar
from experiments.records import Image

_SQUARE = re.compile(r"([0-9]{1,9})x\1")
_NUMBER = re.compile(r"[0-9]{1,9}")

ALLOWED = ", ".join(f"{name} {row.written}".strip() for name, row in LISTED.items())
"""How each kind of layer is written."""


def _layer(text: Any) -> Choice:
    """Read one layer, or raise WrongError."""
    name, *words = text.split() if isinstance(text, str) and text.split() else ("",)
    if name not in LISTED:
        raise WrongError(((), f"{found(text)}; allowed: {ALLOWED}{nearest(name, LISTED)}"))
    parameters = LISTED[name].parameters
    given = _given(words, parameters)
    required = [key for key in NUMBERS if key in parameters]
    if given is None or any(key not in given for key in required):
        raise WrongError(((), f"{found(text)}; allowed: {name} {LISTED[name].written}".rstrip()))
    for key, value in given.items():
        if not parameters[key].admits(value):
            message = f"{found(text)}: its {key} is {value}; allowed: {parameters[key].allowed()}"
            raise WrongError(((), message))
    return Choice.of(name, LISTED, **given)


def _given(words: Sequence[str], parameters: Any) -> dict[str, Scalar] | None:
    """Return the parameters that words give, each once; None if they are no such words."""
    given: dict[str, Scalar] = {}
    rest = iter(words)
    for word in rest:
        number = word if _NUMBER.fullmatch(word) else None
        if number is not None:
            key = next((key for key in NUMBERS if key in parameters and key not in given), "")
        elif square := _SQUARE.fullmatch(word):
            key, number = "size", square[1]
        elif word in parameters:
            key, number = word, next(rest, "")
        else:
            key = next((key for key, p in parameters.items() if word in p.options), "")
        if key not in parameters or key in given:
            return None
        if number is not None and not _NUMBER.fullmatch(number):
            return None
        given[key] = word if number is None else int(number)
    return given


_LIST = {
    "type": "array",
    "items": {"type": "string"},
    "minItems": 1,
    "maxItems": values.MOST_LAYERS,
    "description": f"a list of layers, from the inputs to the outputs' own: {ALLOWED}",
}


@accepts(
    {
        "anyOf": [
            {"const": NONE},
            _LIST,
            {
                "type": "object",
                "properties": {
                    "layers": _LIST,
                    "label": {"type": "string", "pattern": f"^(?:{LABEL.pattern})$",
                              "description": "what tables call it"},
                },
                "required": ["layers"],
                "additionalProperties": False,
                "description": "with a label as in {label: deep, layers: [...]}",
            },
        ]
    }
)  # fmt: skip
def read(raw: Any) -> list[AxisValue]:
    """Read the layers of one network: a list of texts, or a mapping that gives it a label."""
    if raw == NONE:
        return [AxisValue(NONE, ())]
    label, place = None, ()
    if isinstance(raw, dict):
        problems = [
            ((key,), f"unknown key; allowed: layers, label{nearest(key, ('layers', 'label'))}")
            for key in raw
            if key not in ("layers", "label")
        ]
        if "layers" not in raw:
            problems.append((("layers",), f"missing; it is {_LIST['description']}"))
        label = raw.get("label")
        problems += wrong_label(label, 1)
        if problems:
            raise WrongError(*problems)
        place, raw = ("layers",), raw["layers"]
        if raw is BROKEN:
            return []
    if not isinstance(raw, list) or not raw or len(raw) > values.MOST_LAYERS:
        what = f"found {len(raw)} layers" if isinstance(raw, list) else found(raw)
        raise WrongError((place, f"{what}; allowed: 1 to {values.MOST_LAYERS} layers, such as "
                          "[conv 32 5x5, max_pool 2, dense 64]"))  # fmt: skip
    layers, problems = values.entries(raw, _layer)
    if problems:
        raise WrongError(*(((*place, *path), message) for path, message in problems))
    return [AxisValue(label or _label(layers), tuple(layers))]


def wrong_layers(layers: Sequence[Choice], image: Image | None) -> tuple[int, str] | None:
    """Return which of some layers cannot read what it is given, and why; None if all can.

    Args:
        layers: of a network.
        image: the shape of the data, whose name the message has a place for, {data}; None where
            they are no images.

    """
    known, below = image is not None, "{data} has no images"
    for number, layer in enumerate(layers):
        row, told = LISTED[layer.name], text_of(layer)
        if row.flattens:
            known, below = False, f"{told} leaves units, and no image"
            continue
        if not known:
            return number, f"{told} needs an image, and {below}"
        if row.learn is None and number == 0:
            return number, f"{told} comes first; allowed: a layer with weights, such as conv 16 3x3"
        made = row.makes(image, **layer.arguments)
        if min(made.rows, made.columns) < 1:
            size = f"{image.rows} x {image.columns}"
            return number, f"{told} does not fit into an image of {size}, which is what it reads"
        image = made
    return None


def _label(layers: Sequence[Choice]) -> str:
    """Name a network by its layers, shortened where that would be too long for a table."""
    told = ", ".join(map(text_of, layers))
    return told if len(told) <= LONGEST else told[: LONGEST - 3].rstrip(" ,") + "..."


def written(layers: Sequence[Choice], label: str | None) -> Any:
    """Return layers as they are written in a config, with a label that is not their own."""
    texts = [text_of(layer) for layer in layers]
    if label in (None, _label(layers)):
        return texts
    return {"label": label, "layers": texts}


_several = values.axis(read, searchable=True)


@accepts(accepted(_several))
def axis(raw: Any) -> tuple[AxisValue, ...]:
    """Read the layers of one network or, as a list of lists, of several."""
    if not isinstance(raw, list) or any(isinstance(item, list | dict) for item in raw) or not raw:
        return _several(raw)
    try:
        return tuple(replace(level, where=level.where[1:]) for level in _several([raw]))
    except WrongError as wrong:
        raise WrongError(*((path[1:], message) for path, message in wrong.problems)) from None
