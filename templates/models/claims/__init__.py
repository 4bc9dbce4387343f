"""The ``claims`` template: ``inputs``, ``audits`` and ``verdicts``, ``further`` claims, ``panels``, the ``page``; ``book`` puts them together."""

from tokenbook.templates.models.claims.book import compose, headline

__all__ = ["compose", "headline"]
