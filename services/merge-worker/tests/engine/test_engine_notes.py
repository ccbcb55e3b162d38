"""A plan's notes are in the card and the manifest, and nothing in them does harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from merge_worker.engine.planning.noting import LONGEST, MOST, bounded, section


def recipe(workshop: Any) -> dict[str, Any]:
    """A recipe of two models, of which only the second has an output matrix."""
    tied = workshop.llama_config(tie_word_embeddings=True)
    workshop.model("a", workshop.llama(0, tied=True), config=tied)
    workshop.model("b", workshop.llama(1))
    return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


def test_a_note_of_the_plan_is_in_the_card_and_the_manifest(workshop: Any) -> None:
    document = recipe(workshop)
    (note,) = workshop.plan(document).notes
    assert note == "./b has tensors that the output lacks: lm_head.weight"
    workshop.merge(document)
    out = workshop.folder / "out"
    assert f"## Notes\n\n- {note}\n\n## Recipe\n" in (out / "README.md").read_text()
    assert json.loads((out / "manifest.json").read_bytes())["notes"] == [note]


def test_a_merge_without_notes_has_no_section_of_them(workshop: Any) -> None:
    document = recipe(workshop)
    workshop.merge({**document, "models": [{"model": "./a"}]})
    out = workshop.folder / "out"
    assert "Notes" not in (out / "README.md").read_text()
    assert json.loads((out / "manifest.json").read_bytes())["notes"] == []


def test_a_base_that_is_not_merged_is_noted_in_the_card(workshop: Any) -> None:
    document = recipe(workshop)
    workshop.model("c", workshop.llama(2))
    slerp = {"merge_method": "slerp", "parameters": {"t": 0.5}, "base_model": "./c"}
    workshop.merge({**document, **slerp})
    assert "- ./c is not merged" in Path(workshop.folder, "out", "README.md").read_text()


def test_a_base_that_a_method_has_no_use_for_is_noted(workshop: Any) -> None:
    document = recipe(workshop)
    workshop.model("c", workshop.llama(2))
    named = {**document, "base_model": "./c"}
    said = "./c is not merged: linear has no base; "
    assert workshop.plan(named).notes[0] == f"{said}only its tokenizer counts"
    assert workshop.plan({**named, "tokenizer_source": "./a"}).notes[0] == f"{said}it is not used"
    models = [*document["models"], {"model": "./c"}]
    assert not any("is not merged" in n for n in workshop.plan({**named, "models": models}).notes)


@pytest.mark.parametrize("first", ["a", "b"])
def test_integers_are_copied_from_the_first_model_and_noted(workshop: Any, first: str) -> None:
    tensors = workshop.llama(0)
    name = "model.layers.1.mlp.up_proj.weight"
    for model in "ab":
        workshop.model(model, tensors, "F32")
    whole = {**tensors, name: np.full(tensors[name].shape, 3, np.int32)}
    save_file(whole, workshop.folder / "b" / "model.safetensors", {"format": "pt"})
    order = sorted("ab", reverse=first == "b")
    document = {"merge_method": "linear", "models": [{"model": f"./{each}"} for each in order]}
    (note,) = workshop.plan(document).notes
    assert note == f"{name}: integer tensors are not merged but copied from ./{first}"
    workshop.merge(document)
    out = load_file(workshop.folder / "out" / "model.safetensors")
    assert np.array_equal(out[name], (tensors if first == "a" else whole)[name])
    assert np.array_equal(out["model.norm.weight"], tensors["model.norm.weight"])


def test_notes_are_bounded_in_number_and_length() -> None:
    notes = bounded([*(f"{i} {'x' * 1000}" for i in range(1000)), "0 " + "x" * 1000])
    assert len(notes) == MOST
    assert max(map(len, notes)) == LONGEST
    assert notes[0].endswith("x…")
    assert notes[-1] == f"There are {1000 - MOST + 1} more notes."


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\n# Not ours", "\u202eright to left", "\ud800"])
def test_a_name_in_a_note_neither_moves_a_cursor_nor_begins_a_line(hostile: str) -> None:
    (note,) = bounded([f"the tensor {hostile}"])
    assert note.isprintable()
    assert section([note]).count("\n") == 4


def test_a_note_is_text_in_the_card_no_tag_link_or_code() -> None:
    assert "\\<script>" in section(["<script>"])
    assert "[x]\\(https://x)" in section(["[x](https://x)"])
    assert "\\`x\\`" in section(["`x`"])


def test_notes_are_the_same_for_any_number_of_parts(workshop: Any) -> None:
    from merge_worker.engine import Part, merge_part

    plan = workshop.plan(recipe(workshop))
    for number in (1, 2):
        merge_part(plan, workshop.folder / "out", Part(number, 2))
    manifest = json.loads(Path(workshop.folder, "out", "manifest.json").read_bytes())
    assert manifest["notes"] == list(plan.notes)
    assert np.isfinite(workshop.read(workshop.folder / "out")["model.norm.weight"]).all()
