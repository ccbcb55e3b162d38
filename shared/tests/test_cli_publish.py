"""`publish` and `submit` before a hub is asked, and what a recipe that exists cannot be given."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mergehub.cli.main import main

sys.path.insert(0, str(Path(__file__).parent))
from scripted import body, scripted

GOOD = "merge_method: linear\nmodels: [{model: a}, {model: b}]\n"
BAD = "merge_method: linear\nmodels: [{model: a}, {model: b}]\ndtype: bfloat17\n"
VERSION = {"number": 2, "digest": "sha256:2"}


@pytest.fixture
def soup(tmp_path: Path) -> str:
    file = tmp_path / "soup.yml"
    file.write_text(GOOD)
    return str(file)


def _publish(soup: str, visibility: str, *options: str) -> tuple[Result, list[str]]:
    """What is said where `me/soup` exists, and the paths that were asked for."""
    known = {"items": [{"id": "7", "visibility": visibility}]}
    with scripted(body(known), body(VERSION, 201)) as hub:
        command = ["--url", hub.url, "--token", "t", "publish", soup, "--name", "me/soup"]
        done = CliRunner().invoke(main, [*command, *options])
        return done, [asked.path for asked in hub.asked]


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        (["--title", "Soup"], "--title"),
        (["--description", ""], "--description"),
        (["--tag", "chat", "--domain", "law"], "--tag, --domain"),
        (["--private", "--title", "Soup"], "--title, --private"),
    ],
)
def test_what_only_a_first_version_can_be_given_is_refused_with_a_later_one(
    soup: str, options: list[str], flags: str
) -> None:
    done, asked = _publish(soup, "public", *options)
    assert done.exit_code == 1
    assert f"{flags} can only be said of a first version" in done.stderr
    assert len(asked) == 1


def test_a_public_recipe_gets_no_version_that_was_meant_to_be_private(soup: str) -> None:
    done, asked = _publish(soup, "public", "--private")
    assert done.exit_code == 1
    assert "me/soup exists and is public" in done.stderr
    assert "nothing was published" in done.stderr
    assert "another --name" in done.stderr
    assert "PATCH /v1/recipes/7" in done.stderr
    assert len(asked) == 1


@pytest.mark.parametrize(("visibility", "options"), [("private", ["--private"]), ("public", [])])
def test_a_version_is_published_where_the_options_hold_already(
    soup: str, visibility: str, options: list[str]
) -> None:
    done, asked = _publish(soup, visibility, *options)
    assert done.exit_code == 0, done.output
    assert asked[1] == "/v1/recipes/7/versions"


@pytest.mark.parametrize("given", ["-", "My Recipe_2.yml"])
def test_what_has_no_name_for_a_recipe_asks_for_one(given: str, tmp_path: Path) -> None:
    (tmp_path / "My Recipe_2.yml").write_text(GOOD)
    file = given if given == "-" else str(tmp_path / given)
    done = CliRunner().invoke(main, ["publish", file], input=GOOD)
    assert done.exit_code == 2
    assert "give --name" in done.stderr


@pytest.mark.parametrize("given", ["-", "bad.yml"])
def test_what_is_submitted_is_checked_here_first_as_check_does(given: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(BAD)
    file = given if given == "-" else str(tmp_path / given)
    checked = CliRunner().invoke(main, ["check", file], input=BAD)
    with scripted() as hub:
        command = ["--url", hub.url, "submit", file, "--name", "me/soup"]
        submitted = CliRunner().invoke(main, command, input=BAD)
        assert hub.asked == []
    assert "(line 3)" in checked.stderr
    assert (submitted.exit_code, submitted.stderr) == (1, checked.stderr)


def test_a_seed_below_nothing_is_a_wrong_command_line(soup: str) -> None:
    done = CliRunner().invoke(main, ["submit", soup, "--name", "me/soup", "--seed", "-1"])
    assert done.exit_code == 2
    assert "-1 is not in the range" in done.stderr


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["submit", "soup", "--name", "me soup"], "--name"),
        (["submit", "soup", "--name", "me/"], "--name"),
        (["submit", "soup", "--name", "x" * 201], "--name"),
        (["submit", "soup", "--name", "soup", "--seed", str(2**63)], "--seed"),
        (["evaluate", "soup", "--benchmark", "da tes"], "--benchmark"),
    ],
)
def test_a_value_that_the_hub_would_refuse_is_a_wrong_command_line(
    command: list[str], option: str
) -> None:
    with scripted() as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, *command])
        assert hub.asked == []
    assert done.exit_code == 2
    assert f"Invalid value for '{option}'" in done.stderr
