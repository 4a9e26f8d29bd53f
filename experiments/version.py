"""The version of the package, which traces tell where they come from."""

__version__ = "0.1.0"
