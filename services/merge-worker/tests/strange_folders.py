"""A corpus of model folders that no tool would write: names, and changes to a valid folder.

The valid folder has one small safetensors file, a configuration, a tokenizer and a card; a
`Strange` changes it in place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Strange = Callable[[Path], object]
INDEX: Final = "model.safetensors.index.json"
SHARD: Final = "model-00001-of-00001.safetensors"
POINTER: Final = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 123\n"
TENSOR: Final = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def sound(folder: Path) -> Path:
    """Write a valid model."""
    folder.mkdir()
    put("config.json", {"model_type": "llama", "num_hidden_layers": 1})(folder)
    header({"model.norm.weight": TENSOR})(folder)
    vocabulary = {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}
    put("tokenizer.json", {"model": vocabulary, "added_tokens": []})(folder)
    put("README.md", b"---\nlicense: mit\n---\n# A model\n")(folder)
    return folder


def put(name: str, content: Any) -> Strange:
    """Replace a file with bytes, or with anything else as JSON."""

    def change(folder: Path) -> None:
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(text)

    return change


def header(entries: Any, data: int = 8, length: int | None = None) -> Strange:
    """Replace the weights with a file that has this header and a number of zero bytes."""

    def change(folder: Path) -> None:  # a header of millions of bytes is made if a test uses it
        text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
        size = len(text) if length is None else length
        put("model.safetensors", size.to_bytes(8, "little") + text + bytes(data))(folder)

    return change


def tensor(name: str = "model.norm.weight", **changed: Any) -> Strange:
    """Replace the weights with one changed tensor."""
    return header({name: {**TENSOR, **changed}})


def index(weight_map: Any, **more: Any) -> Strange:
    return indexed({"weight_map": weight_map, **more})


def indexed(content: Any) -> Strange:
    """Write an index and the weights as a shard, since `model.safetensors` would hide the index."""

    def change(folder: Path) -> None:
        put(INDEX, content)(folder)
        (folder / "model.safetensors").rename(folder / SHARD)

    return change


def gone(*names: str) -> Strange:
    return lambda folder: [(folder / name).unlink() for name in names]


def instead(name: str, make: Callable[[Path], object]) -> Strange:
    """Put something other than a regular file in a file's place."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        make(folder / name)

    return change


def link(to: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(to)


def sparse(size: int) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return make


def both(*changes: Strange) -> Strange:
    return lambda folder: [change(folder) for change in changes]


def nested(levels: int, inner: Any = 1) -> bytes:
    return b'{"a":' * levels + json.dumps(inner).encode() + b"}" * levels


FILES: Final = ("config.json", "model.safetensors", "tokenizer.json", INDEX)

NOT_REGULAR: Final[dict[str, Strange]] = {
    f"{name} is {what}": instead(name, make)
    for name in FILES
    for what, make in {
        "a named pipe": os.mkfifo,
        "a folder": Path.mkdir,
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a link to nothing": link("nowhere"),
        "a link to a device": link("/dev/zero"),
        "a link out of the roots": link("/etc/passwd"),
        "empty": Path.touch,
        "a git-LFS pointer": lambda path: path.write_bytes(POINTER),
        "200 GB of nothing": sparse(200 << 30),
        "half of a pair": lambda path: path.write_bytes(b'{"\\ud800": "\\udc00\\ud800"}'),
        "nested 900 deep": lambda path: path.write_bytes(nested(900)),
        "nested 100,000 deep": lambda path: path.write_bytes(b"[" * 100_000),
        "not UTF-8": lambda path: path.write_bytes(b'{"a": "\xff\xfe"}'),
        "a list": lambda path: path.write_bytes(b"[]"),
        "a number of 5,000 digits": lambda path: path.write_bytes(b"1" * 5000),
    }.items()
}

CONFIGS: Final[dict[str, Strange]] = {
    f"config with {json.dumps(content)[:40]}": put("config.json", content)
    for content in [
        {"num_hidden_layers": 10**30},
        {"num_hidden_layers": -1},
        {"num_hidden_layers": "one"},
        {"num_hidden_layers": [1]},
        {"num_hidden_layers": None, "text_config": {"num_hidden_layers": {}}},
        {"text_config": [1, 2]},
        {"text_config": {"tie_word_embeddings": {}}},
        {"tie_word_embeddings": "no"},
        {"dtype": ["bfloat16"], "torch_dtype": {}},
        {"vocab_size": -5},
        {"vocab_size": 10**39},
        {"quantization_config": {"quant_method": "gptq", "bits": 4}},
        {"quantization_config": {"quant_method": ["x"] * 3}},
        {"quantization": {"bits": 4, "group_size": 64}},
        {"text_config": {"quantization_config": {"quant_method": "awq"}}},
        {"_name_or_path": {"a": 1}},
        {"architectures": 5, "auto_map": 5, "model_type": []},
        {"layer_types": "x", "num_hidden_layers": 1},
        {"nan": float("nan"), "infinite": float("inf")},
        {"\x1b[2J": "\x1b]0;title\x07"},
        {"": {"": {"": ""}}},
    ]
}

HEADERS: Final[dict[str, Strange]] = {
    "a header that claims 2⁶² bytes": header({}, length=1 << 62),
    "a header that claims 2⁶⁴-1 bytes": header({}, length=(1 << 64) - 1),
    "a header of 7 bytes in all": put("model.safetensors", b"1234567"),
    "a header of no bytes": header(b""),
    "a header of 1 GB, most of it missing": instead("model.safetensors", sparse(1 << 30)),
    "a header of spaces": header(b" " * 100),
    "a model without tensors": header({}, data=0),
    "only metadata": header({"__metadata__": {"format": "pt"}}, data=0),
    "metadata of another type": header({"__metadata__": [1], "a": TENSOR}),
    "a tensor that is a number": header({"a": 1}),
    "a tensor that is a list": header({"a": [1, 2]}),
    "a name twice": header(b'{"a": {}, "a": {}}'),
    "a dimension of 3,000 digits": header(
        b'{"a":{"dtype":"F32","shape":[1' + b"0" * 3000 + b'],"data_offsets":[0,8]}}'
    ),
    "a dimension of 39 digits": tensor(shape=[10**38, 10**38]),
    "a dimension of 2⁶³": tensor(shape=[1 << 63]),
    "dimensions whose product is 0": tensor(shape=[0, 1 << 62], data_offsets=[0, 0]),
    "dimensions whose product overflows": tensor(shape=[1 << 33, 1 << 33]),
    "a million dimensions": tensor(shape=[1] * 1_000_000),
    "a negative dimension": tensor(shape=[-2]),
    "a dimension that is true": tensor(shape=[True, 2]),
    "a dimension with a point": tensor(shape=[2.0]),
    "a dimension that is null": tensor(shape=[None]),
    "a shape that is a number": tensor(shape=2),
    "a shape that is a mapping": tensor(shape={"0": 2}),
    "no dimensions": tensor(shape=[], data_offsets=[0, 4]),
    "offsets that are true": header({"a": {**TENSOR, "shape": [1], "data_offsets": [False, True]}}),
    "offsets the wrong way round": tensor(data_offsets=[8, 0]),
    "a negative offset": tensor(data_offsets=[-8, 0]),
    "offsets beyond the file": tensor(data_offsets=[800, 808]),
    "offsets of 40 digits": tensor(data_offsets=[10**39, 10**39 + 8]),
    "three offsets": tensor(data_offsets=[0, 4, 8]),
    "a type that is none": tensor(dtype="F7"),
    "a type that is a list": tensor(dtype=["F32"]),
    "a type with control characters": tensor(dtype="\x1b[31mF32"),
    "a tensor of 4 bits": tensor(dtype="F4"),
    "a tensor of 8-bit floats": tensor(dtype="F8_E4M3", shape=[8]),
    "a tensor of truths": tensor(dtype="BOOL", shape=[8]),
    "a name that moves the cursor": tensor("\x1b[2J\x1b[1;1Howned"),
    "a name of two lines": tensor("model\nnorm"),
    "a name written from right to left": tensor("model.‮norm"),
    "a name that is half of a pair": header(b'{"a\\ud800":' + json.dumps(TENSOR).encode() + b"}"),
    "a name of 100,000 characters": tensor("n" * 100_000),
    "an empty name": tensor(""),
    "a name of dots": tensor("...."),
    "a layer of 5,000 digits": tensor("model.layers." + "9" * 5000 + ".w"),
    "a layer of 400 digits": tensor("model.layers." + "9" * 400 + ".w"),
    "a layer in other digits": tensor("model.layers.²³.weight"),
    "a layer in Arabic digits": tensor("model.layers.٣.weight"),
    "a gap between tensors": header({"a": TENSOR, "b": {**TENSOR, "data_offsets": [12, 20]}}, 20),
    "tensors that overlap": header({"a": TENSOR, "b": {**TENSOR, "data_offsets": [4, 12]}}, 12),
    "bytes after the last tensor": header({"a": TENSOR}, 9),
    "too few bytes": header({"a": TENSOR}, 7),
    "weights of GPTQ": tensor("model.layers.0.mlp.qweight", dtype="I32"),
    "a metadata of 10,000 names": header(
        {"__metadata__": {str(i): "" for i in range(10_000)}, "a": TENSOR}
    ),
}

INDEXES: Final[dict[str, Strange]] = {
    "no weight_map": indexed({}),
    "an empty weight_map": index({}),
    "a weight_map that is a list": index(["a"]),
    "a shard that is a number": index({"a": 1}),
    "a shard that is a list": index({"a": ["x.safetensors"]}),
    "a shard outside": index({"a": f"../{SHARD}"}),
    "a shard at an absolute path": index({"a": "/etc/passwd.safetensors"}),
    "a shard of 300 characters": index({"a": "s" * 300 + ".safetensors"}),
    "a shard of 250 characters": index({"a": "ü" * 240 + ".safetensors"}),
    "a shard with a zero byte": index({"a": "s\0.safetensors"}),
    "a shard with control characters": index({"a": "s\x1b[2J.safetensors"}),
    "a shard that is half of a pair": indexed(b'{"weight_map": {"a": "\\ud800.safetensors"}}'),
    "a shard in a subfolder": index({"a": "x/y.safetensors"}),
    "a shard without a name": index({"a": ""}),
    "a shard that is a dot": index({"a": "."}),
    "a shard that is pickled": index({"a": "pytorch_model.bin"}),
    "1,000 shards that are not there": index({str(i): f"{i}.safetensors" for i in range(1000)}),
    "a tensor that is not in its shard": index({"zebra": SHARD}),
    "a shard that is a pipe": both(
        index({"a": "p.safetensors"}), instead("p.safetensors", os.mkfifo)
    ),
    "a shard that links out": both(
        index({"a": "p.safetensors"}), instead("p.safetensors", link("/etc/hostname"))
    ),
    "a tensor in two shards": both(
        index({"model.norm.weight": SHARD, "x": "two.safetensors"}),
        lambda folder: (folder / "two.safetensors").write_bytes((folder / SHARD).read_bytes()),
    ),
    "metadata that is no mapping": index({"model.norm.weight": SHARD}, metadata=7),
}


def tokenizer(content: Any) -> Strange:
    return put("tokenizer.json", content)


def vocabulary(vocab: Any, added: Any = ()) -> Strange:
    return tokenizer({"model": {"vocab": vocab}, "added_tokens": added})


TOKENIZERS: Final[dict[str, Strange]] = {
    "a tokenizer without a model": tokenizer({}),
    "a tokenizer whose model is a list": tokenizer({"model": [1]}),
    "a vocabulary that is a number": vocabulary(5),
    "a vocabulary that is a text": vocabulary("abc"),
    "a vocabulary of numbers": vocabulary([1, 2, 3]),
    "a vocabulary of empty lists": vocabulary([[], []]),
    "a vocabulary of mappings": vocabulary([{}, {}]),
    "ids that are texts": vocabulary({"a": "x"}),
    "ids that are lists": vocabulary({"a": [1]}),
    "ids of 39 digits": vocabulary({"a": 10**38}),
    "an added token without id": vocabulary({"a": 0}, [{"content": "<x>"}]),
    "an added token without content": vocabulary({"a": 0}, [{"id": 5}]),
    "an added token that is a number": vocabulary({"a": 0}, [5]),
    "an added token whose id is a text": vocabulary({"a": 0}, [{"content": "x", "id": "many"}]),
    "an added token whose id is null": vocabulary({"a": 0}, [{"content": "x", "id": None}]),
    "an added token whose id is infinite": tokenizer(
        b'{"model": {"vocab": {}}, "added_tokens": [{"content": "x", "id": Infinity}]}'
    ),
    "added tokens that are a number": vocabulary({"a": 0}, 7),
    "added tokens that are a mapping": vocabulary({"a": 0}, {"x": 1}),
    "a tokenizer that is cut off": tokenizer(b'{"model": {"vocab": {"a": 0, "b"'),
    "a SentencePiece model that is a pipe": both(
        gone("tokenizer.json"), instead("tokenizer.model", os.mkfifo)
    ),
    "a SentencePiece model of random bytes": put("tokenizer.model", bytes(range(256))),
    "a chat template that is a pipe": instead("chat_template.jinja", os.mkfifo),
    "a generation_config that is a link out": instead("generation_config.json", link("/etc/group")),
    "a tokenizer_config of 1 GB": instead("tokenizer_config.json", sparse(1 << 30)),
    "a vocab.txt that is a git-LFS pointer": put("vocab.txt", POINTER),
}

_BOMB = "\n".join(
    f"x{i}: &x{i}\n  <<: [{', '.join([f'*x{i - 1}'] * 9) if i else '{}'}]" for i in range(30)
)

CARDS: Final[dict[str, Strange]] = {
    f"a card {what}": put("README.md", f"---\n{text}\n---\n# x\n".encode())
    for what, text in {
        "with a bomb of merge keys": _BOMB,
        "with a bomb of aliases": "a: &a [x]\n"
        + "\n".join(f"b{i}: &b{i} [*a, *a]" for i in range(99)),
        "with a date that is none": "date: 2024-99-99",
        "with a licence that is a date": "license: 2024-99-99",
        "with a licence of 10,000 characters": "license: " + "m" * 10_000,
        "with a licence that moves the cursor": "license: \x1b[2J",
        "with a licence that is a list": "license: [mit, apache-2.0]",
        "with a licence of base 60": "license: " + "1:" * 500 + "1",
        "of flow brackets": "[" * 60_000,
        "of simple keys": "a: " * 20_000,
        "with a Python object": "license: !!python/object/apply:os.system ['true']",
        "of tags": "!!int ''",
    }.items()
} | {
    "a card that is a pipe": instead("README.md", os.mkfifo),
    "a card that links out": instead("README.md", link("/etc/passwd")),
    "a card that links to itself": instead("README.md", link("README.md")),
    "a card of 10 GB": instead("README.md", sparse(10 << 30)),
    "a card that is a folder": instead("README.md", Path.mkdir),
    "a card of bytes": put("README.md", b"---\nlicense: \xff\xfe\n---\n"),
    "a card that never ends its metadata": put("README.md", b"---\nlicense: mit\n" + b"a\n" * 9000),
}

OTHERS: Final[dict[str, Strange]] = {
    "nothing but a card": gone("config.json", "model.safetensors", "tokenizer.json"),
    "no configuration": gone("config.json"),
    "no weights": gone("model.safetensors"),
    "an entry that is not UTF-8": lambda folder: Path(
        os.fsdecode(bytes(folder) + b"/\xff")
    ).touch(),
    "a thousand other files": lambda folder: [(folder / str(i)).touch() for i in range(1000)],
    "a folder within itself": instead("self", link(".")),
    "a link to the folder above": instead("above", link("..")),
    "a link to a name of 300 characters": instead("long", link("n" * 255 + "/" + "n" * 255)),
    "a link to a path of 4,000 characters": instead("long", link("n/" * 2000 + "n")),
}

CORPUS: Final[dict[str, Strange]] = (
    NOT_REGULAR | CONFIGS | HEADERS | INDEXES | TOKENIZERS | CARDS | OTHERS
)
