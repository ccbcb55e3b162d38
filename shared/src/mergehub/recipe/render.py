"""Write a recipe as YAML for mergekit and for people."""

from __future__ import annotations

import yaml

from mergehub.recipe.yaml.core_schema import is_text

from .schema import Recipe


def to_yaml(recipe: Recipe) -> str:
    """The recipe as YAML: what differs from the defaults, the fields in their usual order."""
    data = recipe.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that a reader of YAML 1.1 (PyYAML's) or YAML 1.2 would not read as text."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        unusual = not data.replace("\n", "").isprintable()
        style = '"' if unusual else None if is_text(data) else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)
