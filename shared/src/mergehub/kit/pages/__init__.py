"""The hub's pages for people, built from `web/` into this package."""

from __future__ import annotations

from mergehub.kit.pages.routes import page_routes

__all__ = ["page_routes"]
