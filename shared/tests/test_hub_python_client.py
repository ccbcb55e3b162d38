"""The generator of the Python client: the code that it writes, and that it notices changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tools.python_client import functions, schemas
from tools.python_client.__main__ import CLIENT, formatted, main

OPENAPI = Path(__file__).parents[2] / "clients" / "openapi"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    for file in OPENAPI.glob("*.json"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.mark.process
def test_what_is_generated_is_what_the_documents_say(documents: Path) -> None:
    assert main(["--check", "--documents", str(documents)]) == 0


@pytest.mark.process
def test_a_client_that_is_behind_is_named(
    documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = documents / "lineage.json"
    document = json.loads(file.read_text())
    document["paths"]["/v1/graph/new"] = {
        "get": {"operationId": "read_new", "summary": "New", "responses": {"204": {}}}
    }
    file.write_text(json.dumps(document))
    assert main(["--check", "--documents", str(documents)]) == 1
    said = capsys.readouterr().err
    assert f"{CLIENT / 'api' / 'lineage.py'} is out of date" in said
    assert "registry" not in said


@pytest.mark.process
def test_a_required_parameter_is_one_and_a_missing_body_is_none() -> None:
    document = {
        "components": {"schemas": {}},
        "paths": {
            "/v1/things/{thing_id}": {
                "delete": {
                    "operationId": "delete_thing",
                    "summary": "Delete a thing",
                    "parameters": [
                        {
                            "name": "thing_id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string", "format": "uuid"},
                        },
                        {
                            "name": "why",
                            "in": "query",
                            "required": True,
                            "schema": {"enum": ["old", "wrong"], "type": "string"},
                        },
                    ],
                    "responses": {"204": {"description": "Gone"}},
                }
            }
        },
    }
    text = formatted(Path("things.py"), functions.module("lineage", document))
    head = "def delete_thing(thing_id: str | UUID, *, why: Literal['old', 'wrong']) -> Call[None]:"
    assert head.replace("'", '"') in text
    assert 'Call("DELETE", f"/v1/things/{part(thing_id)}", query={"why": why})' in text


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"$ref": "#/components/schemas/Run"}, "t.Run"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "int | None"),
        ({"type": "array", "items": {"$ref": "#/x/Run"}}, "list[t.Run]"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "dict[str, float]"),
        ({"type": "object", "additionalProperties": True}, "dict[str, Any]"),
        ({"const": "merge"}, "Literal['merge']"),
        ({}, "Any"),
    ],
)
def test_a_schema_is_an_annotation(schema: schemas.Schema, expected: str) -> None:
    assert schemas.annotation(schema, "t.") == expected
