"""The parts of calibration.py: how often verdicts are wrong, on studies whose truth is known."""
