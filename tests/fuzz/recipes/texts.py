"""Texts that might be recipes: from a grammar of YAML, changed real ones, and random ones.

Hypothesis draws the shape; length comes from repetition, up to the size that the language reads.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from uuid import UUID

from hypothesis import strategies as st

from mergehub.recipe import catalogue
from mergehub.recipe.filters import EVERYTHING
from mergehub.recipe.schema import (
    ModelInput,
    OutputModule,
    OutputSlice,
    Recipe,
    SliceSource,
    TokenizerOptions,
    TokenOptions,
)
from mergehub.recipe.yaml.limits import MAX_CHARACTERS

Texts = st.SearchStrategy[str]

FIELDS = sorted(
    {"<<", "value", "filter", "path", "lora", "revision", "kind", "genome", "experts", "license"}
    | {spec.name for method in catalogue().values() for spec in method.parameters}
    | {
        name
        for part in (Recipe, ModelInput, SliceSource, OutputSlice, OutputModule)
        for name in part.model_fields
    }
    | {name for part in (TokenizerOptions, TokenOptions) for name in part.model_fields}
)
MARKS = "\n \t-:?[]{},#&*!|>'\"%@`\\/+.~<=_0x1eE\r\x00\x85\u2028\ufeff\ud800é😀"
TIMES = st.sampled_from([*[1] * 12, 2, 3, 7, 50, 1_000, 20_000, MAX_CHARACTERS])
COUNTS = st.sampled_from([1, 1, 1, 2, 5, 30, 400, 1_900])
ANCHORS = st.sampled_from("abc")


def long(pieces: Texts) -> Texts:
    """A text repeated, up to the size that the language reads."""
    return st.builds(repeated, pieces, TIMES)


def repeated(text: str, times: int) -> str:
    """The text `times` times, or as often as it fits."""
    return text * min(times, MAX_CHARACTERS // (len(text) or 1) + 1)


WORDS = st.sampled_from(
    [
        *FIELDS, *sorted(catalogue()), "base", "union", "auto", "chatml", "bfloat16", "yes", "no",
        "null", "~", "true", "2024-01-01", "org/a@v1+org/b", f"run:{UUID(int=0)}", "a@b@c", "😀",
        "s3://a/b", ".inf", ".nan", "-.5e-7", "0x1F", "0o17", "0b1", "1_000", "=", "<<", "---",
        "...", EVERYTHING, "mlp", "'/.*.*.*Q/'", "'/(a?){9}/'", "'/\\pL+/'", "'[0-9]*'", "'//'",
    ]
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-3, 40).map(str),
    st.floats().map(str),
    st.sampled_from(["1e39", "1e999", "-1e308", "2e-320"]),
    st.builds(lambda start, digit, end: start + digit + end,
              st.sampled_from(["", "-", "0x", "0o", "0.", "1e", "1", "1:30"]),
              long(st.sampled_from(["0", "9", "f", "_", ":59", ":0"])),
              st.sampled_from(["", ".5", "e5", ".0"])),
)  # fmt: skip
TAGS = st.sampled_from(
    [
        *(f"!!{kind} " for kind in ("int", "float", "bool", "null", "str", "map", "seq", "set")),
        "!!binary ", "!!timestamp ", "!!python/object:os.system ", "!x ", "! ",
        "!<tag:yaml.org,2002:int> ",
    ]
)  # fmt: skip
QUOTED = st.builds(lambda text, mark: mark + text + mark, long(WORDS), st.sampled_from("'\""))
PLAIN = st.one_of(WORDS, NUMBERS, long(WORDS), QUOTED, ANCHORS.map("*{} ".format))


def _tagged(values: Texts) -> Texts:
    return st.builds(lambda tag, value: tag + value, TAGS, values)


def _anchored(values: Texts) -> Texts:
    return st.builds(lambda name, value: f"&{name} {value}", ANCHORS, values)


def _mapping(values: Texts) -> Texts:
    pairs = st.builds(lambda key, value: f"{key}: {value}", st.sampled_from(FIELDS), values)
    return st.lists(pairs, max_size=6).map(lambda each: f"{{{', '.join(each)}}}")


def _listed(values: Texts) -> Texts:
    return st.builds(lambda value, times: f"[{repeated(f'{value}, ', times)}]", values, COUNTS)


FLOW = st.recursive(
    PLAIN | _tagged(PLAIN),
    lambda inner: st.one_of(
        _mapping(inner),
        _listed(inner),
        _anchored(inner),
        _tagged(inner),
        st.lists(inner, max_size=4).map(lambda each: f"[{', '.join(each)}]"),
    ),
    max_leaves=6,
)
ENTRIES = st.builds(
    lambda mark, entry, times: f"{mark}\n" + repeated(f"- {entry}\n", times),
    st.sampled_from(["models:", "slices:", "x: &x", "modules:"]),
    FLOW
    | st.sampled_from(
        [
            "{model: a, parameters: {weight: 1, density: 0.5}}",
            "{model: *a}",
            "{<<: *a}",
            "{sources: [{model: a, layer_range: [0, 4]}, {model: b, layer_range: [0, 4]}]}",
        ]
    ),
    COUNTS,
)
LINES = st.one_of(
    st.builds(lambda key, value: f"{key}: {value}\n", st.sampled_from(FIELDS), FLOW),
    st.sampled_from(sorted(catalogue())).map("merge_method: {}\n".format),
    st.just("base_model: a\n"),
    ENTRIES,
    st.builds(lambda name, value: f"{name}: &{name} {value}\n", ANCHORS, FLOW),
    st.builds(lambda text: f"chat_template: |\n  {text}\n", long(WORDS)),
    long(st.sampled_from(["# comment\n", "\n", "---\n", "```yaml\n", "%TAG ! x\n", "? \n", "- "])),
)
GRAMMAR = st.lists(LINES, min_size=1, max_size=10).map("".join)
RAW = st.lists(long(st.text(alphabet=MARKS, min_size=1, max_size=8)), max_size=8).map("".join)


@cache
def real_recipes() -> tuple[str, ...]:
    """The recipes of other people in MERGEHUB_REAL_DATA, or ours."""
    folder = os.environ.get("MERGEHUB_REAL_DATA")
    found = sorted((Path(folder) / "recipes").glob("*.yml")) if folder else []
    return tuple(path.read_text() for path in found) or (
        "merge_method: ties\nbase_model: c\nmodels:\n"
        "- {model: a, parameters: {weight: [0, 1], density: 0.5}}\n"
        "- {model: b, parameters: {weight: [{filter: mlp, value: 1}, {value: 0.5}]}}\n",
    )


@st.composite
def changed(draw: st.DrawFn) -> str:
    """A real recipe with a few pieces removed, repeated many times, or inserted."""
    text = draw(st.sampled_from(real_recipes()))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        piece = draw(st.one_of(st.just(""), long(st.just(text[start:end])), FLOW, RAW))
        text = text[:start] + piece + text[end:]
    return text


FILTERS = st.sampled_from(["mlp", "self_attn", "'*'", "'/[0-9]+/'", "'/.*.*.*Q/'", "'layers.[01]'"])
GRADIENTS = st.builds(lambda value, times: f"[{repeated(f'{value}, ', times)}]", NUMBERS, COUNTS)
SETTINGS = st.recursive(
    NUMBERS | GRADIENTS,
    lambda inner: st.lists(
        st.builds("{{filter: {}, value: {}}}, ".format, FILTERS, inner), min_size=1, max_size=3
    ).flatmap(lambda each: COUNTS.map(lambda times: f"[{repeated(''.join(each), times)}]")),
    max_leaves=4,
)


@st.composite
def likely(draw: st.DrawFn) -> str:
    """A recipe with a valid shape, and any size and values."""
    spec = draw(st.sampled_from(list(catalogue().values())))
    names = [parameter.name for parameter in spec.parameters] or ["int8_mask"]
    given = st.dictionaries(st.sampled_from(names), SETTINGS, max_size=3)

    def parameters() -> str:
        return f"{{{', '.join(f'{name}: {value}' for name, value in draw(given).items())}}}"

    layers = draw(st.sampled_from(["", ", layer_range: [0, 4]", ", layer_range: [4, 900000]"]))
    entry = f"- {{model: {draw(WORDS)}, parameters: {parameters()}{layers}}}\n"
    listed = "- {model: a" + layers + "}\n" + repeated(entry, draw(COUNTS))
    if layers:
        sources = "- sources:\n" + "".join(f"  {line}\n" for line in listed.splitlines())
        listed = repeated(sources, draw(COUNTS))
    kind = "slices" if layers else "models"
    return (
        f"merge_method: {spec.name}\nbase_model: a\nparameters: {parameters()}\n{kind}:\n{listed}"
    )


TEXTS = st.one_of(likely(), GRAMMAR, changed(), RAW, FLOW).map(lambda each: each[:MAX_CHARACTERS])
