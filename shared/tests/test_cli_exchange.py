"""`mergehub import` and `mergehub export` before hubs whose answers go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from huggingface_hub import constants
from scripted import Handler, Reply, Scripted, body, lose, scripted

from mergehub.cli.commands.exchange import batches
from mergehub.cli.commands.exchange import report as exchange_report
from mergehub.cli.main import main

RECIPE = "merge_method: linear\nmodels:\n  - {model: org/left, parameters: {weight: 1}}\n"
ME = body({"account": {"handle": "me"}})


def run(hub: Scripted, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["--url", hub.url, "--token", "t", *words], input=stdin)


def report(done: Result) -> dict[str, Any]:
    assert done.stdout, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def bodies(hub: Scripted) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in hub.asked if each.path == "/v1/recipes/import"]


def brought(*rows: tuple[int, str]) -> Reply:
    told = [
        {
            "line": line, "outcome": "published", "recipe": None, "name": name, "number": 1,
            "digest": "sha256:0",
        }
        for line, name in rows
    ]  # fmt: skip
    return body({"dry_run": False, "owner": "me", "brought": told, "refused": []})


def unreadable_row(handler: Handler) -> None:
    fault = {
        "pointer": "/recipes/0/title", "code": "too_long", "detail": "is too long",
        "suggestion": None, "line": None,
    }  # fmt: skip
    problem = {"title": "", "detail": "", "code": "invalid", "type": "", "status": 422}
    body({**problem, "errors": [fault]}, 422)(handler)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yml").write_text(RECIPE)
    (tmp_path / "notes.txt").write_text("no recipe")
    return tmp_path


def test_a_row_that_the_hub_cannot_read_is_left_out_and_named(folder: Path) -> None:
    with scripted(ME, unreadable_row, brought((2, "b"))) as hub:
        done = report(run(hub, "import", str(folder), "--json"))
    assert [[row["name"] for row in each["recipes"]] for each in bodies(hub)] == [["a", "b"], ["b"]]
    (refused,) = done["refused"]
    assert (refused["file"], refused["line"]) == ("a.yml", 1)
    assert refused["reason"] == "title: is too long"
    assert [(each["name"], each["file"]) for each in done["recipes"]] == [("me/b", "b.yml")]


def test_people_see_which_recipe_each_file_became(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(ME, brought((1, "a"), (2, "b"))) as hub:
        done = run(hub, "import", str(folder), "--dry-run")
    said, *rest = done.stdout.splitlines()
    assert "dry run" in said
    rows = [each.split() for each in rest]
    assert ["a.yml:1", "me/a", "published"] in rows
    assert ["b.yml:1", "me/b", "published"] in rows
    monkeypatch.setattr(exchange_report, "SHOWN", 1)
    with scripted(ME, brought((1, "a"), (2, "b"))) as hub:
        assert "and 1 more; --all shows them" in run(hub, "import", str(folder)).stdout


def test_an_import_whose_answer_is_lost_is_sent_again_with_the_same_key(folder: Path) -> None:
    with scripted(ME, lose, brought((1, "a"), (2, "b"))) as hub:
        done = report(run(hub, "import", str(folder), "--json"))
    assert done["counts"]["published"] == 2
    keys = [value for value in hub.sent("idempotency-key") if value]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_many_recipes_are_sent_in_batches(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_ROWS", 1)
    with scripted(ME, brought((1, "a")), brought((2, "b"))) as hub:
        done = report(run(hub, "import", str(folder), "--owner", "lab", "--private", "--json"))
    assert done["counts"] == {"published": 2, "version": 0, "known": 0, "refused": 0}
    told = [(len(each["recipes"]), each["owner"], each["visibility"]) for each in bodies(hub)]
    assert told == [(1, "lab", "private")] * 2


def test_standard_input_needs_a_name_and_a_format() -> None:
    with scripted(ME, ME, ME, brought((1, "soup"))) as hub:
        assert "--format" in run(hub, "import", "-", stdin=RECIPE).output
        nameless = run(hub, "import", "-", "--format", "yaml", stdin=RECIPE)
        assert (nameless.exit_code, "--name" in nameless.output) == (1, True)
        words = ("import", "-", "--format", "yaml", "--name", "soup", "--json")
        assert report(run(hub, *words, stdin=RECIPE))["counts"]["published"] == 1


def line(number: int) -> str:
    return json.dumps({"name": "soup", "number": number, "at": f"id@{number}"}) + "\n"


def lines(*pieces: str, whole: bool) -> Reply:
    """A stream of pieces that ends, or is cut."""

    def reply(handler: Handler) -> None:
        handler.begin(200, Content_Type="application/x-ndjson", Transfer_Encoding="chunked")
        for piece in pieces:
            data = piece.encode()
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        if whole:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.cut()

    return reply


def test_an_export_that_is_cut_off_goes_on_after_its_last_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    cut = lines(line(1), line(2) + line(3)[:10], whole=False)
    with scripted(cut, lines(line(3), whole=True)) as hub:
        done = run(hub, "export", "--everything", "--owner", "lab", "-o", str(file))
    assert done.exit_code == 0, done.output
    assert file.read_text() == line(1) + line(2) + line(3)
    assert [each.path for each in hub.asked] == [
        "/v1/recipes/export?owner=lab",
        "/v1/recipes/export?owner=lab&after=id%402",
    ]


def test_an_export_that_is_cut_off_again_and_again_leaves_no_file(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    with scripted(*[lines(whole=False)] * 3) as hub:
        done = run(hub, "export", "--everything", "-o", str(file))
    assert done.exit_code == 1, done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [(), ("soup", "--everything"), ("soup", "--owner", "a"), ("--everything", "--as", "card")],
)
def test_options_that_contradict_each_other_are_refused(words: tuple[str, ...]) -> None:
    with scripted() as hub:
        assert run(hub, "export", *words).exit_code == 2


# From the Hugging Face Hub: a stand-in that has files at the addresses where the Hub has them.

CARD = f"---\nlicense: mit\ntags: [merge]\n---\n\n```yaml\n{RECIPE}```\n"


ASKED = 5
"""At most; the library of the Hub asks more than we do."""


def files_of_hub(**files: str) -> Any:
    """Answers for `org/Soup-7B`, and for the private `org/closed`; all else is not there."""

    def reply(handler: Handler) -> None:
        folder, _, name = handler.path.rpartition("/")
        found = files.get(name.partition(".")[0].lower()) if "Soup-7B" in folder else None
        content = (found or "Entry not found").encode()
        missing = 401 if "/closed/" in folder else 404
        handler.begin(200 if found else missing, Content_Length=str(len(content)))
        handler.wfile.write(content)

    return reply


@pytest.fixture
def hugging_face(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    with scripted() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        yield hub


def test_the_recipe_of_a_repository_has_what_its_card_says(hugging_face: Scripted) -> None:
    found = files_of_hub(readme=CARD, mergekit_config=f"# exact\n{RECIPE}")
    hugging_face.replies = [found] * ASKED
    with scripted(ME, brought((1, "soup-7b"))) as hub:
        done = report(run(hub, "import", "--repository", "org/Soup-7B@v1/x", "--json"))
    assert [each["name"] for each in done["recipes"]] == ["me/soup-7b"]
    ((row,),) = [each["recipes"] for each in bodies(hub)]
    assert (row["recipe"], row["licence"], row["tags"]) == (f"# exact\n{RECIPE}", "mit", ["merge"])
    assert [each.path for each in hugging_face.asked if "/resolve/" in each.path] == [
        f"/org/Soup-7B/resolve/v1%2Fx/{name}" for name in ("README.md", "mergekit_config.yml")
    ]


def test_a_repository_without_a_config_gives_the_recipe_of_its_card(
    hugging_face: Scripted,
) -> None:
    found = files_of_hub(readme=CARD)
    hugging_face.replies = [found] * ASKED
    with scripted(ME, brought((1, "mine"))) as hub:
        words = ("import", "--repository", "org/Soup-7B", "--name", "mine", "--json")
        done = report(run(hub, *words))
    assert done["counts"]["published"] == 1
    assert bodies(hub)[0]["recipes"][0]["recipe"].strip() == RECIPE.strip()


def test_repositories_that_are_none_are_named(hugging_face: Scripted) -> None:
    hugging_face.replies = [files_of_hub()] * ASKED
    repositories = ("org/absent", "org/closed", "../etc/passwd")
    options = [word for each in repositories for word in ("--repository", each)]
    with scripted(ME) as hub:
        done = run(hub, "import", *options, "--json")
    assert done.exit_code == 1
    told = report(done)
    assert [(row["file"], row["code"]) for row in told["refused"]] == [("org/absent", "no-recipe")]
    reasons = {row["file"]: row["reason"] for row in told["unreadable"]}
    assert reasons.keys() == {"org/closed", "../etc/passwd"}
    assert "HF_TOKEN" in reasons["org/closed"]
