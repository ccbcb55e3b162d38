"""Recipes in the files of strangers: YAML of several documents, model cards, JSON Lines."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergehub.lineage_files.reading import File
from mergehub.lineage_files.rows import Unreadable
from mergehub.recipe import RecipeError, parse_recipe, parse_to_merge, recipe_digest
from mergehub.recipe_files.documents import documents
from mergehub.recipe_files.reading import Names, files, read
from mergehub.recipe_files.rows import Found, Refused, slug

DATA = os.environ.get("MERGEHUB_REAL_DATA")
real = pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of recipes")

RECIPE = "merge_method: linear\nmodels:\n  - {model: org/left, parameters: {weight: 1}}\n"
STEP = "name: first step\n" + RECIPE


def rows(folder: Path, name: str, text: str, called: str | None = None) -> list[Found | Refused]:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return list(read(File(path), name=called))


def found(folder: Path, name: str, text: str, called: str | None = None) -> list[Found]:
    read_rows = rows(folder, name, text, called)
    assert all(isinstance(row, Found) for row in read_rows), read_rows
    return [row for row in read_rows if isinstance(row, Found)]


def test_a_file_of_one_recipe_stays_byte_for_byte(tmp_path: Path) -> None:
    text = f"# mine\n---\n{RECIPE}"
    (row,) = found(tmp_path, "My Soup_v2.yml", text)
    assert (row.line, row.name, row.text) == (1, "my-soup-v2", text)
    assert row.about == {"title": "My Soup_v2"}


def test_each_document_of_a_file_is_a_recipe_with_its_line(tmp_path: Path) -> None:
    text = f"%YAML 1.2\n---\n{STEP}---\n# nothing\n---\n{RECIPE}...\n"
    first, last = found(tmp_path, "soup.yaml", text)
    assert [(first.line, first.name), (last.line, last.name)] == [
        (2, "soup-first-step"), (9, "soup"),
    ]  # fmt: skip
    for row in (first, last):
        assert recipe_digest(parse_recipe(row.text)) == recipe_digest(parse_recipe(RECIPE))


def test_a_fault_in_a_later_document_has_its_line_in_the_file(tmp_path: Path) -> None:
    wrong = RECIPE.replace("linear", "linaer")
    _, row = found(tmp_path, "soup.yml", f"{RECIPE}---\n{wrong}")
    with pytest.raises(RecipeError) as caught:
        parse_to_merge(row.text)
    assert row.line_of(caught.value.faults[0].line) == 5


@given(
    st.lists(
        st.tuples(st.sampled_from(["---\n", "--- # a\n", "...\n---\n", "\n---\n"]), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_splitting_keeps_every_document_on_its_line(parts: list[tuple[str, bool]]) -> None:
    text = RECIPE + "".join(mark + (RECIPE if full else "# no\n") for mark, full in parts)
    blocks = documents(text)
    lines = text.splitlines()
    assert len(blocks) == 1 + sum(full for _, full in parts)
    for block in blocks:
        skipped = next(n for n, line in enumerate(block.text.splitlines()) if "merge_" in line)
        assert lines[block.line - 1 + skipped] == "merge_method: linear"


def test_a_card_gives_its_recipes_what_the_front_matter_says(tmp_path: Path) -> None:
    front = "license: Apache 2.0\ntags: [merge, Some Tag, 'a/b', code]\n"
    card = f"---\n{front}---\n# Soup\n\n```yaml\n{RECIPE}```\n"
    (row,) = found(tmp_path, "org__Soup-7B.md", card)
    assert (row.name, row.line) == ("soup-7b", 8)
    assert row.about["licence"] == "apache-2.0"
    assert row.about["tags"] == ["merge", "some-tag", "a-b", "code"]
    assert row.about["domains"] == ["code"]
    assert row.about["title"] == "Soup-7B"
    assert row.about["description"].startswith("# Soup")


def test_a_card_without_a_recipe_is_refused(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, "soup.md", "---\nlicense: mit\n---\nNo recipe here.\n")
    assert isinstance(row, Refused)
    assert (row.code, row.line) == ("no-recipe", 1)


def test_a_licence_that_nobody_knows_is_another_one(tmp_path: Path) -> None:
    card = f"---\nlicense: my-own-terms\n---\n```yaml\n{RECIPE}```\n"
    (row,) = found(tmp_path, "soup.md", card)
    assert row.about["licence"] == "other"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "malformed"),
        ("[1]", "malformed"),
        ('{"name": "a"}', "malformed"),
        (json.dumps({"name": "a", "recipe": RECIPE, "colour": "red"}), "unknown-field"),
        (json.dumps({"name": "a", "recipe": RECIPE, "digest": "sha256:0"}), "other-digest"),
        ("x" * 2_000_000, "too-long"),
    ],
)
def test_a_line_that_is_no_recipe_is_refused_and_the_next_is_read(
    tmp_path: Path, line: str, code: str
) -> None:
    good = json.dumps({"name": "b", "recipe": RECIPE, "title": "B"})
    refused, row = rows(tmp_path, "all.jsonl", f"{line}\n{good}\n")
    assert isinstance(refused, Refused)
    assert (refused.line, refused.code) == (1, code)
    assert isinstance(row, Found)
    assert (row.line, row.name, row.about, row.line_of(7)) == (2, "b", {"title": "B"}, 2)


def test_a_line_that_is_not_json_is_refused_with_the_place_in_the_line(tmp_path: Path) -> None:
    (refused,) = rows(tmp_path, "all.jsonl", '{"name": "a"\n')
    assert isinstance(refused, Refused)
    assert refused.reason == "the line is not JSON at character 14: Expecting ',' delimiter"


def test_a_file_that_does_not_exist_is_not_asked_for_its_format(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nosuch cannot be read: No such file"):
        list(read(File(tmp_path / "nosuch")))


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"name": "b", "recipe": RECIPE}).encode()))
    (row,) = read(File(path))
    assert isinstance(row, Found)


def test_a_file_that_names_nothing_needs_a_name_or_a_format(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="--format"):
        rows(tmp_path, "soup.txt", RECIPE)
    with pytest.raises(Unreadable, match="omit --name"):
        rows(tmp_path, "all.jsonl", "", called="soup")
    (refused,) = rows(tmp_path, "日本.yml", RECIPE)
    assert isinstance(refused, Refused)
    assert refused.code == "no-name"


def test_two_files_of_one_name_do_not_become_versions_of_each_other(tmp_path: Path) -> None:
    names = Names()
    (row,) = found(tmp_path, "soup.yml", RECIPE)
    assert names.checked("a", row) is row
    assert names.checked("a", row) is row
    refused = names.checked("b", row)
    assert isinstance(refused, Refused)
    assert (refused.code, "a has a recipe" in refused.reason) == ("same-name", True)


@given(st.text(max_size=300))
def test_a_slug_is_always_a_name_or_empty_and_stays_as_it_is(name: str) -> None:
    made = slug(name)
    assert slug(made) == made
    assert len(made) <= 100
    assert not made or made.replace("-", "a").isalnum()
    assert "--" not in made


@real
@pytest.mark.parametrize(
    ("folder", "accepted", "refused"), [("recipes", 200, 31), ("cards", 32, 7)]
)
def test_all_real_recipes_are_read_under_names_of_their_own(
    folder: str, accepted: int, refused: int
) -> None:
    counts: Counter[bool] = Counter()
    names = Names()
    for file in files([Path(str(DATA)) / folder]):
        for row in read(file):
            kept = names.checked(str(file.path), row)
            assert isinstance(kept, Found), kept
            counts[_is_valid(kept.text)] += 1
    assert (counts[True], counts[False]) == (accepted, refused)


def _is_valid(text: str) -> bool:
    try:
        parse_to_merge(text)
    except RecipeError:
        return False
    return True
