"""The ``tco`` template: ``grids`` of costs; ``book`` puts them together."""

from tokenbook.templates.models.tco.book import compose, headline

__all__ = ["compose", "headline"]
