"""Vocabularies in the files of tokenizers, each by the rules of its format."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

TOKENS = ["<s>", "</s>", "the", "Ġcat", "sat", "é", "on", "mat"]


def fast(tokens: list[str], kind: str = "dict", added: list[str] | None = None) -> str:
    """A tokenizer.json whose model has the tokens, followed by the added ones."""
    vocab: Any = {token: i for i, token in enumerate(tokens)}
    if kind == "unigram":
        vocab = [[token, -float(i)] for i, token in enumerate(tokens)]
    more = [{"id": len(tokens) + i, "content": token} for i, token in enumerate(added or [])]
    return json.dumps({"model": {"vocab": vocab}, "added_tokens": more})


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def piece(text: str, score: float = 0.5) -> bytes:
    """A SentencePiece in protobuf: text, score, type."""
    import struct

    content = text.encode()
    inner = b"\x0a" + varint(len(content)) + content + b"\x15" + struct.pack("<f", score)
    inner += b"\x18\x01"
    return b"\x0a" + varint(len(inner)) + inner


def spm(tokens: list[str], trainer: bytes = b"") -> bytes:
    """A SentencePiece model; `trainer` is its section about the training."""
    tail = b"\x12" + varint(len(trainer)) + trainer if trainer else b""
    return b"".join(map(piece, tokens)) + tail


def tiktoken_lines(tokens: list[str]) -> str:
    lines = [f"{base64.b64encode(spelt(t)).decode()} {i}" for i, t in enumerate(tokens)]
    return "\n".join(lines) + "\n"


def spelt(token: str) -> bytes:
    """A token's bytes, by transformers' own table for GPT-2's notation."""
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


def give(workshop: Any, model: str, form: str, tokens: list[str]) -> None:
    content = FORMS[form](tokens)
    path = Path(workshop.folder, model, form.partition(" ")[0])
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
