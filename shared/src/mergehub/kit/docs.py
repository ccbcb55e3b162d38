"""The API for people: one page of the operations in OpenAPI documents, with no script to load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

Json = Mapping[str, Any]

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
summary {{ cursor: pointer; padding: .3rem 0 }}
details {{ border-bottom: 1px solid #8884 }}
details > * + * {{ margin-left: 1.2rem }}
code, pre {{ font: .9em ui-monospace, monospace }}
pre {{ background: #8882; padding: .6rem; overflow: auto; max-height: 24rem }}
b {{ display: inline-block; min-width: 3.5rem }}
td {{ vertical-align: top; padding: .1rem 1rem .1rem 0 }}
</style>
<h1>{title}</h1>
{head}
{services}
</html>
"""


def page(title: str, documents: Sequence[Json], head: str = "") -> str:
    """An HTML page of every operation in `documents` (OpenAPI 3.1); `head` is HTML."""
    services = "\n".join(_service(document) for document in documents)
    return PAGE.format(title=escape(title), head=head, services=services)


def _service(document: Json) -> str:
    operations = "\n".join(
        _operation(method, path, operation, document)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return f"<h2>{escape(document['info']['title'])}</h2>\n{operations}"


def _operation(method: str, path: str, operation: Json, document: Json) -> str:
    parts = [
        f"<p>{escape(operation.get('description', ''))}</p>",
        _table("Parameters", map(_parameter, operation.get("parameters", ()))),
        *(_body(kind, body, document) for kind, body in _contents(operation)),
        _table("Answers", map(_answer, operation["responses"].items())),
    ]
    title = f"<b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation['summary'])}"
    return f"<details><summary>{title}</summary>{''.join(parts)}</details>"


def _parameter(parameter: Json) -> tuple[str, str]:
    needed = ", required" if parameter["required"] else ""
    return parameter["name"], f"{parameter['in']}{needed}. {parameter.get('description', '')}"


def _answer(response: tuple[str, Json]) -> tuple[str, str]:
    return response[0], response[1]["description"]


def _contents(operation: Json) -> Iterator[tuple[str, Json]]:
    yield from operation.get("requestBody", {}).get("content", {}).items()


def _body(kind: str, body: Json, document: Json) -> str:
    schema = json.dumps(_resolved(body["schema"], document), indent=1, ensure_ascii=False)
    return f"<p>Body, <code>{escape(kind)}</code></p><pre>{escape(schema)}</pre>"


def _resolved(node: Any, document: Json, around: tuple[str, ...] = ()) -> Any:
    """A schema with what it refers to in its place; a schema inside of itself stays a name."""
    if isinstance(node, list):
        return [_resolved(each, document, around) for each in node]
    if not isinstance(node, dict):
        return node
    name = str(node.get("$ref", "")).rpartition("/")[2]
    if name in around:
        return name
    if name:
        return _resolved(document["components"]["schemas"][name], document, (*around, name))
    return {
        key: _resolved(each, document, around)
        for key, each in node.items()
        if key != "title" or isinstance(each, dict)  # a field of that name, and no headline
    }


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td><code>{escape(name)}</code><td>{escape(told)}" for name, told in rows)
    return f"<p>{title}</p><table>{cells}</table>" if cells else ""
