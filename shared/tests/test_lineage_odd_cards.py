"""Cards whose authors wrote the recipe, the base models or the name in an odd place."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import indent

import pytest
from lineage_texts import Read, read_text

from mergehub.lineage_files.reading import How, files, read
from mergehub.lineage_files.rows import Edge

RECIPE = """\
merge_method: ties
base_model: org/base
models:
  - model: org/left
    parameters: {weight: "0.5", density: 0.5}
  - model: org/right
    parameters: {weight: 50%}
"""
FRONT = "---\nlicense: mit\n---\n"
TOLD = [("org/base", None), ("org/left", 0.5), ("org/right", 0.5)]
PLACES = {
    "indented": FRONT + indent(RECIPE, "    "),
    "in a list": f"{FRONT}* this:\n{indent(f'```yaml{chr(10)}{RECIPE}```', '  ')}\n",
    "quoted": FRONT + indent(RECIPE, "> "),
    "quoted in a fence": FRONT + indent(f"```yaml\n{RECIPE}```", "> "),
    "in HTML": f"{FRONT}<details><pre><code>{RECIPE}</code></pre></details>",
    "with spaces that do not break": FRONT + RECIPE.replace("  ", "\u00a0 "),
    "in the front matter": f"---\nlicense: mit\n{RECIPE}---\n",
    "in a field": f"---\nlicense: mit\nmergekit:\n{indent(RECIPE, '  ')}---\n",
    "in a field as text": f"---\nlicense: mit\nmergekit: |\n{indent(RECIPE, '  ')}---\n",
    "below a key": f"{FRONT}```yaml\nconfig:\n{indent(RECIPE, '  ')}```\n",
    "without front matter": f"# Soup\n```yaml\n{RECIPE}```\n",
    "with the line ends of Windows": f"{FRONT}```yaml\n{RECIPE}```\n".replace("\n", "\r\n"),
    "as JSON": FRONT + "```json\n" + json.dumps({
        "merge_method": "ties", "base_model": "org/base", "models": [
            {"model": "org/left", "parameters": {"weight": 0.5}},
            {"model": "org/right", "parameters": {"weight": 0.5}}]}, indent=1) + "\n```\n",
}  # fmt: skip


def _card(folder: Path, text: str) -> Read:
    return read_text(folder, "soup.md", text, name="me/soup")


@pytest.mark.parametrize("place", PLACES)
def test_a_recipe_is_found_wherever_it_is(place: str, tmp_path: Path) -> None:
    read = _card(tmp_path, PLACES[place])
    assert [(e.parent, e.weight) for e in read.edges] == TOLD
    assert read.skipped == []
    assert {fault.field for fault in read.corrected} <= {"recipe"}


@pytest.mark.parametrize(
    ("told", "parents"),
    [
        ("{name: org/a}", [("org/a", "unknown")]),
        ("[{name: org/a, relation: merge}, org/b@main]", [("org/a", "merge"),
                                                          ("org/b", "unknown")]),
        ("org/a, org/b", [("org/a", "unknown"), ("org/b", "unknown")]),
        ("{org/a: 0.5, org/b: 0.5}", [("org/a", "unknown"), ("org/b", "unknown")]),
        ("[org/a, ORG/A]", [("ORG/A", "unknown")]),
    ],
)  # fmt: skip
def test_base_models_may_have_any_form(
    told: str, parents: list[tuple[str, str]], tmp_path: Path
) -> None:
    read = _card(tmp_path, f"---\nbase_model: {told}\n---\n")
    assert [(edge.parent, edge.relation) for edge in read.edges] == parents


@pytest.mark.parametrize("told", ["7", "/home/me/x", "''", "[null]", "[[org/a]]"])
def test_a_base_model_that_is_no_name_is_reported(told: str, tmp_path: Path) -> None:
    read = _card(tmp_path, f"---\nbase_model: {told}\n---\n")
    assert (read.edges, read.codes) == ([], [(2, "bad-name")])


def test_a_folder_of_models_is_read_without_their_other_files(tmp_path: Path) -> None:
    """The recipe and the adapter's configuration beside the weights say what the card may not."""
    contents = {
        "me/soup/mergekit_config.yml": RECIPE,
        "me/lora/adapter_config.json": '{"base_model_name_or_path": "org/base", "r": 8}',
        "me/lora/README.md": "---\nbase_model: org/base\n---\n",
        "me/lora/config.json": '{"architectures": ["X"]}',
        "me/lora/model.safetensors.index.json": '{"weight_map": {}}',
        "models--org--left/snapshots/0a1b/README.md": "---\nbase_model: org/base\n---\n",
    }
    for name, text in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    rows = [row for file in files([tmp_path]) for row in read(file, How())]
    assert {(row.child, row.parent, row.relation) for row in rows if isinstance(row, Edge)} == {
        ("me/soup", "org/base", "merge"), ("me/soup", "org/left", "merge"),
        ("me/soup", "org/right", "merge"), ("me/lora", "org/base", "adapter"),
        ("me/lora", "org/base", "unknown"), ("org/left", "org/base", "unknown"),
    }  # fmt: skip


@pytest.mark.parametrize("content", ["", "[1]", "{}", "[" * 5000])
def test_an_adapter_that_names_no_base_is_reported(content: str, tmp_path: Path) -> None:
    assert read_text(tmp_path, "adapter_config.json", content).codes == [(1, "no-parent")]
