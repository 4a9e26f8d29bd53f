"""The error that the command tells, apart so that it costs no import."""


class CommandError(Exception):
    """Something failed that is no mistake of the config; the message says what to do."""
