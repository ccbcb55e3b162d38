"""All files next to the weights are copied, except those that describe weights."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.utils import filter_repo_objects

from merge_worker.engine import (
    CheckpointError,
    EngineError,
    NotSupportedError,
    SourceError,
    Sources,
    merge,
    plan_merge,
)
from merge_worker.engine.companions import giver
from merge_worker.engine.files.file_kinds import UNWANTED
from mergehub.recipe import parse_recipe

OF_TOKENIZER = [
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "source.spm",
    "tekken.json",
    "normalizer.json",
    "bpe.codes",
    "qwen.tiktoken",
    "chat_template.jinja",
    "additional_chat_templates/tool_use.jinja",
    "tokenization_own.py",
]
OF_CONFIG = [
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "chat_template.json",
    "configuration_own.py",
    "modeling_own.py",
    "processing_own.py",
    "image_processing_own.py",
    "custom_generate/generate.py",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "LICENSE",
    "LICENSE.txt",
    "NOTICE",
    "USE_POLICY.md",
    "id2label.json",
    "something-nobody-foresaw.cfg",
]
OF_WEIGHTS = [
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "model.fp32.safetensors",
    "model.safetensors.index.json.bak/x",
    "consolidated.00.pth",
    "params.json",
    "tf_model.h5",
    "flax_model.msgpack",
    "model.gguf",
    "model.onnx",
    "onnx/model.onnx_data",
    "original/params.json",
    "optimizer.pt",
    "rng_state.pth",
    "trainer_state.json",
    "training_args.bin",
    "all_results.json",
    "quantize_config.json",
    "checkpoint-500/config.json",
    "adapter_config.json",
    "README.md",
    "readme.MD",
    "manifest.json",
    "mergehub.lock.json",
    "recipe.yml",
    "recipe.yaml",
    "mergekit_config.yml",
    ".gitattributes",
    ".cache/huggingface/x",
]
SECRETS = ["id_rsa", "id_ed25519", "server.pem", "api.key", ".env", "prod.env", "credentials.json"]
LEFTOVERS = [
    *("config.json.orig", "tokenizer.json.bak", "merges.txt~", "vocab.json.tmp", ".LICENSE.swp"),
    *("tokenizer.json.old", "LICENSE.part"),
]
LOGS = ["nohup.out", "train.log", "wandb.json", "wandb-summary.json", "slurm-17.err"]
CONTENT = {
    "tokenizer.json": '{"model": {"vocab": {"x": 0}}}',
    "chat_template.json": '{"chat_template": "old"}',
}
OWN = {
    *("config.json", "README.md", "model.safetensors", "manifest.json"),
    *("mergehub.lock.json", "recipe.yml"),
}


def put(folder: Path, *names: str) -> None:
    """Write files that name their model."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        other = f"{folder.name}'s" if path.suffix != ".json" else json.dumps({"of": folder.name})
        path.write_text(CONTENT.get(name, other))


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def recipe(workshop: Any) -> dict[str, Any]:
    for i, name in enumerate("ab"):
        workshop.model(name, workshop.llama(i))
    return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


@pytest.fixture
def out(workshop: Any) -> Path:
    return Path(workshop.folder, "out")


def test_everything_beside_the_weights_travels_but_what_describes_weights(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    put(workshop.folder / "a", *OF_TOKENIZER[:1], *OF_TOKENIZER[6:], *OF_CONFIG, *OF_WEIGHTS)
    put(workshop.folder / "b", "modeling_other.py", "LICENSE.b")
    workshop.merge(recipe)
    wanted = {*OF_TOKENIZER[:1], *OF_TOKENIZER[6:], *OF_CONFIG}
    assert files(out) == wanted | OWN
    for name in wanted:
        assert (out / name).read_bytes() == (workshop.folder / "a" / name).read_bytes()


def test_the_tokenizers_files_come_from_its_model_and_all_others_from_the_configs(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    for name in "ab":
        put(workshop.folder / name, *OF_CONFIG, "tokenizer.json", *OF_TOKENIZER[6:])
    workshop.merge({**recipe, "tokenizer_source": "./b"})
    assert {name: (out / name).read_text() for name in OF_CONFIG if name.endswith(".py")} == {
        name: "a's" for name in OF_CONFIG if name.endswith(".py")
    }
    assert (out / "chat_template.jinja").read_text() == "b's"
    assert (out / "additional_chat_templates" / "tool_use.jinja").read_text() == "b's"
    assert (out / "tokenization_own.py").read_text() == "b's"
    assert json.loads((out / "preprocessor_config.json").read_text()) == {"of": "a"}


def test_of_slices_the_first_source_gives_what_is_not_the_tokenizers(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    """The base gives the tokenizer; the first source gives the configuration and its code."""
    workshop.model("base", workshop.llama(2))
    for name in ("a", "b", "base"):
        put(workshop.folder / name, "tokenizer.json", "vocab.txt", "modeling_own.py", "NOTICE")
    sources = [{"model": f"./{name}", "layer_range": [0, 2]} for name in ("a", "base")]
    workshop.merge(
        {
            "merge_method": "slerp",
            "parameters": {"t": 0.5},
            "slices": [{"sources": sources}],
            "base_model": "./base",
        }
    )
    assert (out / "vocab.txt").read_text() == "base's"
    assert (out / "modeling_own.py").read_text() == (out / "NOTICE").read_text() == "a's"


def test_the_lock_pins_every_file_that_was_copied(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    put(workshop.folder / "a", "tokenizer.json", "modeling_own.py", "custom_generate/generate.py")
    workshop.model("c", workshop.llama(2))
    put(workshop.folder / "c", "tokenizer.json", "vocab.txt")
    lock = workshop.merge({**recipe, "tokenizer_source": "./c"}).lock
    assert lock == type(lock).model_validate_json((out / "mergehub.lock.json").read_bytes())
    found = {part.ref.model: set(part.files) for part in lock.ingredients}
    read = {"config.json", "model.safetensors"}
    assert found == {
        "./a": read | {"modeling_own.py", "custom_generate/generate.py"},
        "./b": read,
        "./c": {"tokenizer.json", "vocab.txt"},
    }
    for part in lock.ingredients:
        for name, file in part.files.items():
            content = (workshop.folder / part.ref.model / name).read_bytes()
            assert (file.sha256, file.size) == (hashlib.sha256(content).hexdigest(), len(content))


def test_code_is_copied_never_run(workshop: Any, recipe: dict[str, Any], out: Path) -> None:
    mark = workshop.folder / "was-run"
    code = f"open({str(mark)!r}, 'w').close()\n"
    for name in ("modeling_own.py", "configuration_own.py", "tokenization_own.py", "setup.py"):
        (workshop.folder / "a" / name).write_text(code)
    config = workshop.llama_config(auto_map={"AutoConfig": "configuration_own.OwnConfig"})
    (workshop.folder / "a" / "config.json").write_text(json.dumps(config))
    plan = workshop.plan(recipe)
    workshop.merge(recipe)
    assert (out / "modeling_own.py").read_text() == code
    assert not mark.exists()
    assert json.loads((out / "config.json").read_text())["auto_map"] == config["auto_map"]
    assert any("copied, not run and not checked: configuration_own.py" in n for n in plan.notes)


def test_an_auto_map_keeps_no_class_whose_code_is_not_there(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    auto_map = {
        "AutoConfig": "configuration_own.OwnConfig",
        "AutoModel": "modeling_own.OwnModel",
        "AutoTokenizer": [None, "tokenization_gone.Fast"],
        "AutoProcessor": "org/elsewhere--processing.Processor",
    }
    put(workshop.folder / "a", "configuration_own.py")
    config = workshop.llama_config(auto_map=auto_map)
    (workshop.folder / "a" / "config.json").write_text(json.dumps(config))
    workshop.merge(recipe)
    kept = {key: auto_map[key] for key in ("AutoConfig", "AutoProcessor")}
    assert json.loads((out / "config.json").read_text())["auto_map"] == kept
    card = (out / "README.md").read_text()
    assert "config.json leaves out modeling_own.OwnModel, tokenization_gone.Fast" in card
    assert "takes code from org/elsewhere, which is not copied" in card


@pytest.mark.parametrize(
    "name", ["tokenizer_config.json", "processor_config.json", "preprocessor_config.json"]
)
def test_an_auto_map_elsewhere_keeps_no_such_class_either(
    workshop: Any, recipe: dict[str, Any], out: Path, name: str
) -> None:
    document = {"kept": [1], "auto_map": {"AutoTokenizer": ["tokenization_gone.Slow", None]}}
    (workshop.folder / "a" / name).write_text(json.dumps(document))
    workshop.merge(recipe)
    assert json.loads((out / name).read_text()) == {"kept": [1]}
    assert (
        f"auto_map in {name} leaves out tokenization_gone.Slow" in (out / "README.md").read_text()
    )


def sentence_transformer(folder: Path, *more: dict[str, Any]) -> None:
    """Write the files of a sentence-transformers model, in its library's layout."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "3_Normalize": "Normalize"}
    modules: list[dict[str, Any]] = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds.items())
    ]
    (folder / "modules.json").write_text(json.dumps([*modules, *more]))
    put(folder, "sentence_bert_config.json", "config_sentence_transformers.json")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"word_embedding_dimension": 8}')


DENSE = {"idx": 3, "name": "3", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}


def test_a_sentence_transformer_keeps_its_modules(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    sentence_transformer(workshop.folder / "a")
    workshop.merge(recipe)
    modules = json.loads((out / "modules.json").read_text())
    assert [each["path"] for each in modules] == ["", "1_Pooling", "3_Normalize"]
    pooling = json.loads((out / "1_Pooling" / "config.json").read_text())
    assert pooling == {"word_embedding_dimension": 8}
    assert (out / "config_sentence_transformers.json").is_file()


def test_the_weights_of_a_module_are_copied_with_a_note(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    sentence_transformer(workshop.folder / "a", DENSE)
    put(workshop.folder / "a" / "2_Dense", "config.json")
    dense = {"linear.weight": workshop.llama(5)["lm_head.weight"]}
    workshop.write_tensors(workshop.folder / "a" / "2_Dense" / "model.safetensors", dense, "F32")
    result = workshop.merge(recipe)
    assert workshop.read(out / "2_Dense").keys() == {"linear.weight"}
    assert (
        "2_Dense/model.safetensors is copied from ./a, not merged"
        in (out / "README.md").read_text()
    )
    assert result.tensors == len(workshop.read(out))


def test_pickled_weights_of_a_module_stay_with_a_note(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    sentence_transformer(workshop.folder / "a", DENSE)
    put(workshop.folder / "a" / "2_Dense", "config.json", "pytorch_model.bin")
    workshop.merge(recipe)
    assert files(out / "2_Dense") == {"config.json"}
    assert "2_Dense/pytorch_model.bin of ./a is not copied" in (out / "README.md").read_text()


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        ("{}", "must contain a list of modules"),
        ("[1]", "must contain a list of modules"),
        ("[", "is not JSON"),
        ('[{"path": 1}]', "not text"),
        ('[{"path": "../b"}]', "a module must be a folder next to it"),
        ('[{"path": "/etc"}]', "a module must be a folder next to it"),
        ('[{"path": ".."}]', "a module must be a folder next to it"),
        ('[{"path": "README.md"}]', "a module must be a folder next to it"),
        ('[{"path": "model.safetensors"}]', "a module must be a folder next to it"),
        ('[{"path": "x\\u001b"}]', "a module must be a folder next to it"),
    ],
)
def test_modules_that_lead_elsewhere_are_refused(
    workshop: Any, recipe: dict[str, Any], modules: str, reason: str
) -> None:
    (workshop.folder / "a" / "modules.json").write_text(modules)
    with pytest.raises(CheckpointError, match=reason):
        workshop.plan(recipe)


def test_a_sentence_transformer_whose_model_lies_in_a_folder_is_not_mistaken_for_another(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    inner = {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}
    (workshop.folder / "a" / "modules.json").write_text(json.dumps([inner]))
    with pytest.raises(NotSupportedError, match=r"merge the folder .* instead"):
        workshop.plan(recipe)


def test_a_pipe_is_refused_not_waited_for(workshop: Any, recipe: dict[str, Any]) -> None:
    os.mkfifo(workshop.folder / "a" / "chat_template.jinja")
    with pytest.raises(EngineError, match=r"a/chat_template\.jinja is not a regular file"):
        workshop.plan(recipe)


def test_a_socket_is_refused(workshop: Any, recipe: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(workshop.folder / "a" / "NOTICE"))
        with pytest.raises(EngineError, match="a/NOTICE is not a regular file"):
            workshop.plan(recipe)


@pytest.mark.parametrize("target", ["config.json", "nothing"])
def test_a_link_that_leads_nowhere_is_refused(
    workshop: Any, recipe: dict[str, Any], target: str
) -> None:
    sentence_transformer(workshop.folder / "a")
    (workshop.folder / "a" / "1_Pooling" / "config.json").unlink()
    (workshop.folder / "a" / "1_Pooling" / "config.json").symlink_to(target)
    with pytest.raises(EngineError, match=r"1_Pooling.* config\.json|1_Pooling/config\.json"):
        workshop.plan(recipe)


def test_a_link_in_a_folder_below_may_not_lead_out_either(
    workshop: Any, recipe: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("secret")
    sentence_transformer(workshop.folder / "a")
    (workshop.folder / "a" / "1_Pooling" / "more.json").symlink_to(secret)
    with pytest.raises(SourceError, match="leads outside"):
        workshop.plan(recipe)


def test_a_link_that_leads_back_to_the_model_is_not_entered(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    sentence_transformer(workshop.folder / "a")
    (workshop.folder / "a" / "1_Pooling" / "back").symlink_to("..")
    with pytest.raises(EngineError, match="1_Pooling/back"):
        workshop.plan(recipe)


def test_the_files_of_a_cached_model_travel_though_they_are_links(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    """In the Hugging Face cache, a snapshot is a folder of links to blobs."""
    put(workshop.folder / "a", "tokenizer.json", "modeling_own.py", "custom_generate/generate.py")
    kept = workshop.folder / "cache" / "models--org--name"
    snapshot = kept / "snapshots" / ("0123456789" * 4)
    blobs = kept / "blobs"
    blobs.mkdir(parents=True)
    for i, name in enumerate(sorted(files(workshop.folder / "a"))):
        (workshop.folder / "a" / name).rename(blobs / str(i))
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).symlink_to(os.path.relpath(blobs / str(i), (snapshot / name).parent))
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(snapshot.name)
    document = {**recipe, "models": [{"model": "org/name"}, {"model": "./b"}]}
    sources = Sources(roots=(workshop.folder / "b",), cache_dir=kept.parent, offline=True)
    document["models"][1]["model"] = str(workshop.folder / "b")
    plan = plan_merge(parse_recipe(json.dumps(document)), sources)
    merge(plan, out)
    assert files(out) == OWN | {"tokenizer.json", "modeling_own.py", "custom_generate/generate.py"}


@pytest.mark.parametrize("name", [b"a\nb.txt", b"\x1b[2J.json", b"\xff.txt", "\u202ex.py".encode()])
def test_a_name_that_cannot_be_printed_is_refused(
    workshop: Any, recipe: dict[str, Any], name: bytes
) -> None:
    Path(os.fsdecode(os.fsencode(workshop.folder / "a") + b"/" + name)).write_text("x")
    with pytest.raises(CheckpointError, match="a name that cannot be printed") as refused:
        workshop.plan(recipe)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("names", "why"),
    [(SECRETS, "hold secrets"), (LEFTOVERS, "by editors and downloads"), (LOGS, "by training")],
)
def test_what_is_never_part_of_a_model_stays_with_one_note(
    workshop: Any, recipe: dict[str, Any], out: Path, names: list[str], why: str
) -> None:
    put(workshop.folder / "a", "LICENSE", *names)
    put(workshop.folder / "a", *(f"custom_generate/{name}" for name in names))
    put(workshop.folder / "a", "custom_generate/generate.py")
    (note,) = [each for each in workshop.plan(recipe).notes if why in each]
    assert note.startswith(", ".join(sorted(names)[:3]))
    assert f"and {len(names) - 3} more files of ./a are not copied" in note
    workshop.merge(recipe)
    assert files(out) == OWN | {"LICENSE", "custom_generate/generate.py"}


def test_a_model_of_which_nothing_is_taken_has_no_note_of_its_files(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    put(workshop.folder / "b", *SECRETS)
    assert workshop.plan(recipe).notes == ()


def sparse(path: Path, size: int) -> None:
    """Write a file of this size that takes no space."""
    path.touch()
    os.truncate(path, size)


def test_a_file_that_is_too_large_stays_with_a_note(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    sparse(workshop.folder / "a" / "data.jsonl", 65 << 20)
    put(workshop.folder / "a", "NOTICE")
    workshop.merge(recipe)
    assert files(out) == OWN | {"NOTICE"}
    assert "data.jsonl of ./a is not copied: the limit for such a file is" in (
        (out / "README.md").read_text()
    )


def test_files_beyond_the_number_that_is_copied_have_one_note_with_their_count(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    put(workshop.folder / "a", *(f"extra{i:03}.txt" for i in range(400)))
    (note,) = workshop.plan(recipe).notes
    assert note == (
        "extra300.txt, extra301.txt, extra302.txt and 97 more files of ./a are not copied: "
        "at most 300 files are copied next to the weights"
    )


def test_files_that_are_too_large_together_have_one_note_with_that_reason(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    for i in range(10):
        sparse(workshop.folder / "a" / f"part{i}.jsonl", 60 << 20)
    (note,) = workshop.plan(recipe).notes
    assert note == (
        "part8.jsonl, part9.jsonl of ./a are not copied: "
        "the limit for all files next to the weights is 536870912 bytes"
    )


def test_a_link_to_nothing_is_called_a_broken_link(workshop: Any, recipe: dict[str, Any]) -> None:
    (workshop.folder / "a" / "LICENSE").symlink_to("nowhere")
    with pytest.raises(SourceError, match="a/LICENSE is a broken link"):
        workshop.plan(recipe)


def test_a_tokenizers_file_that_is_too_large_is_refused(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    sparse(workshop.folder / "a" / "merges.txt", 65 << 20)
    with pytest.raises(CheckpointError, match=r"a/merges\.txt has 68157440 bytes"):
        workshop.plan(recipe)


def test_files_without_number_are_refused_or_left(
    workshop: Any, recipe: dict[str, Any], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giver, "MOST_ENTRIES", 500)
    for i in range(400):
        (workshop.folder / "a" / f"{i:05}.cfg").touch()
    workshop.merge(recipe)
    assert len(files(out)) == len(OWN) + 300
    for i in range(400, 501):
        (workshop.folder / "a" / f"{i:05}.cfg").touch()
    with pytest.raises(CheckpointError, match="contains more than 500 files"):
        workshop.plan(recipe)


def test_folders_of_modules_hold_few_files_and_travel_with_those_below(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    sentence_transformer(workshop.folder / "a")
    put(workshop.folder / "a" / "1_Pooling", "x/deep.json", "x/y/deeper.json", "x/y/z/no.json")
    workshop.merge(recipe)
    assert files(out / "1_Pooling") == {"config.json", "x/deep.json", "x/y/deeper.json"}
    for i in range(100):
        (workshop.folder / "a" / "1_Pooling" / f"{i}").touch()
    with pytest.raises(CheckpointError, match="contains more than 100 files"):
        workshop.plan(recipe)


def test_a_template_in_the_recipe_takes_the_place_of_the_models(
    workshop: Any, recipe: dict[str, Any], out: Path
) -> None:
    put(workshop.folder / "a", "chat_template.jinja", "chat_template.json")
    workshop.merge({**recipe, "chat_template": "{{ messages }}"})
    assert files(out) == OWN | {"chat_template.jinja"}
    assert (out / "chat_template.jinja").read_text() == "{{ messages }}"


def test_what_is_fetched_of_a_model_is_what_may_be_read_or_travel() -> None:
    weights = ["model.safetensors", "model-00001-of-00002.safetensors", "README.md"]
    index = ["model.safetensors.index.json", "adapter_model.safetensors", "adapter_config.json"]
    modules = ["modules.json", "1_Pooling/config.json", "2_Dense/model.safetensors"]
    wanted = [*OF_TOKENIZER, *OF_CONFIG, *weights, *index, *modules, "config.json"]
    written_anew = {"README.md", "readme.MD", "manifest.json", "mergehub.lock.json", "recipe.yml"}
    unwanted = [
        name
        for name in OF_WEIGHTS
        if name not in {*written_anew, "adapter_config.json", "model.fp32.safetensors"}
        and "index.json.bak" not in name
    ]
    unwanted += [*SECRETS, *LEFTOVERS, *LOGS]
    fetched = filter_repo_objects([*wanted, *unwanted], ignore_patterns=list(UNWANTED))
    assert set(fetched) == set(wanted)
