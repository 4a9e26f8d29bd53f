"""Reads a config given as text, and the problems of one that is wrong."""

import textwrap

import pytest

from experiments import config


def read(text, *overrides, name="study"):
    return config.loads(textwrap.dedent(text), name, overrides, "c.yaml")


def problems(text, *overrides, name="study"):
    with pytest.raises(config.ConfigError) as caught:
        read(text, *overrides, name=name)
    return str(caught.value).split("\n")
