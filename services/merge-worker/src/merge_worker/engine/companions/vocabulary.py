"""Reads a model's vocabulary, the token of every id, from whichever files its tokenizer has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from merge_worker.engine.errors import CheckpointError
from merge_worker.engine.files.reading import read_small
from merge_worker.engine.files.strict_json import read_value

from .byte_tokens import is_tiktoken, tekken, tiktoken
from .sentencepiece import pieces

MOST_TOKENS: Final = 1 << 22
HIGHEST_ID: Final = 2**31 - 1
SHOWN: Final = 40
TOKENS: Final = "tokens"
PLAIN_MODELS: Final = ("tokenizer.model", "spiece.model", "spm.model")
"""SentencePiece files whose ids are the tokenizer's, if the tokens added next to them agree."""

Entry = tuple[Any, Any]
"""A token and its id, as in a file."""


@dataclass(frozen=True)
class Vocabulary:
    """The token of every id.

    `form` is TOKENS, unless the ids are those of a SentencePiece file whose tokenizer may shift
    them: then it is that file's name, and only a vocabulary of the same form is comparable.
    """

    tokens: dict[int, str]
    form: str = TOKENS


def read_vocabulary(folder: Path) -> Vocabulary | None:
    """The vocabulary in a model's folder, or None if no file there has one.

    Raises:
        CheckpointError: the file that has it is broken.
    """
    if (folder / "tokenizer.json").is_file():
        return Vocabulary(_extended(_table(folder / "tokenizer.json", _fast), folder))
    if (folder / "tekken.json").is_file():
        return Vocabulary(_table(folder / "tekken.json", tekken))
    for name, entries in (("vocab.json", _pairs), ("vocab.txt", None)):
        if (folder / name).is_file():
            path = folder / name
            tokens = _table(path, entries) if entries else _lines(path)
            return Vocabulary(tokens | _added(folder))
    for path in (*(folder / name for name in PLAIN_MODELS), *sorted(folder.glob("*.model"))):
        if path.is_file():
            return _sentencepiece(path)
    ranked = sorted(folder.glob("*.tiktoken"))
    return Vocabulary(_ranked(ranked[0], read_small(ranked[0]))) if ranked else None


def _table(path: Path, entries: Callable[[Any], Iterable[Entry]]) -> dict[int, str]:
    """The tokens of a JSON file, whose entries `entries` finds."""
    value = read_value(path)
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} must contain a JSON object")
    return _collected(path, lambda: entries(value))


def _collected(path: Path, entries: Callable[[], Iterable[Entry]]) -> dict[int, str]:
    """Tokens by id.

    Raises:
        CheckpointError: an id is not valid, two tokens have the same id, or a token has two ids.
    """
    tokens: dict[int, str] = {}
    ids: dict[str, int] = {}
    try:
        for token, id_ in entries():
            _check(token, id_)
            if tokens.setdefault(id_, token) != token:
                raise ValueError(f"{_short(tokens[id_])} and {_short(token)} both have id {id_}")
            if ids.setdefault(token, id_) != id_:
                raise ValueError(f"token {_short(token)} has the ids {ids[token]} and {id_}")
            if len(tokens) > MOST_TOKENS:
                raise ValueError(f"it has more than {MOST_TOKENS} tokens")
    except KeyError as error:
        raise CheckpointError(f"{path} is not a valid tokenizer: an entry has no {error}") from None
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a valid tokenizer: {error}") from None
    return tokens


def _check(token: Any, id_: Any) -> None:
    if not isinstance(token, str):
        raise ValueError(f"the token {_short(token)} is not text")
    if type(id_) is not int or not 0 <= id_ <= HIGHEST_ID:
        raise ValueError(
            f"the id of token {_short(token)} is {_short(id_)}; "
            f"it must be a whole number from 0 to {HIGHEST_ID}"
        )


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value[: SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _fast(tokenizer: Mapping[str, Any]) -> Iterator[Entry]:
    """The entries of a tokenizer.json: its model's, then the added ones."""
    model = tokenizer.get("model")
    if not isinstance(model, dict):
        raise ValueError(f"its model is {_short(model)}, not an object with a vocab")
    vocab = model.get("vocab")
    if isinstance(vocab, dict):
        yield from vocab.items()
    elif isinstance(vocab, list):
        yield from _scored(vocab)
    else:
        raise ValueError(f"the vocab of its model is {_short(vocab)}, not an object or a list")
    added = tokenizer.get("added_tokens") or []
    if not isinstance(added, list) or not all(isinstance(each, dict) for each in added):
        raise ValueError("its added_tokens are not a list of objects")
    for each in added:
        yield each["content"], each["id"]


def _scored(vocab: list[Any]) -> Iterator[Entry]:
    """The entries of a unigram model: pairs of a piece and its score, in the order of the ids."""
    for id_, entry in enumerate(vocab):
        if not isinstance(entry, list) or len(entry) != 2:
            raise ValueError(f"entry {id_} of its vocab is {_short(entry)}, not [piece, score]")
        yield entry[0], id_


def _pairs(vocab: Mapping[str, Any]) -> Iterable[Entry]:
    return vocab.items()


def _lines(path: Path) -> dict[int, str]:
    """The tokens of a vocab.txt, one per line; a token may appear twice."""
    content = read_small(path)
    if content.count(b"\n") > MOST_TOKENS:
        raise CheckpointError(f"{path} has more than {MOST_TOKENS} lines")
    try:
        return dict(enumerate(content.decode().removesuffix("\n").split("\n")))
    except UnicodeDecodeError:
        raise CheckpointError(f"{path} is not UTF-8") from None


def _ranked(path: Path, content: bytes) -> dict[int, str]:
    if content.count(b"\n") > MOST_TOKENS:
        raise CheckpointError(f"{path} has more than {MOST_TOKENS} lines")
    return _collected(path, lambda: tiktoken(content))


def _sentencepiece(path: Path) -> Vocabulary:
    """The vocabulary of a .model file, with the tokens added next to it."""
    content = read_small(path)
    if is_tiktoken(content):
        return Vocabulary(_ranked(path, content) | _added(path.parent))
    try:
        found = dict(enumerate(pieces(content)))
    except ValueError as error:
        raise CheckpointError(f"{path} is not a SentencePiece model: {error}") from None
    added = _added(path.parent)
    shifts = path.name not in PLAIN_MODELS or any(
        found.get(id_, token) != token for id_, token in added.items()
    )
    return Vocabulary(found, path.name) if shifts else Vocabulary(found | added)


def _extended(tokens: dict[int, str], folder: Path) -> dict[int, str]:
    """The tokens of a tokenizer.json with the tokens added next to it.

    As in transformers, only tokens that it lacks are added, after the existing ones, in the order
    of the ids in their file.
    """
    known = set(tokens.values())
    more = [token for _, token in sorted(_beside(folder).items()) if token not in known]
    return tokens | dict(enumerate(more, max(tokens, default=-1) + 1))


def _beside(folder: Path) -> dict[int, str]:
    """The tokens added next to a tokenizer.json: added_tokens.json counts only if the tokenizer's
    configuration has no list of its own."""
    config, older = folder / "tokenizer_config.json", folder / "added_tokens.json"
    if config.is_file():
        value = read_value(config)
        if isinstance(value, dict) and "added_tokens_decoder" in value:
            return _table(config, _decoder)
    return _table(older, _pairs) if older.is_file() else {}


def _added(folder: Path) -> dict[int, str]:
    """The tokens that a tokenizer of several files adds to its vocabulary."""
    path = folder / "added_tokens.json"
    tokens = _table(path, _pairs) if path.is_file() else {}
    path = folder / "tokenizer_config.json"
    return tokens | (_table(path, _decoder) if path.is_file() else {})


def _decoder(config: Mapping[str, Any]) -> Iterator[Entry]:
    decoder = config.get("added_tokens_decoder") or {}
    if not isinstance(decoder, dict):
        raise ValueError(f"its added_tokens_decoder is {_short(decoder)}, not an object")
    for id_, each in decoder.items():
        if not isinstance(each, dict):
            raise ValueError(
                f"the added token of id {_short(id_)} is {_short(each)}, not an object"
            )
        yield each["content"], int(id_) if id_.isdecimal() and len(id_) <= 10 else id_
