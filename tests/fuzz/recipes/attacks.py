"""Texts, each made to use as much as possible of one resource."""

from __future__ import annotations

from collections.abc import Iterable

from mergehub.recipe.yaml.limits import MAX_CHARACTERS

LINEAR = "merge_method: linear\n"
TWO = f"{LINEAR}models:\n- {{model: b}}\n- model: a\n"

LETTER = r"\pL"


def _full(head: str, piece: str, tail: str = "") -> str:
    """The head, then the piece as often as it fits, then the tail."""
    return head + piece * ((MAX_CHARACTERS - len(head) - len(tail)) // len(piece)) + tail


def _each(piece: str, numbers: Iterable[int]) -> str:
    return "".join(piece.replace("#", str(number)) for number in numbers)


def _weights(piece: str, count: int) -> str:
    return f"{TWO}  parameters: {{weight: [{_each(piece, range(count))}]}}\n"


def _filters_at_the_top(filters: int, models: int) -> str:
    listed = "{filter: a, value: 1}, " * filters
    return f"{LINEAR}parameters: {{weight: [{listed}]}}\nmodels:\n" + "- {model: a}\n" * models


ATTACKS = {
    "base 60": f"{LINEAR}models: [{{model: a, parameters: {{weight: 1{':0' * 200}.0}}}}]",
    "base 60 by alias": f"{LINEAR}x: &x 1{':59' * 12_000}\nmodels:\n"
    + "- {model: a, parameters: {weight: *x}}\n" * 50,
    "a whole number": f"{TWO}  parameters: {{weight: {'9' * 200_000}}}",
    "a hexadecimal number": f"{TWO}  parameters: {{weight: 0x{'f' * 200_000}}}",
    "a number in quotes": f"{TWO}  parameters: {{weight: '{'9' * 200_000}'}}",
    "long references": _full(
        f"{LINEAR}models:\n- {{model: &m {'x' * 9_000}}}\n", "- {model: *m}\n"
    ),
    "references of emoji": _full(
        f"{LINEAR}models:\n- {{model: &m '{'😀' * 156_000}'}}\n", "- {model: *m}\n"
    ),
    "long names by alias": f"{LINEAR}name: &m {'x' * 250_000}\nmodels:\n" + "- {model: *m}\n" * 990,
    "long names and revisions": f"{LINEAR}name: &m {'x' * 250_000}\nmodels:\n"
    + "- {model: *m, revision: *m}\n" * 400,
    "long adapters": f"{LINEAR}name: &m {'+x' * 120_000}\nmodels:\n"
    + "- {model: {model: {path: *m}, lora: {path: *m}}}\n" * 200,
    "names that are as long as may be": _full(
        f"{LINEAR}base_model: &m {'@'.join(['x' * 1_000] * 2)}\nmodels:\n", "- {model: *m}\n"
    ),
    "long filters": f"name: &m {'x' * 200_000}\n" + _weights("{filter: *m, value: 1}, ", 2_000),
    "long values": f"name: &m {'9' * 200_000}\n" + _weights("*m, ", 15_000),
    "long words": f"name: &m {'x' * 200_000}\nparameters: {{normalize: *m}}\n"
    + _weights("*m, ", 15_000),
    "bad references": LINEAR + "models:\n" + "- {model: a@b@c}\n" * 1_900,
    "many bad references": _full(f"{LINEAR}models:\n", "- {model: a@b@c}\n"),
    "long keys": _full(LINEAR, "".join(f"{'k' * 250}{i}: 1\n" for i in range(900))),
    "unknown fields": _full(f"{LINEAR}models:\n", "- {modle: a}\n"),
    "unknown parameters": f"{LINEAR}parameters: {{{_each('w#: 1, ', range(19_000))}}}\n",
    "different models": f"{LINEAR}models:\n{_each('- {model: a#}' + chr(10), range(1_990))}",
    "one model often": "merge_method: ties\nbase_model: b\nmodels:\n" + "- {model: a}\n" * 1_990,
    "filters at the top": _filters_at_the_top(150, 100),
    "more filters at the top": _filters_at_the_top(2_000, 1_900),
    "filters": _weights("{filter: f#, value: 1}, ", 6_000),
    "expressions": _weights("{filter: '/f#.*.*.*Q/', value: 1}, ", 250),
    "many expressions": _weights("{filter: '/f#.*.*.*Q/', value: 1}, ", 4_000),
    "large expressions": _weights(f"{{filter: '/{LETTER * 60}#/', value: 1}}, ", 21),
    "filtered gradients": "merge_method: della\nbase_model: c\nparameters: {density: ["
    + _each("{filter: a#, value: [0.1, 0.2, 0.3]}, ", range(300))
    + "]}\nmodels:\n"
    + "- {model: a}\n" * 25,
    "a gradient": _weights("1, ", 19_000),
    "nested filters": f"{TWO}  parameters: {{weight: {'[{filter: a, value: ' * 13}1{'}]' * 13}}}",
    "tokens": f"{TWO}tokenizer: {{tokens: {{{_each('t#: {source: a}, ', range(6_000))}}}}}",
    "modules": f"{LINEAR}modules: {{{_each('m#: {models: [{model: a}]}, ', range(900))}}}",
    "documents": _full("", "---\n"),
    "nesting in brackets": "[" * MAX_CHARACTERS,
    "nesting in braces": "{a: " * 60_000,
    "nesting in dashes": "- " * 130_000,
    "nesting in keys": "? " * 130_000,
    "nesting in blocks": "\n".join(" " * i + "a:" for i in range(700)),
    "anchors": LINEAR + "models:\n" + _each("- &a# {model: a}\n", range(9_000)),
    "tags": _full(f"{LINEAR}x: [", "!!int '', ", "]"),
    "a long tag": f"{LINEAR}x: !{'x' * 200_000} 1",
    "directives": _each("%TAG !#! x\n", range(16_000)),
    "aliases of aliases": "l0: &l0 [1]\n"
    + "".join(f"l{i}: &l{i} [{f'*l{i - 1}, ' * 10}]\n" for i in range(1, 9)),
    "a merged mapping": f"x: &x {{{_each('k#: 1, ', range(3_000))}}}\n"
    + _each("y#: {<<: *x}\n", range(5_000)),
    "a list of merged mappings": f"x: &x {{{_each('k#: 1, ', range(3_000))}}}\n"
    + f"y: {{<<: [{'*x, ' * 5_000}]}}\n",
    "merged mappings in a chain": "x0: &x0 {a: 1}\n"
    + "".join(f"x{i}: &x{i} {{<<: [*x{i - 1}, *x{i - 1}]}}\n" for i in range(1, 5_000)),
    "one key often": "merge_method: linear\n" * 10_000,
    "comments": _full(LINEAR, "#\n"),
    "empty lines": _full(LINEAR, "\n"),
    "tabs": _full(LINEAR, "\t"),
    "line breaks of YAML 1.1 in quotes that do not end": _full('"', "\x85"),
    "separators of lines in quotes that do not end": _full("'", "\u2028"),
    "carriage returns before a fault": _full("", "\r", ": : ["),
    "letters beyond ASCII before a fault": _full('"', "漢"),
    "spaces beyond ASCII before a fault": _full('"', "\xa0"),
    "a template that nests": f"{TWO}chat_template: '{{{{ {'(' * 200_000}'",
    "a template of many pieces": f"{TWO}chat_template: '{{{{ [{'1,' * 5_900}] }}}}'",
    "a template of too many pieces": f"{TWO}chat_template: '{{{{ [{'1,' * 120_000}] }}}}'",
    "a template of tags": f"{TWO}chat_template: '{'{% if x %}' * 20_000}'",
    "a long template": f"{TWO}chat_template: |\n" + "  {% x %}\n" * 20_000,
    "a long method": f"merge_method: {'x' * 200_000}\n",
    "a dtype by alias": f"{LINEAR}dtype: &d [{'a, ' * 9_000}]\nout_dtype: *d\n",
    "a long error": f"a: {'x' * 260_000}: b",
    "a late error": "\n" * 200_000 + "a: b: c",
    "front matter": "---\n" * 60_000,
    "fences": "```\n" * 60_000,
    "surrogates": "\ud800" * 100_000,
}
