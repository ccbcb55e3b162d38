"""Tokens that lie beside a tokenizer.json have the ids that transformers gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizer_files import TOKENS
from when_used import when_used

from merge_worker.engine.companions.vocabulary import read_vocabulary

pytestmark = pytest.mark.slow

transformers = when_used("transformers")
tokenizers = when_used("tokenizers")

BESIDE: dict[str, tuple[dict[str, int] | None, dict[str, str] | None]] = {
    "added_tokens.json": ({"hello": 8, "more": 9}, None),
    "tokens in another order than their ids": ({"more": 9, "hello": 8}, None),
    "an id that is taken": ({"hello": 3}, None),
    "a gap": ({"hello": 20}, None),
    "a token that is there": ({"the": 8, "hello": 9}, None),
    "the configuration": (None, {"8": "hello", "9": "more"}),
    "an id of the configuration that is taken": (None, {"3": "hello"}),
    "a configuration that adds none": ({"hello": 8}, {}),
    "both, which contradict each other": ({"hello": 8}, {"8": "more"}),
}


@pytest.mark.parametrize("case", BESIDE)
def test_tokens_added_beside_a_tokenizer_json_have_the_ids_that_transformers_gives_them(
    tmp_path: Path, case: str
) -> None:
    added, decoder = BESIDE[case]
    vocab = {token: i for i, token in enumerate(TOKENS)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocab, unk_token="<s>"))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    config: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast"}
    if decoder is not None:
        tokens = {id_: {"content": token, "special": True} for id_, token in decoder.items()}
        config["added_tokens_decoder"] = tokens
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    if added is not None:
        (tmp_path / "added_tokens.json").write_text(json.dumps(added))
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path).get_vocab()
    found = read_vocabulary(tmp_path)
    assert found is not None
    assert {token: id_ for id_, token in found.tokens.items()} == theirs
