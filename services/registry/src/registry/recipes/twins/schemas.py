"""The answer about the twins of a version."""

from __future__ import annotations

from mergehub.kit.paging.pages import Page
from registry.recipes.schemas import Twin


class TwinPage(Page[Twin]):
    """The oldest first. A recipe is listed once for each of its versions with the digest."""
