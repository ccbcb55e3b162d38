"""The problems of requests about recipes."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, NotFound


class NameTaken(Conflict):
    """Another recipe of the owner has this name, or had it before it was renamed."""

    code, title = "recipe-name-taken", "The recipe name is taken"
    remedy = "Publish a version with `POST /v1/recipes/{id}/versions`, or choose another name."


class RecipeNotFound(NotFound):
    """No recipe has this id or name, or no version this number, or it is private to others."""

    code, title = "recipe-not-found", "Recipe or version not found"
    remedy = "Find the recipe with `GET /v1/recipes?name=…`; its versions are listed under its id."


class RecipeArchived(Conflict):
    """The recipe is archived. It can be read and run, but gets no new versions."""

    code, title = "recipe-archived", "The recipe is archived"
    remedy = "Send `PATCH /v1/recipes/{id}` with `archived: false`, or fork the recipe."

    @classmethod
    def called(cls, name: str) -> RecipeArchived:
        """The problem of a new version for the archived recipe of a name."""
        return cls(f"{name} is archived, and gets no new versions. Unarchive it, or fork it.")


class RecipeNeeded(Conflict):
    """Runs, models or forks came from the recipe, and would lose where they came from."""

    code, title = "recipe-needed", "The recipe cannot be deleted"
    remedy = "Archive it instead: `PATCH /v1/recipes/{id}` with `archived: true`."


class TooManyNames(Conflict):
    """The recipe was renamed so often that no more of its former names can be kept."""

    code, title = "too-many-names", "The recipe has been renamed too often"
    remedy = "Give it one of its former names, or fork it under the new one."
