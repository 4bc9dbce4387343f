"""The ``business-case`` template: its ``inputs``, and the ``page`` that it says; ``book`` puts it together."""

from tokenbook.templates.models.business_case.book import compose, headline

__all__ = ["compose", "headline"]
