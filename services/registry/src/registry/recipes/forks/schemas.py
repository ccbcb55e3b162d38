"""The requests and responses about forks."""

from __future__ import annotations

from pydantic import Field

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Message
from mergehub.kit.paging.pages import Page
from registry.accounts.access import Visibility
from registry.recipes.schemas import Domains, Label, Licence, Recipe, Slug, Title


class ForkCreate(Message):
    """What the fork has in another way than its origin; omitted fields are taken from there."""

    model_config = example(name="my-dates-and-units", title="Dates and units, my way")

    version: int | None = Field(
        default=None,
        ge=1,
        lt=2**31,
        description="The version to fork by its number; by default, the newest.",
    )
    name: Slug | None = Field(default=None, description="Lower case words joined by hyphens.")
    owner: Slug | None = Field(
        default=None,
        description="Your handle (the default), or an organisation's that you write for.",
    )
    visibility: Visibility | None = Field(
        default=None, description="By default, that of the origin."
    )
    title: Title | None = None
    description: str | None = Field(default=None, max_length=20_000)
    tags: list[Label] | None = Field(default=None, max_length=20)
    domains: Domains | None = None
    licence: Licence | None = None


class ForkPage(Page[Recipe]):
    """Newest first, each with the first 300 characters of its description."""
