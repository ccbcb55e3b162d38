"""The count behind an account's quota of recipes."""

from __future__ import annotations

from registry.accounts.quotas import Count, number
from registry.recipes.models import RecipeRow

RECIPES = Count("recipes", "recipes", lambda who: number(RecipeRow.owner == who))

COUNTS = (RECIPES,)
