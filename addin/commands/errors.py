"""What a command says when it cannot do what it was asked."""


class CommandError(ValueError):
    """A command cannot do what it was asked; one line for the reader."""
