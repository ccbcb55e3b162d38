"""The model card of a merge: README.md with metadata that the Hugging Face Hub reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from merge_worker.engine.planning.noting import section

from .plan import Plan


def card(plan: Plan, digest: str, recipe: str) -> str:
    """The card: what was merged how, with the output digest, the notes and the recipe."""
    front: dict[str, Any] = {
        "base_model": list(dict.fromkeys(_name(model.reference) for model in plan.models)),
        "library_name": "transformers",
        "tags": ["merge", "mergehub"],
    }
    licences = {model.licence for model in plan.models}
    if len(licences) == 1 and (licence := licences.pop()):
        front["license"] = licence
    listed = "\n".join(f"- `{model.reference}`" for model in plan.models)
    return (
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n\n"
        f"# {plan.recipe.name or 'Merged model'}\n\n"
        f"Made with Mergehub by the method `{plan.recipe.merge_method}` from\n\n{listed}\n\n"
        f"Output digest: `{digest}`\n\n"
        f"{section(plan.notes)}## Recipe\n\n```yaml\n{recipe}```\n"
    )


def recipe_text(plan: Plan) -> str:
    """The recipe as YAML."""
    document = plan.recipe.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _name(reference: str) -> str:
    """The model's name on the Hugging Face Hub; of a path, its last part."""
    name = reference.partition("+")[0].partition("@")[0]
    return Path(name).name if name.startswith(("/", ".", "~")) else name
