"""Model cards of strangers: the front matter and the recipes in the text become edges."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from lineage_texts import Read, read_file, read_text

from mergehub.lineage_files.reading import File, How, files, read
from mergehub.lineage_files.rows import Edge, Facts, Skipped

DATA = os.environ.get("MERGEHUB_REAL_DATA")
real = pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real cards")

RECIPE = """\
merge_method: dare_ties
base_model: org/base
models:
  - model: org/base
  - model: org/left
    parameters: {weight: 0.5, density: 0.25}
  - model: org/right@v2
    parameters: {weight: [0, 1]}
"""
FENCED = f"Some words.\n\n```yaml\n{RECIPE}```\n\nMore words.\n"


def _card(folder: Path, text: str, front: str = "license: mit\n") -> Read:
    return read_text(folder, "soup.md", f"---\n{front}---\n\n{text}", name="me/soup")


def _told(read: Read) -> list[tuple[str, str, str | None, float | None, float | None]]:
    return [(e.parent, e.role, e.method, e.weight, e.density) for e in read.edges]


def test_a_recipe_in_a_card_gives_its_ingredients_with_weights(tmp_path: Path) -> None:
    read = _card(tmp_path, FENCED)
    assert _told(read) == [
        ("org/base", "base", "dare_ties", None, None),
        ("org/left", "ingredient", "dare_ties", 0.5, 0.25),
        ("org/right", "ingredient", "dare_ties", None, None),
    ]
    assert {(e.child, e.relation, e.source, e.line, e.evidence) for e in read.edges} == {
        ("me/soup", "merge", "merge-card", 8, "soup.md:8")
    }
    assert read.facts == [Facts("me/soup", 1, licence="mit")]
    assert read.skipped == []
    assert [(row.field, row.was, row.now) for row in read.corrected] == [
        ("parent", "org/right@v2", "org/right")
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"Recipe\n{RECIPE}\nThanks to all.\n",
        f"Recipe\n\n{RECIPE}dtype: float16![image](https://example.org/x.png)\n",
        RECIPE.replace("\n", "\n\n"),
        f"~~~\nleft x 0.4\nright x 0.6\n\n{RECIPE}~~~\n",
        f"````markdown\n=====\n{RECIPE}````",
        f"```\n{RECIPE}",
    ],
)
def test_a_recipe_is_found_without_a_fence_and_among_other_lines(text: str, tmp_path: Path) -> None:
    assert [parent for _, parent in _card(tmp_path, text).pairs] == [
        "org/base", "org/left", "org/right",
    ]  # fmt: skip


def test_slices_give_layer_ranges(tmp_path: Path) -> None:
    recipe = (
        "slices:\n- sources:\n  - {model: org/left, layer_range: [0, 8]}\n"
        "- sources:\n  - {model: org/right, layer_range: [4, 12]}\n"
        "- sources:\n  - {model: org/left, layer_range: [8, 16]}\nmerge_method: passthrough\n"
    )
    read = _card(tmp_path, f"```\n{recipe}```")
    assert {e.parent: e.layers for e in read.edges} == {
        "org/left": ((0, 8), (8, 16)),
        "org/right": ((4, 12),),
    }


@pytest.mark.parametrize(
    ("t", "weights"),
    [("0.25", [0.75, 0.25]), ("[0, 0.5, 1]", [None, None]), ("[{value: 0.5}]", [None, None])],
)
def test_the_t_of_slerp_says_the_weights_of_its_models(
    t: str, weights: list[float | None], tmp_path: Path
) -> None:
    recipe = (
        "slices:\n- sources:\n  - {model: org/left, layer_range: [0, 8]}\n"
        "  - {model: org/base, layer_range: [0, 8]}\n"
        f"base_model: org/base\nmerge_method: slerp\nparameters: {{t: {t}}}\n"
    )
    base, left = _card(tmp_path, f"```\n{recipe}```").edges
    assert [(base.parent, base.role), left.parent] == [("org/base", "base"), "org/left"]
    assert [base.weight, left.weight] == weights


def test_a_mixture_of_experts_is_a_merge_of_its_experts(tmp_path: Path) -> None:
    recipe = (
        "base_model: org/base\ngate_mode: hidden\nexperts:\n"
        "  - source_model: org/left\n    positive_prompts: [a]\n  - source_model: org/right\n"
    )
    assert _told(_card(tmp_path, f"```yaml\n{recipe}```")) == [
        ("org/base", "base", "moe", None, None),
        ("org/left", "ingredient", "moe", None, None),
        ("org/right", "ingredient", "moe", None, None),
    ]


def test_of_a_recipe_that_a_hub_would_refuse_the_models_are_taken(tmp_path: Path) -> None:
    recipe = RECIPE.replace("dare_ties", "daze_ties")
    read = _card(tmp_path, f"```\n{recipe}```")
    assert len(read.edges) == 3
    assert next((row.line, row.field) for row in read.corrected) == (6, "recipe")
    assert "daze_ties" in read.corrected[0].reason


def test_yaml_that_does_not_parse_is_reported_with_its_line(tmp_path: Path) -> None:
    read = _card(tmp_path, "```yaml\nmerge_method: ties\nmodels: [a, b\ndtype: x\n```\n")
    assert read.edges == []
    assert [(row.line, row.code) for row in read.skipped] == [(8, "malformed")]
    assert "not valid YAML" in read.skipped[0].reason


def test_front_matter_that_does_not_parse_is_reported_and_the_text_is_read(tmp_path: Path) -> None:
    read = _card(tmp_path, FENCED, "license: mit\nbase_model: [a\n")
    assert len(read.edges) == 3
    assert next(row.field for row in read.corrected) == "front matter"


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("base_model: org/a\n", [("org/a", "unknown", "base")]),
        ("base_model: [org/a, org/b]\n", [("org/a", "unknown", "base"),
                                          ("org/b", "unknown", "base")]),
        ("base_model: org/a\nbase_model_relation: quantized\n", [("org/a", "quantized", "base")]),
        ("base_model: org/a\nlibrary_name: peft\n", [("org/a", "adapter", "base")]),
        ("base_model:\n- org/a\n- org/b\ntags: [merge]\n", [("org/a", "merge", "ingredient"),
                                                            ("org/b", "merge", "ingredient")]),
        ("base_model: https://huggingface.co/org/a\n", [("org/a", "unknown", "base")]),
    ],
)  # fmt: skip
def test_base_models_of_the_front_matter_are_parents(
    front: str, expected: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    read = _card(tmp_path, "Words.", front)
    assert [(e.parent, e.relation, e.role) for e in read.edges] == expected
    assert {e.source for e in read.edges} == {"model-card"}


def test_a_base_model_that_the_recipe_names_too_is_one_edge(tmp_path: Path) -> None:
    read = _card(tmp_path, FENCED, "base_model: [ORG/left, org/other]\n")
    assert [(e.parent, e.source) for e in read.edges[2:]] == [
        ("org/right", "merge-card"),
        ("org/other", "model-card"),
    ]


@pytest.mark.parametrize("front", ["license: mit\n", "base_model: []\n", ""])
def test_a_card_without_parents_is_reported(front: str, tmp_path: Path) -> None:
    assert _card(tmp_path, "Words.", front).codes == [(1, "no-parent")]


def test_licence_and_domains_are_facts(tmp_path: Path) -> None:
    front = (
        "base_model: org/a\nlicense: other\nlicense_name: yi-license\ntags: [Medical, x, coding]\n"
    )
    read = _card(tmp_path, "", front)
    assert read.facts == [Facts("me/soup", 1, licence="yi-license", domains=("medical", "code"))]


def test_folders_and_short_names_are_completed_by_links_of_the_card(tmp_path: Path) -> None:
    recipe = (
        RECIPE.replace("org/base", "/home/me/models/org_base")
        .replace("org/left", "left-7B")
        .replace("org/right@v2", "./somewhere/lost")
    )
    text = f"Of [left](https://huggingface.co/org/Left-7B) and org/base.\n```\n{recipe}```"
    read = _card(tmp_path, text)
    assert [e.parent for e in read.edges] == ["org/base", "org/Left-7B"]
    assert [(row.parent, row.code) for row in read.skipped] == [("./somewhere/lost", "local-name")]


def test_a_short_name_that_several_models_have_is_not_guessed(tmp_path: Path) -> None:
    text = "https://huggingface.co/a/left https://huggingface.co/b/left\n```\n"
    read = _card(tmp_path, f"{text}{RECIPE.replace('org/left', 'left')}```")
    assert [row.parent for row in read.skipped] == ["left"]


def test_of_several_recipes_the_one_that_uses_steps_keeps_its_weights(tmp_path: Path) -> None:
    last = (
        "merge_method: linear\nmodels:\n- {model: step-one, parameters: {weight: 0.3}}\n"
        "- {model: org/other, parameters: {weight: 0.7}}\n"
    )
    read = _card(tmp_path, f"{FENCED}\n```yaml\n{last}```\n")
    assert {e.parent: e.weight for e in read.edges} == {
        "org/other": 0.7, "org/base": None, "org/left": None, "org/right": None,
    }  # fmt: skip
    assert [row.parent for row in read.skipped] == ["step-one"]


def test_an_adapter_of_an_ingredient_leads_to_its_model(tmp_path: Path) -> None:
    read = _card(tmp_path, f"```\n{RECIPE.replace('org/left', 'org/left+org/lora')}```")
    assert ("me/soup", "org/left+org/lora") in read.pairs
    assert ("org/left+org/lora", "org/left") in read.pairs


def test_a_recipe_alone_needs_a_name_and_keeps_the_short_names_of_its_models(
    tmp_path: Path,
) -> None:
    text = RECIPE.replace("org/left", "left")
    read = read_text(tmp_path, "recipe.yml", text, name="me/soup")
    assert [e.parent for e in read.edges] == ["org/base", "left", "org/right"]
    assert {e.child for e in read.edges} == {"me/soup"}


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("org/soup/README.md", "", "org/soup"),
        ("x/y/org/soup/README.md", "", "org/soup"),
        ("models--org--soup.md", "", "org/soup"),
        ("org__soup.md", "", "org/soup"),
        ("soup.md", 'model = "me/Soup"', "me/Soup"),
        ("soup.md", "details_me__soup", "me/soup"),
        ("soup.md", "nothing", "soup"),
        ("README.md", "", "told"),
    ],
)
def test_a_card_is_of_the_model_that_its_path_or_its_text_names(
    path: str, text: str, name: str, tmp_path: Path
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\nbase_model: org/a\nmodel-index: [{{name: told}}]\n---\n{text}\n")
    (found,) = files([tmp_path])
    assert {row.child for row in read(found, How()) if isinstance(row, Edge)} == {name}


def test_a_folder_is_read_without_hidden_and_other_files(tmp_path: Path) -> None:
    for name in ("b.md", "a/c.csv", ".git/d.md", "e.safetensors", "f.yml", "g.jsonl.gz"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
    found = [str(file.path.relative_to(tmp_path)) for file in files([tmp_path])]
    assert found == ["a/c.csv", "b.md", "g.jsonl.gz"]


@real
def test_every_real_card_is_imported_or_reported() -> None:
    for file in files([Path(str(DATA)) / "cards"]):
        rows = list(read(file, How()))
        assert any(isinstance(row, Edge | Skipped) for row in rows), file.path.name
        for row in rows:
            assert not isinstance(row, Skipped) or row.reason


@real
def test_real_cards_name_the_parents_that_people_found_in_them() -> None:
    """The ingredients that another program read from the same cards are among ours."""
    folder = Path(str(DATA))
    ours = {
        (row.child.rpartition("/")[2].lower(), row.parent.lower())
        for file in files([folder / "cards"])
        for row in read(file, How())
        if isinstance(row, Edge)
    }
    children = {child for child, _ in ours}
    theirs = {
        (edge.child.rpartition("/")[2].lower(), edge.parent.lower())
        for edge in read_file(folder / "lineage" / "edges.csv").edges
        if edge.source == "card_yaml"
    }
    shared = {pair for pair in theirs if pair[0] in children and "output/" not in pair[1]}
    assert len(shared) > 40
    assert shared - ours == set()


@real
def test_every_line_of_the_real_edge_list_is_an_edge_or_reported() -> None:
    read = read_file(Path(str(DATA)) / "lineage" / "edges.csv")
    assert len(read.edges) + len(read.skipped) == 1212
    assert read.codes == [(688, "self-loop"), (929, "bad-name"), (930, "bad-name")]
    assert json.dumps(sorted({e.relation for e in read.edges})) == '["merge", "unknown"]'


def test_a_card_found_alone_is_named_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "soup"
    folder.mkdir()
    (folder / "README.md").write_text("---\nbase_model: org/a\n---\n")
    rows = list(read(File(folder / "README.md"), How()))
    assert [row.child for row in rows if isinstance(row, Edge)] == ["soup"]
