"""What the tables' rows have in common: parameters, and a row chosen with values for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Scalar = bool | int | float | str

MOST_CHARACTERS = 1000
"""Of a parameter that is a text, such as a path."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a table's row: its default, what is allowed and what it means."""

    default: Scalar
    meaning: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False  # True: the value must lie above `low`, not at it
    open_high: bool = False
    options: tuple[str, ...] = ()  # of a text: the words that are allowed; () allows any line
    place: bool = False  # it says where the content lies, which has a digest of its own: no key

    def allowed(self) -> str:
        """Say in words which values are allowed."""
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, str):
            return (
                ", ".join(map(word, self.options))
                or f"a text of at most {MOST_CHARACTERS} characters"
            )
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        bounds = []
        if self.low is not None:
            bounds.append(f"{'above' if self.open_low else 'at least'} {self.low:,.12g}")
        if self.high is not None:
            bounds.append(f"{'below' if self.open_high else 'at most'} {self.high:,.12g}")
        return " ".join([kind, " and ".join(bounds)]).strip()

    def admits(self, value: object) -> bool:
        """Tell whether `value` has the default's type and lies within the bounds."""
        if isinstance(self.default, str) or isinstance(value, str):
            return isinstance(self.default, str) and isinstance(value, str) and self._reads(value)
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(self.default, bool) and isinstance(value, bool)
        kinds = (int,) if isinstance(self.default, int) else (int, float)
        if not isinstance(value, kinds) or not np.isfinite(value):
            return False
        above = self.low is None or (value > self.low if self.open_low else value >= self.low)
        below = self.high is None or (value < self.high if self.open_high else value <= self.high)
        return above and below

    def _reads(self, text: str) -> bool:
        if self.options:
            return text in self.options
        # A tab is what separates the columns of some tables.
        return len(text) <= MOST_CHARACTERS and text.replace("\t", "").isprintable()


def word(text: str) -> str:
    """Return a text as it is written in a config: in quotes unless it is a plain word."""
    return text if text.replace("_", "").isalnum() else repr(text)


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of a table together with all of its parameters, for example leaky_relu at slope 0.1."""

    name: str
    parameters: tuple[tuple[str, Scalar], ...] = ()  # complete, sorted by name

    @classmethod
    def of(cls, name: str, rows: Mapping[str, object], **given: Scalar) -> Choice:
        """Complete `given` with the defaults of the row `name` of a table."""
        defaults = {key: p.default for key, p in rows[name].parameters.items()}
        unknown = given.keys() - defaults.keys()
        if unknown:
            raise KeyError(f"{name} has no parameter {', '.join(sorted(unknown))}")
        values = {
            key: float(value) if isinstance(defaults[key], float) else value
            for key, value in (defaults | given).items()
        }
        return cls(name, tuple(sorted(values.items())))

    @property
    def arguments(self) -> dict[str, Scalar]:
        """The parameters as keyword arguments."""
        return dict(self.parameters)
