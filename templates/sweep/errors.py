"""What goes wrong with a sweep as a whole; a scenario that fails is a row of the results instead."""


class SweepError(ValueError):
    """The sweep cannot run as it was asked to; one line for the reader."""
