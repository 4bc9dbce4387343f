"""The ``rack`` template: ``inputs`` from the catalogue, ``grids`` of platforms, ``serving`` of requests, the dashboard ``page``; ``book`` puts them together."""

from tokenbook.templates.models.rack.book import compose, headline

__all__ = ["compose", "headline"]
