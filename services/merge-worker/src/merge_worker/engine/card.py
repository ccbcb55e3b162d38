"""The model card of a merge: README.md with metadata that the Hugging Face Hub reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from merge_worker.engine.planning.noting import section

from .plan import Plan

PROVENANCE = """\
## Provenance

`mergehub.lock.json` pins every file that the merge read, and `manifest.json` has the digest of each
tensor. `provenance.intoto.jsonl`, if it is there, is a signed statement of how these files were
made, and `mergehub verify` checks them by it.
"""


def card(plan: Plan, digest: str, lock: str, recipe: str) -> str:
    """The card: what was merged how, with both digests, the notes and the recipe."""
    names = dict.fromkeys(_name(model.reference) for model in plan.models)
    front: dict[str, Any] = {
        "base_model": [name for name in names if ":" not in name],  # the Hub refuses others
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
        f"Output digest: `{digest}`\n\nLock digest: `{lock}`\n\n"
        f"{section(plan.notes)}## Recipe\n\n```yaml\n{recipe}```\n\n{PROVENANCE}"
    )


def recipe_text(plan: Plan) -> str:
    """The recipe as YAML."""
    document = plan.recipe.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _name(reference: str) -> str:
    """The model's name on the Hugging Face Hub; of a path, its last part."""
    name = reference.partition("+")[0].partition("@")[0]
    return Path(name).name if name.startswith(("/", ".", "~")) else name
