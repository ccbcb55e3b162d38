"""A vocabulary is read from whichever files have it; an error names a broken file."""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizer_files import FORMS, TOKENS, give
from tries import tries

from merge_worker.engine import CheckpointError
from merge_worker.engine.companions.vocabulary import read_vocabulary

TRAINED = (
    "eNrj4uNitSnNy7YTZQACCSYuHi5mm2Ioj5mLl4vFRh/BBUlWQHksXFxczI+mNYoyPb+yn4uDi7FEdP0qxgMgVoZoiB"
    "YTmJUqWt8LZPFysQFVJieWiMbmqRzg4uZiAXITRePd1cCq8kRdk21hqnKBqm6U28G4GUAuR7E9WF2KqLxQFpiVD2cV"
    "w1m5ou+W5oBZyaKTlkNYiaKmK4EsTi4moDEgphCvBKOCyC9GkD86mBikeLg4MlNS80oySyqFGACCiEB+"
)
"""A model that sentencepiece 0.2.3 trained on "the cat sat on the mat" and the like, compressed."""
PIECES = "<unk> <s> </s> <x> ▁ t h e ▁cat ▁a n ▁mat ▁hat d o s m c a at"
"""The pieces by the same library, in the order of their ids."""


@pytest.fixture
def recipe(workshop: Any) -> dict[str, Any]:
    for i, name in enumerate("ab"):
        workshop.model(name, workshop.llama(i))
    return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


def test_the_pieces_of_a_sentencepiece_model_are_those_that_its_library_reads(
    tmp_path: Path,
) -> None:
    (tmp_path / "tokenizer.model").write_bytes(zlib.decompress(base64.b64decode(TRAINED)))
    found = read_vocabulary(tmp_path)
    assert found is not None
    assert found.tokens == dict(enumerate(PIECES.split(" ")))


NO_TOKENIZER = {
    "not JSON": (b"{", "is not JSON"),
    "a list": (b"[]", "must contain a JSON object"),
    "null": (b"null", "must contain a JSON object"),
    "model null": (b'{"model": null}', "its model is None"),
    "no model": (b"{}", "its model is None"),
    "model without vocab": (b'{"model": {}}', "the vocab of its model is None"),
    "vocab a text": (b'{"model": {"vocab": "abc"}}', "the vocab of its model is 'abc'"),
    "vocab a list of strings": (b'{"model": {"vocab": ["a", "b"]}}', "entry 0 of its vocab is 'a'"),
    "a piece no text": (b'{"model": {"vocab": [[1, 2]]}}', "the token 1 is not text"),
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
    "added a text": (b'{"model": {"vocab": {}}, "added_tokens": "x"}', "not a list of objects"),
    "added texts": (b'{"model": {"vocab": {}}, "added_tokens": ["x"]}', "not a list of objects"),
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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "content", "rank", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(["model", "vocab", "added_tokens", "config", "special_tokens", "x"])


@pytest.mark.parametrize("name", ["tokenizer.json", "tekken.json", "vocab.json"])
@settings(max_examples=tries(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(document=st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON, max_size=3), max_size=3))
def test_whatever_a_json_file_holds_it_is_a_vocabulary_or_refused(
    tmp_path: Path, name: str, document: dict[str, Any]
) -> None:
    (tmp_path / name).write_text(json.dumps(document))
    with suppress(CheckpointError):
        assert read_vocabulary(tmp_path) is not None


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=tries(13), deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 300), change=st.binary(min_size=1, max_size=4))
def test_whatever_is_changed_in_a_vocabulary_it_is_one_or_refused(
    tmp_path: Path, form: str, place: int, change: bytes
) -> None:
    content = FORMS[form](TOKENS)
    content = content if isinstance(content, bytes) else content.encode()
    at = place % len(content)
    path = tmp_path / form.partition(" ")[0]
    path.write_bytes(content[:at] + change + content[at + len(change) :])
    with suppress(CheckpointError):
        assert read_vocabulary(tmp_path) is not None


@pytest.mark.parametrize("form", ["tokenizer.json", "vocab.json", "vocab.txt", "x.tiktoken"])
def test_a_vocabulary_without_end_is_refused(
    workshop: Any, recipe: dict[str, Any], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("merge_worker.engine.companions.vocabulary.MOST_TOKENS", len(TOKENS) - 1)
    give(workshop, "a", form, TOKENS)
    with pytest.raises(CheckpointError, match=f"a/{form}.* more than 7 "):
        workshop.plan(recipe)


@pytest.mark.parametrize(
    "decoder", ['"x"', '{"1": "x"}', '{"one": {"content": "x"}}', '{"-1": {"content": "x"}}']
)
def test_broken_added_tokens_are_named(workshop: Any, recipe: dict[str, Any], decoder: str) -> None:
    give(workshop, "a", "vocab.json", TOKENS)
    file = Path(workshop.folder, "a", "tokenizer_config.json")
    file.write_text(f'{{"added_tokens_decoder": {decoder}}}')
    with pytest.raises(CheckpointError, match=r"a/tokenizer_config\.json"):
        workshop.plan(recipe)


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
