"""Vocabularies: rows of one id are merged only where they are rows of one token."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from merge_worker.engine import CheckpointError, NotSupportedError, PlanError
from merge_worker.engine.vocabulary import read_vocabulary

TOKENS = ["<s>", "</s>", "the", "Ġcat", "sat", "é", "on", "mat"]


def fast(tokens: list[str], kind: str = "dict", added: list[str] | None = None) -> str:
    """A tokenizer.json whose model has the tokens, and those added after them."""
    vocab: Any = {token: i for i, token in enumerate(tokens)}
    if kind == "unigram":
        vocab = [[token, -float(i)] for i, token in enumerate(tokens)]
    more = [{"id": len(tokens) + i, "content": token} for i, token in enumerate(added or [])]
    return json.dumps({"model": {"vocab": vocab}, "added_tokens": more})


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def piece(text: str, score: float = 0.5) -> bytes:
    """A SentencePiece as protobuf writes it: text, score, type."""
    import struct

    content = text.encode()
    inner = b"\x0a" + varint(len(content)) + content + b"\x15" + struct.pack("<f", score)
    inner += b"\x18\x01"
    return b"\x0a" + varint(len(inner)) + inner


def spm(tokens: list[str], trainer: bytes = b"") -> bytes:
    """A SentencePiece model; `trainer` is what else it says of how it was made."""
    tail = b"\x12" + varint(len(trainer)) + trainer if trainer else b""
    return b"".join(map(piece, tokens)) + tail


def tiktoken_lines(tokens: list[str]) -> str:
    lines = [f"{base64.b64encode(spelt(t)).decode()} {i}" for i, t in enumerate(tokens)]
    return "\n".join(lines) + "\n"


def spelt(token: str) -> bytes:
    """A token's bytes, by transformers' own table of GPT-2's spelling."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    table = {shown: byte for byte, shown in bytes_to_unicode().items()}
    return bytes(table[character] for character in token)


def tekken(tokens: list[str]) -> str:
    vocab = [
        {"rank": i, "token_bytes": base64.b64encode(spelt(t)).decode(), "token_str": None}
        for i, t in enumerate(tokens[2:])
    ]
    special = [{"rank": i, "token_str": token} for i, token in enumerate(tokens[:2])]
    config = {"default_vocab_size": len(tokens), "default_num_special_tokens": 2}
    return json.dumps({"config": config, "vocab": vocab, "special_tokens": special})


TRAINED = (
    "eNrj4uNitSnNy7YTZQACCSYuHi5mm2Ioj5mLl4vFRh/BBUlWQHksXFxczI+mNYoyPb+yn4uDi7FEdP0qxgMgVoZoiB"
    "YTmJUqWt8LZPFysQFVJieWiMbmqRzg4uZiAXITRePd1cCq8kRdk21hqnKBqm6U28G4GUAuR7E9WF2KqLxQFpiVD2cV"
    "w1m5ou+W5oBZyaKTlkNYiaKmK4EsTi4moDEgphCvBKOCyC9GkD86mBikeLg4MlNS80oySyqFGACCiEB+"
)
"""What sentencepiece 0.2.3 trained on "the cat sat on the mat" and the like, compressed."""
PIECES = "<unk> <s> </s> <x> ▁ t h e ▁cat ▁a n ▁mat ▁hat d o s m c a at"
"""What the same library calls its pieces, in the order of their ids."""

FORMS: dict[str, Any] = {
    "tokenizer.json": fast,
    "tokenizer.json (unigram)": lambda tokens: fast(tokens, "unigram"),
    "tokenizer.model": spm,
    "spiece.model": spm,
    "spm.model": spm,
    "sentencepiece.bpe.model": spm,
    "tekken.json": tekken,
    "vocab.json": lambda tokens: json.dumps({token: i for i, token in enumerate(tokens)}),
    "vocab.txt": lambda tokens: "\n".join(tokens) + "\n",
    "tokenizer.model (tiktoken)": tiktoken_lines,
    "x.tiktoken": tiktoken_lines,
    "tiktoken.model": tiktoken_lines,
    "other.model": spm,
}
SHIFTED = ("sentencepiece.bpe.model", "other.model")
PERMUTED = [*TOKENS[:2], *reversed(TOKENS[2:])]


@pytest.fixture
def recipe(workshop: Any) -> dict[str, Any]:
    for i, name in enumerate("ab"):
        workshop.model(name, workshop.llama(i))
    return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


def give(workshop: Any, model: str, form: str, tokens: list[str]) -> None:
    content = FORMS[form](tokens)
    path = Path(workshop.folder, model, form.partition(" ")[0])
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("form", FORMS)
def test_a_permuted_vocabulary_is_refused_in_every_form(
    workshop: Any, recipe: dict[str, Any], form: str
) -> None:
    for name in "ab":
        give(workshop, name, form, TOKENS)
    assert workshop.plan(recipe).notes == ()
    give(workshop, "b", form, PERMUTED)
    with pytest.raises(PlanError, match=r"\./a and \./b differ in 6 ids \(id 2 is 'the' in one"):
        workshop.plan(recipe)


@pytest.mark.parametrize("form", [each for each in FORMS if each not in SHIFTED])
@pytest.mark.parametrize("first", ["tokenizer.json", "tokenizer.model"])
def test_vocabularies_in_different_files_are_compared_by_their_tokens(
    workshop: Any, recipe: dict[str, Any], form: str, first: str
) -> None:
    give(workshop, "a", first, TOKENS)
    give(workshop, "b", form, TOKENS)
    assert workshop.plan(recipe).notes == ()
    give(workshop, "b", form, PERMUTED)
    with pytest.raises(PlanError, match="same_token_ids: true"):
        workshop.plan(recipe)


def test_sentencepiece_models_that_were_trained_differently_may_have_one_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    for name in "ab":
        content = spm(TOKENS, trainer=f"trained by {name}".encode())
        Path(workshop.folder, name, "tokenizer.model").write_bytes(content)
    assert workshop.plan(recipe).notes == ()


def test_the_pieces_of_a_sentencepiece_model_are_those_that_its_library_reads(
    tmp_path: Path,
) -> None:
    (tmp_path / "tokenizer.model").write_bytes(zlib.decompress(base64.b64decode(TRAINED)))
    found = read_vocabulary(tmp_path)
    assert found is not None
    assert found.tokens == dict(enumerate(PIECES.split(" ")))


@pytest.mark.parametrize("name", SHIFTED)
def test_ids_that_a_tokenizer_may_shift_are_not_compared_with_others(
    workshop: Any, recipe: dict[str, Any], name: str
) -> None:
    give(workshop, "a", "tokenizer.json", ["<s>", "<pad>", *TOKENS])
    give(workshop, "b", name, TOKENS)
    assert workshop.plan(recipe).notes == ("the vocabularies of ./a and ./b cannot be compared",)


def test_ids_that_tokens_added_beside_a_model_contradict_are_not_compared_either(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    """Pegasus calls its file spiece.model and shifts the ids; its added tokens show it."""
    give(workshop, "a", "tokenizer.json", ["<pad>", *TOKENS])
    give(workshop, "b", "spiece.model", TOKENS)
    decoder = {"added_tokens_decoder": {"0": {"content": "<pad>"}}}
    (workshop.folder / "b" / "tokenizer_config.json").write_text(json.dumps(decoder))
    assert workshop.plan(recipe).notes == ("the vocabularies of ./a and ./b cannot be compared",)


def test_added_tokens_of_several_files_belong_to_the_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    for name, added in (("a", "<x>"), ("b", "<y>")):
        give(workshop, name, "vocab.json", TOKENS)
        file = Path(workshop.folder, name, "added_tokens.json")
        file.write_text(json.dumps({added: len(TOKENS)}))
    with pytest.raises(PlanError, match="id 8 is '<x>' in one and '<y>' in the other"):
        workshop.plan(recipe)


@pytest.mark.parametrize("options", [{}, {"tokenizer_source": "./b"}, {"base_model": "./a"}])
def test_a_recipe_may_say_that_the_ids_mean_the_same(
    workshop: Any, recipe: dict[str, Any], options: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    document = {**recipe, **options, "same_token_ids": True}
    (note,) = workshop.plan(document).notes
    assert "as the recipe says, the ids mean the same" in note
    workshop.merge(document)
    assert note in Path(workshop.folder, "out", "README.md").read_text()


def test_tokens_that_only_one_model_has_are_noted_where_the_rows_are_as_many(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    Path(workshop.folder, "b", "tokenizer.json").write_text(fast(TOKENS, added=["<x>", "<y>"]))
    (note,) = workshop.plan(recipe).notes
    assert note.startswith("./b has 2 tokens ('<x>' (id 8), '<y>' (id 9)), which ./a lacks")
    (note,) = workshop.plan({**recipe, "models": recipe["models"][::-1]}).notes
    assert note.startswith("./a lacks 2 tokens")


def test_a_token_added_at_another_id_is_refused(workshop: Any, recipe: dict[str, Any]) -> None:
    Path(workshop.folder, "a", "tokenizer.json").write_text(fast(TOKENS, added=["<x>"]))
    moved = {"model": {"vocab": {token: i for i, token in enumerate(TOKENS)} | {"<x>": 11}}}
    Path(workshop.folder, "b", "tokenizer.json").write_text(json.dumps(moved))
    with pytest.raises(PlanError, match="'<x>' has the ids 8 and 11"):
        workshop.plan(recipe)


@pytest.mark.parametrize(
    ("source", "refused"), [("base", False), ("./b", True), ("union", True), ("./a", False)]
)
def test_a_tokenizer_source_that_needs_new_rows_is_not_built_yet(
    workshop: Any, recipe: dict[str, Any], source: str, refused: bool
) -> None:
    """The tokenizer of a has no token that b lacks, so no row has to be made for it."""
    give(workshop, "a", "tokenizer.json", TOKENS)
    Path(workshop.folder, "b", "tokenizer.json").write_text(fast(TOKENS, added=["<x>"]))
    document = {**recipe, "base_model": "./a", "tokenizer_source": source}
    if not refused:
        assert "1 token" in workshop.plan(document).notes[0]
        return
    with pytest.raises(NotSupportedError, match="not built yet: moving rows"):
        workshop.plan(document)


@pytest.mark.parametrize("method", ["linear", "task_arithmetic", "ties", "slerp"])
def test_the_vocabulary_of_the_base_counts_where_its_rows_are_read(
    workshop: Any, recipe: dict[str, Any], method: str
) -> None:
    workshop.model("base", workshop.llama(3))
    for name in ("a", "b"):
        give(workshop, name, "tokenizer.json", TOKENS)
    give(workshop, "base", "tokenizer.json", PERMUTED)
    parameters = {"slerp": {"t": 0.5}, "ties": {"density": 0.5, "weight": 1}}
    document = {
        **recipe,
        "merge_method": method,
        "base_model": "./base",
        "parameters": parameters.get(method, {"weight": 1}),
    }
    with pytest.raises(PlanError, match="so rows of different tokens would be merged"):
        workshop.plan(document)  # the base also gives the tokenizer, which then fits nobody


def slices(*models: str) -> dict[str, Any]:
    sources = [[{"model": model, "layer_range": [0, 1]}] for model in models]
    return {"merge_method": "passthrough", "slices": [{"sources": each} for each in sources]}


def test_a_model_that_gives_only_layers_may_have_another_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    (note,) = workshop.plan(slices("./a", "./b", "./a")).notes
    assert note == "./b has another vocabulary than ./a; its embeddings are not read"


def test_a_stack_whose_head_has_another_vocabulary_than_its_embedding_is_refused(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    with pytest.raises(PlanError, match="differ in 6 ids"):
        workshop.plan(slices("./a", "./b"))


def test_a_model_whose_embeddings_have_no_weight_may_have_another_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    heavy = {"weight": 1}
    light = {
        "weight": [
            {"filter": "embed_tokens", "value": 0},
            {"filter": "lm_head", "value": 0},
            {"value": 1},
        ]
    }
    models = [{"model": "./a", "parameters": heavy}, {"model": "./b", "parameters": light}]
    assert "not read" in workshop.plan({**recipe, "models": models}).notes[0]


def test_models_without_a_tokenizer_are_merged_without_a_word(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    assert workshop.plan(recipe).notes == ()


def test_an_output_without_tokenizer_is_noted_and_the_ingredients_still_compared(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    workshop.model("base", workshop.llama(3))
    document = {**recipe, "base_model": "./base"}
    for name in "ab":
        give(workshop, name, "tokenizer.json", TOKENS)
    assert workshop.plan(document).notes == (
        "the output has no tokenizer: ./base has none, ./a has one",
    )
    give(workshop, "b", "tokenizer.json", PERMUTED)
    with pytest.raises(PlanError, match="differ in 6 ids"):
        workshop.plan(document)


def test_a_tokenizer_with_more_ids_than_there_are_rows_is_noted(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    for name in "ab":
        give(workshop, name, "tokenizer.json", [f"t{i}" for i in range(20)])
    assert (
        "ids up to 19; the embeddings of the output have 16 rows" in workshop.plan(recipe).notes[0]
    )


NO_TOKENIZER = {
    "not JSON": (b"{", "is not JSON"),
    "a list": (b"[]", "must hold a JSON object"),
    "null": (b"null", "must hold a JSON object"),
    "model null": (b'{"model": null}', "its model is None"),
    "no model": (b"{}", "its model is None"),
    "model without vocab": (b'{"model": {}}', "the vocab of its model is None"),
    "vocab a text": (b'{"model": {"vocab": "abc"}}', "the vocab of its model is 'abc'"),
    "vocab a list of strings": (b'{"model": {"vocab": ["a", "b"]}}', "entry 0 of its vocab is 'a'"),
    "a piece no text": (b'{"model": {"vocab": [[1, 2]]}}', "the token 1 is no text"),
    "ids as text": (b'{"model": {"vocab": {"a": "0"}}}', "the id of token 'a' is '0'"),
    "a broken id": (b'{"model": {"vocab": {"a": 0.5}}}', "the id of token 'a' is 0.5"),
    "an id true": (b'{"model": {"vocab": {"a": true}}}', "the id of token 'a' is True"),
    "a negative id": (b'{"model": {"vocab": {"a": -1}}}', "the id of token 'a' is -1"),
    "a huge id": (b'{"model": {"vocab": {"a": 9999999999999}}}', "the id of token 'a' is 9999"),
    "an id twice": (b'{"model": {"vocab": {"a": 1, "b": 1}}}', "'a' and 'b' both have id 1"),
    "added without id": (
        b'{"model": {"vocab": {}}, "added_tokens": [{"content": "x"}]}',
        "an entry has no 'id'",
    ),
    "added without content": (
        b'{"model": {"vocab": {}}, "added_tokens": [{"id": 1}]}',
        "an entry has no 'content'",
    ),
    "added a text": (b'{"model": {"vocab": {}}, "added_tokens": "x"}', "no list of objects"),
    "added texts": (b'{"model": {"vocab": {}}, "added_tokens": ["x"]}', "no list of objects"),
    "added at another's id": (
        b'{"model": {"vocab": {"a": 1}}, "added_tokens": [{"id": 1, "content": "x"}]}',
        "'a' and 'x' both have id 1",
    ),
    "added at a second id": (
        b'{"model": {"vocab": {"a": 1}}, "added_tokens": [{"id": 2, "content": "a"}]}',
        "token 'a' has the ids 1 and 2",
    ),
    "deep": (b'{"model": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is not JSON"),
}


@pytest.mark.parametrize("broken", NO_TOKENIZER)
def test_a_broken_tokenizer_is_named_before_a_weight_is_written(
    workshop: Any, recipe: dict[str, Any], broken: str
) -> None:
    content, reason = NO_TOKENIZER[broken]
    for name in "ab":
        Path(workshop.folder, name, "tokenizer.json").write_bytes(content)
    with pytest.raises(CheckpointError) as refused:
        workshop.merge(recipe)
    assert "a/tokenizer.json" in str(refused.value)
    assert reason in str(refused.value)
    assert not list(workshop.folder.glob("out*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer.model", b"not a model"),
        ("tokenizer.model", b""),
        ("tokenizer.model", b"\x0a\xff\xff\xff\xff\x7f"),
        ("tokenizer.model", b"\x0a\x03\x0a\x01\xff"),
        ("tokenizer.model", b"\xff" * 20),
        ("tokenizer.model", b"\x08\x01" * 10),
        ("tokenizer.model", b"\x0a\x7f\x0a"),
        ("tokenizer.model", b"\x08"),
        ("tokenizer.model", b"\x08" + b"\x80" * 20),
        ("tokenizer.model", b"\x0b"),
        ("tokenizer.model", b"\x09" + bytes(8) + b"\x0d" + bytes(4)),
        ("tokenizer.model", b"\x0a\x02\x18\x01"),
        ("tokenizer.model", b"\x0a\x28" + b"\x18\x01" * 20),
        ("tekken.json", b"{}"),
        ("tekken.json", b'{"config": []}'),
        (
            "tekken.json",
            b'{"config": {"default_vocab_size": 1, "default_num_special_tokens": 0}, '
            b'"vocab": [{"rank": 0, "token_bytes": "?"}]}',
        ),
        ("vocab.json", b'{"a": null}'),
        ("vocab.txt", b"\xff\xfe"),
        ("x.tiktoken", b"IQ== one\n"),
        ("x.tiktoken", b"!!! 1\n"),
    ],
)
def test_every_other_form_is_named_where_it_is_broken(
    workshop: Any, recipe: dict[str, Any], name: str, content: bytes
) -> None:
    Path(workshop.folder, "a", name).write_bytes(content)
    with pytest.raises(CheckpointError, match=f"a/{name}"):
        workshop.plan(recipe)


@pytest.mark.parametrize("form", ["tokenizer.json", "vocab.json", "vocab.txt", "x.tiktoken"])
def test_a_vocabulary_without_end_is_refused(
    workshop: Any, recipe: dict[str, Any], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("merge_worker.engine.vocabulary.MOST_TOKENS", len(TOKENS) - 1)
    give(workshop, "a", form, TOKENS)
    with pytest.raises(CheckpointError, match=f"a/{form}.* more than 7 "):
        workshop.plan(recipe)


@pytest.mark.parametrize("options", [{"tokens": {"<x>": {}}}, {"pad_to_multiple_of": 64}])
def test_options_of_the_tokenizer_that_need_new_rows_are_not_built_yet(
    workshop: Any, recipe: dict[str, Any], options: dict[str, Any]
) -> None:
    document = {**recipe, "base_model": "./a", "tokenizer": {"source": "base", **options}}
    with pytest.raises(NotSupportedError, match="not built yet"):
        workshop.plan(document)


@pytest.mark.parametrize(
    "decoder", ['"x"', '{"1": "x"}', '{"one": {"content": "x"}}', '{"-1": {"content": "x"}}']
)
def test_broken_added_tokens_are_named(workshop: Any, recipe: dict[str, Any], decoder: str) -> None:
    give(workshop, "a", "vocab.json", TOKENS)
    file = Path(workshop.folder, "a", "tokenizer_config.json")
    file.write_text(f'{{"added_tokens_decoder": {decoder}}}')
    with pytest.raises(CheckpointError, match=r"a/tokenizer_config\.json"):
        workshop.plan(recipe)


def test_the_canonical_form_of_a_recipe_without_the_option_is_what_it_was() -> None:
    from mergehub.recipe import parse_recipe
    from mergehub.recipe.canonical import canonical_document, recipe_digest

    text = "{merge_method: linear, models: [{model: a}, {model: b}], same_token_ids: %s}"
    without, said = parse_recipe(text % "false"), parse_recipe(text % "true")
    assert "same_token_ids" not in canonical_document(without)
    assert canonical_document(said)["same_token_ids"] is True
    assert recipe_digest(without) != recipe_digest(said)


@pytest.mark.parametrize("kind", ["BPE", "WordPiece", "Unigram", "WordLevel"])
def test_the_vocabulary_of_a_tokenizer_json_is_what_its_library_reads(
    tmp_path: Path, kind: str
) -> None:
    library = pytest.importorskip("tokenizers")
    vocab = {token: i for i, token in enumerate(TOKENS)}
    models = {
        "BPE": lambda: library.models.BPE(vocab, []),
        "WordPiece": lambda: library.models.WordPiece(vocab, unk_token="<s>"),
        "WordLevel": lambda: library.models.WordLevel(vocab, unk_token="<s>"),
        "Unigram": lambda: library.models.Unigram([(t, -1.0) for t in TOKENS], 0),
    }
    tokenizer = library.Tokenizer(models[kind]())
    tokenizer.add_special_tokens(["<pad>", "<s>"])
    tokenizer.add_tokens(["new word"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    found = read_vocabulary(tmp_path)
    assert found is not None
    assert {token: id_ for id_, token in found.tokens.items()} == tokenizer.get_vocab()
