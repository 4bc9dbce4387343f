"""The ``board`` template: ``fleet`` computes, ``page`` is what the board reads, ``book`` puts them together."""

from tokenbook.templates.models.board.book import compose, headline

__all__ = ["compose", "headline"]
