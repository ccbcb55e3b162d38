"""`plan`, `merge` and `check` read a recipe in the same way: all refuse the same recipes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from merge_worker.cli import merge, plan
from mergehub.cli.commands.recipes import check

LINEAR = {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}
MORE = {
    "tokenizer_source": {"tokenizer_source": "union"},
    "tokenizer": {"tokenizer": {"source": "union"}},
    "chat_template": {"chat_template": "chatml"},
    "broken template": {"chat_template": "{{ messages"},
    "URL": {"base_model": "s3://bucket/a"},
    "file": {"models": [{"model": "./a/model.safetensors"}]},
    "revision of a folder": {"models": [{"model": "./a@v1"}]},
    "layers": {
        "models": None,
        "slices": [
            {
                "sources": [
                    {"model": f"./{n}", "layer_range": [0, k]} for n, k in (("a", 2), ("b", 1))
                ]
            }
        ],
    },
}


@pytest.mark.parametrize("name", MORE)
def test_the_shell_refuses_to_plan_and_to_merge_what_check_refuses(
    workshop: Any, name: str
) -> None:
    for i, each in enumerate("ab"):
        workshop.model(each, workshop.llama(i))
    recipe = workshop.folder / "recipe.yml"
    recipe.write_text(yaml.safe_dump(LINEAR | MORE[name]))
    out = workshop.folder / "out"
    said = [
        CliRunner().invoke(command, [str(recipe), *more])
        for command, more in ((check, []), (plan, []), (merge, [str(out)]))
    ]
    assert [each.exit_code for each in said] == [1, 1, 1]
    assert len({each.stderr for each in said}) == 1
    assert not out.with_name("out.partial").exists()


def test_the_shell_warns_on_planning_of_what_check_warns_of(workshop: Any) -> None:
    for i, each in enumerate("ab"):
        workshop.model(each, workshop.llama(i))
    recipe = workshop.folder / "recipe.yml"
    weight = [{"filter": "layers.[01]", "value": 1}, {"value": 1}]
    recipe.write_text(yaml.safe_dump(LINEAR | {"parameters": {"weight": weight}}))
    said = [CliRunner().invoke(command, [str(recipe)]) for command in (check, plan)]
    assert [each.exit_code for each in said] == [0, 0]
    assert "/layers.[01]/" in said[0].stderr
    assert said[0].stderr == said[1].stderr
