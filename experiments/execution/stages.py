"""The stages of training a study, by the words with which progress is told."""

PILOT = "pilot"
TUNING = "tuning"
EVALUATION = "evaluation"

MEASURING = "measuring"
"""Runs that measure times train, one by one and in this process."""

WAITING = "waiting"
"""Nothing is trained here: another command trains all that is missing."""
