"""What fills the model of a report, section by section."""

from experiments.report.composing.report import compose

__all__ = ["compose"]
