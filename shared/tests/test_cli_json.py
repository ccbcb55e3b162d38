"""`--json`: every command has it, and then prints only JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from scripted import body, scripted

from mergehub.cli.json_option import show_json_line
from mergehub.cli.main import main
from mergehub.json_text import json_text


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command, nested groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


def _command(words: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


COMMANDS = list(_commands(main))
DOCTOR = ("doctor",)  # what it finds wrong is its result


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_can_print_json(words: tuple[str, ...]) -> None:
    options = [option for each in _command(words).params for option in each.opts]
    assert "--json" in options


@pytest.mark.parametrize("words", sorted({*COMMANDS} - {DOCTOR}), ids=" ".join)
def test_a_failure_is_json_on_standard_error(words: tuple[str, ...], tmp_path: Path) -> None:
    """Each command gets its arguments, but no hub, no folder, or a recipe with a fault."""
    recipe = tmp_path / "recipe.yml"
    recipe.write_text("merge_method: lienar\n")
    given = {
        "file": str(recipe), "out": str(tmp_path / "out"), "recipe": "soup", "run": "c0ffee00",
        "model": "soup", "paths": str(recipe), "other": "stew", "others": "stew", "kind": "bases",
        "name": "no-such-thing", "what": "soup", "target": str(tmp_path / "x.tar"),
        "url": "https://example.com/hook", "webhook": "c0ffee00", "parent": "stew",
        "number": "1", "base": "stew", "models": "soup", "words": "soup", "text": "Hm.",
        "old": "soup", "new": "stew", "folder": str(tmp_path / "model"),
        "destination": "hf://me/soup",
    }  # fmt: skip
    options = {"model_name": "--name=me/soup", "benchmarks": "--benchmark=next"}
    options |= {
        "format": "--format=csv",
        "scopes": "--scope=runs:submit",
        "data": f"--data={recipe}",
        "reason": "--reason=no",
        "title": "--title=Soups",
        "summary": "--summary=Soups.",
    }
    options |= {"texts": f"--text={recipe}", "files": f"--items={recipe}", "of_hub": "--hub"}
    arguments = list(words)
    for parameter in _command(words).params:
        assert parameter.name is not None
        if isinstance(parameter.type, click.Choice) and isinstance(parameter, click.Argument):
            arguments.append(parameter.type.choices[0])
        elif isinstance(parameter, click.Argument):
            arguments.append(given[parameter.name])
        elif parameter.name in options:
            arguments.append(options[parameter.name])
    env = {"MERGEHUB_URL": "http://127.0.0.1:9", "MERGEHUB_LOGINS": str(tmp_path / "logins.json")}
    done = CliRunner().invoke(main, [*arguments, "--json"], env=env)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    failure = json.loads(done.stderr)
    assert failure["error"]
    assert all(fault["message"] for fault in failure["faults"])


def test_a_check_lists_its_faults_as_json(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yml"
    recipe.write_text("merge_method: linear\nmodels: [{model: a}, {model: b}]\ndtpye: bfloat16\n")
    failure = json.loads(CliRunner().invoke(main, ["check", str(recipe), "--json"]).stderr)
    assert failure["faults"] == [
        {
            "path": "/dtpye",
            "line": 3,
            "message": "there is no field 'dtpye' here",
            "suggestion": "did you mean 'dtype'?",
            "code": "unknown-field",
        }
    ]


def test_a_refusal_of_the_hub_lists_its_faults_as_a_check_does() -> None:
    fault = {"pointer": "/q", "detail": "is wrong", "suggestion": None, "code": "x", "line": 4}
    about = {"code": "invalid", "title": "No", "type": "/docs/problems/invalid"}
    with scripted(body({"detail": "Not valid: /q.", "errors": [fault], **about}, 422)) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "runs", "--json"])
    told = {"path": "/q", "line": 4, "message": "is wrong", "suggestion": None, "code": "x"}
    assert json.loads(done.stderr) == {"error": "Not valid: /q.", "faults": [told]}


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "θ é 😀"), ("latin-1", "\\u03b8 é \\ud83d\\ude00")]
)
def test_json_has_the_letters_that_its_reader_can_read(encoding: str, shown: str) -> None:
    text = json_text("θ é 😀", encoding=encoding)
    assert text == f'"{shown}"'
    assert json.loads(text) == "θ é 😀"


def test_greek_of_a_formula_is_written_as_utf_8() -> None:
    done = CliRunner().invoke(main, ["methods", "ties", "--json"])
    assert "θ" in done.stdout
    assert "\\u" not in done.stdout


def test_no_control_character_reaches_a_terminal_through_json() -> None:
    hostile = "".join(map(chr, [*range(32), 0x7F, *range(0x80, 0xA0), 0x202E, 0x2028, 0xD800]))
    text = json_text({"a": hostile}, indent=2)
    assert [each for each in text if not each.isprintable() and each != "\n"] == []
    assert json.loads(text) == {"a": hostile}


def test_methods_are_json() -> None:
    listed = json.loads(CliRunner().invoke(main, ["methods", "--json"]).stdout)
    one = json.loads(CliRunner().invoke(main, ["methods", "ties", "--json"]).stdout)
    assert one in listed
    assert one["name"] == "ties"


def test_times_are_written_as_rfc_3339_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    show_json_line({"created_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)})
    assert json.loads(capsys.readouterr().out) == {"created_at": "2026-01-02T03:04:05Z"}
