"""The model card of a merge: README.md with metadata that the Hugging Face Hub reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from .noting import section
from .plan import Plan

_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)


def card(plan: Plan, digest: str) -> str:
    """The card: what was merged how, with the output digest, the notes and the whole recipe."""
    front: dict[str, Any] = {
        "base_model": list(dict.fromkeys(_name(model.reference) for model in plan.models)),
        "library_name": "transformers",
        "tags": ["merge", "mergehub"],
    }
    licences = {_licence(model.folder) for model in plan.models}
    if len(licences) == 1 and (licence := licences.pop()):
        front["license"] = licence
    listed = "\n".join(f"- `{model.reference}`" for model in plan.models)
    return (
        f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n\n"
        f"# {plan.recipe.name or 'Merged model'}\n\n"
        f"Made with Mergehub by the method `{plan.recipe.merge_method}` from\n\n{listed}\n\n"
        f"Output digest: `{digest}`\n\n"
        f"{section(plan.notes)}## Recipe\n\n```yaml\n{recipe_text(plan)}```\n"
    )


def recipe_text(plan: Plan) -> str:
    """The recipe as YAML."""
    document = plan.recipe.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _name(reference: str) -> str:
    """What the hub calls the model: no revision, no adapter; of a path, its last part."""
    name = reference.partition("+")[0].partition("@")[0]
    return Path(name).name if name.startswith(("/", ".", "~")) else name


def _licence(folder: Path) -> str | None:
    """The licence that an ingredient's own card states."""
    readme = folder / "README.md"
    found = _FRONT_MATTER.match(readme.read_text("utf-8", "replace")) if readme.is_file() else None
    try:
        front = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError:
        return None
    licence = front.get("license") if isinstance(front, dict) else None
    return licence if isinstance(licence, str) else None
