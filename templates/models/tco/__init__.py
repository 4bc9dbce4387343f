"""The ``tco`` template: ``inputs`` from the catalogue, ``grids`` of costs, the dashboard ``page``; ``book`` puts them together."""

from tokenbook.templates.models.tco.book import compose, headline

__all__ = ["compose", "headline"]
