"""Faults that are injected into the real command, and what becomes of its runs and results."""
