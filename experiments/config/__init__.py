"""YAML text -> Study; every error at once, each with its line."""

from experiments.config.errors import ConfigError
from experiments.config.reading import load, loads, read
from experiments.config.writing import resolved

__all__ = ["ConfigError", "load", "loads", "read", "resolved"]
