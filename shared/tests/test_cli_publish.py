"""`publish` and `submit` before they ask a hub, and options that an existing recipe refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from scripted import body, refuse, scripted

from mergehub.cli.main import main

GOOD = "merge_method: linear\nmodels: [{model: a}, {model: b}]\n"
BAD = "merge_method: linear\nmodels: [{model: a}, {model: b}]\ndtype: bfloat17\n"
VERSION = {"number": 2, "digest": "sha256:2"}


@pytest.fixture
def soup(tmp_path: Path) -> str:
    file = tmp_path / "soup.yml"
    file.write_text(GOOD)
    return str(file)


def _publish(soup: str, visibility: str, *options: str) -> tuple[Result, list[str]]:
    """The result of publishing while `me/soup` exists, and the requested paths."""
    known = {"id": "7", "name": "soup", "visibility": visibility, "version": {"number": 1}}
    with scripted(body(known), body(VERSION | {"twins": []}, 201)) as hub:
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
    assert f"{flags} can only be given with a first version" in done.stderr
    assert len(asked) == 1


def test_a_public_recipe_gets_no_version_that_was_meant_to_be_private(soup: str) -> None:
    done, asked = _publish(soup, "public", "--private")
    assert done.exit_code == 1
    assert "me/soup exists and is public" in done.stderr
    assert "Nothing was published" in done.stderr
    assert "another --name" in done.stderr
    assert "mergehub recipes change me/soup" in done.stderr
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("visibility", "options"),
    [("private", ["--private"]), ("public", []), ("unlisted", ["--unlisted"])],
)
def test_a_version_is_published_where_the_options_hold_already(
    soup: str, visibility: str, options: list[str]
) -> None:
    done, asked = _publish(soup, visibility, *options)
    assert done.exit_code == 0, done.output
    assert asked[1] == "/v1/recipes/7/versions"


def test_publishing_shows_the_warnings_of_the_hub(soup: str) -> None:
    warning = {
        "pointer": "/recipe#/models",
        "line": 2,
        "code": "no-shared-base",
        "detail": "these models share no base",
        "suggestion": None,
    }
    twin = {"owner": "lab", "name": "stew", "number": 3}
    first = {"version": VERSION, "warnings": [warning], "twins": [twin]}
    with scripted(refuse(404), body(first, 201)) as hub:
        command = ["--url", hub.url, "publish", soup, "--name", "me/soup", "--licence", "MIT"]
        done = CliRunner().invoke(main, command)
        assert json.loads(hub.asked[1].body)["licence"] == "mit"
    assert done.exit_code == 0, done.output
    assert done.stderr == (
        "  /models (line 2)  these models share no base\n"
        "The same recipe is published as lab/stew@3.\n"
    )


def test_a_version_goes_to_the_recipe_that_had_the_name(soup: str) -> None:
    known = {"id": "7", "name": "stew", "visibility": "public", "version": {"number": 1}}
    moved = refuse(308, Location="/v1/recipes/named/me/stew")
    with scripted(moved, body(known), body(VERSION | {"twins": []}, 201)) as hub:
        command = ["--url", hub.url, "publish", soup, "--name", "me/soup"]
        done = CliRunner().invoke(main, command)
        assert [each.path for each in hub.asked] == [
            "/v1/recipes/named/me/soup", "/v1/recipes/named/me/stew", "/v1/recipes/7/versions",
        ]  # fmt: skip
    assert done.stdout == "stew version 2  sha256:2\n"
    assert done.stderr == ""


def test_publishing_the_newest_version_again_says_that_nothing_was_published(soup: str) -> None:
    known = {"id": "7", "name": "soup", "visibility": "public", "version": VERSION}
    with scripted(body(known), body(VERSION | {"twins": []})) as hub:
        command = ["--url", hub.url, "publish", soup, "--name", "me/soup"]
        done = CliRunner().invoke(main, command)
    assert done.stdout == "soup version 2  sha256:2\n"
    assert done.stderr == "Nothing was published: this is the newest version already.\n"


@pytest.mark.parametrize(
    "command", [["publish", "-", "--name", "x"], ["fork", "x"], ["recipes", "change", "x"]]
)
def test_a_licence_that_is_not_known_is_a_wrong_command_line(command: list[str]) -> None:
    with scripted() as hub:
        wrong = ["--url", hub.url, *command, "--licence", "apache-2.1"]
        done = CliRunner().invoke(main, wrong, input=GOOD)
        assert hub.asked == []
    assert done.exit_code == 2
    assert "did you mean apache-2.0?" in done.stderr


@pytest.mark.parametrize("given", ["-", "My Recipe_2.yml"])
def test_what_has_no_name_for_a_recipe_asks_for_one(given: str, tmp_path: Path) -> None:
    (tmp_path / "My Recipe_2.yml").write_text(GOOD)
    file = given if given == "-" else str(tmp_path / given)
    done = CliRunner().invoke(main, ["publish", file], input=GOOD)
    assert done.exit_code == 2
    assert "--name" in done.stderr


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


WORDS = ["secret", "secret@2", "lab/secret"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_could_be_a_recipe_is_one_whatever_files_are_there(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab").mkdir()
    (tmp_path / word).write_text("my-password\n")
    known = {"id": "7", "version": {"id": "v2", "number": 2}}
    second = [body({"id": "v2", "number": 2})] if "@" in word else []
    found = body(known if "/" in word else {"items": [known]})
    with scripted(found, *second, body({"detail": "no"}, 400)) as hub:
        command = ["--url", hub.url, "submit", word, "--name", "me/x"]
        done = CliRunner().invoke(main, command)
        assert [asked.path for asked in hub.asked][-1] == "/v1/runs"
    assert "my-password" not in done.output


@pytest.mark.parametrize("word", [*WORDS, "My Secret"])
def test_where_no_recipe_has_the_name_of_a_file_it_says_how_to_name_the_file(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab").mkdir()
    (tmp_path / word).write_text("my-password\n")
    none = body({"items": [], "suggestions": []})
    replies = [refuse(404), none, none] if "/" in word else [none, refuse(401), none]
    with scripted(*(replies if word in WORDS else [none])) as hub:
        command = ["--url", hub.url, "submit", word, "--name", "me/x"]
        done = CliRunner().invoke(main, command)
    assert done.exit_code == 1
    assert f"write ./{word}" in done.stderr
    assert "my-password" not in done.output


@pytest.mark.parametrize("word", ["./secret", "../here/secret", "secret.json", "{here}/secret"])
def test_a_suffix_or_a_path_names_a_file(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("secret", "secret.json"):
        (here / name).write_text(BAD)
    with scripted() as hub:
        command = ["--url", hub.url, "submit", word.format(here=here), "--name", "me/x"]
        done = CliRunner().invoke(main, command)
        assert hub.asked == []
    assert "has one fault" in done.stderr


def test_a_file_in_the_home_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "soup").write_text(BAD)
    done = CliRunner().invoke(main, ["submit", "~/soup", "--name", "me/x"])
    assert "has one fault" in done.stderr


@pytest.mark.parametrize("word", ["soup @1", "Soup", "lab/my_soup", "a/b/c", "soup/"])
@pytest.mark.parametrize("command", [["submit", "--name", "me/x"], ["show"]])
def test_what_cannot_be_a_recipes_name_is_said_in_the_shells_words(
    word: str, command: list[str]
) -> None:
    with scripted(body({"items": []})) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, *command, word])
    assert done.exit_code == 1
    assert "cannot be the name of a recipe" in done.stderr
    assert "soup@2" in done.stderr
    assert "/query" not in done.output
