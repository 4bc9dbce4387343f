"""The ``rack`` template: ``grids`` of platforms, ``serving`` of requests; ``book`` puts them together."""

from tokenbook.templates.models.rack.book import compose, headline

__all__ = ["compose", "headline"]
