"""The one error of this room."""


class RefreshError(ValueError):
    """A workbook cannot be bound or refreshed as asked; one line for the reader."""
