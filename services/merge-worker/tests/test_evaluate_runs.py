"""Evaluate runs in a real child process, with a Llama of a few kilobytes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from merge_worker.child.messages import Failed, Job, Message, Progress, Succeeded
from merge_worker.execution.process import ChildProcess
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.kinds.evaluate import EvaluateResult, EvaluateSpec

pytestmark = pytest.mark.process

WORDS = ["<pad>", "<eos>", "?", "yes", "no", *"abcdefgh"]
WIDTH, LAYERS = 16, 2


@dataclass
class Said:
    """The messages of a child: the stages it went through, and its outcome."""

    stages: list[str] = field(default_factory=list)
    last: Message | None = None

    @property
    def result(self) -> EvaluateResult:
        assert isinstance(self.last, Succeeded), self.last
        assert isinstance(self.last.result, EvaluateResult)
        return self.last.result


async def run_child(job: Job) -> Said:
    said = Said()
    child = await ChildProcess.start(job)
    async for message in child.messages():
        if isinstance(message, Progress):
            said.stages.append(message.progress.stage)
        else:
            said.last = message
    assert await child.wait() == 0, child.last_lines()
    return said


def llama(folder: Path) -> None:
    """Write random weights with transformers' names, and a tokenizer with one word per token."""
    draw = np.random.default_rng(7)

    def weight(*shape: int) -> np.ndarray:
        return draw.standard_normal(shape, np.float32)

    tensors = {
        "model.embed_tokens.weight": weight(len(WORDS), WIDTH),
        "model.norm.weight": np.ones(WIDTH, np.float32),
        "lm_head.weight": weight(len(WORDS), WIDTH),
    }
    for i in range(LAYERS):
        layer = f"model.layers.{i}"
        square = [f"self_attn.{part}_proj" for part in "qkvo"]
        square += [f"mlp.{part}_proj" for part in ("gate", "up", "down")]
        tensors |= {f"{layer}.{part}.weight": weight(WIDTH, WIDTH) for part in square}
        norms = ("input_layernorm", "post_attention_layernorm")
        tensors |= {f"{layer}.{norm}.weight": np.ones(WIDTH, np.float32) for norm in norms}
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": len(WORDS),
        "hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": LAYERS,
        "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 64,
        "bos_token_id": None, "eos_token_id": 1, "pad_token_id": 0, "tie_word_embeddings": False,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<pad>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>",
                    "eos_token": "<eos>", "unk_token": "<pad>"})
    )  # fmt: skip


def lora(folder: Path) -> None:
    """Write an adapter that negates one projection of the first layer."""
    draw = np.random.default_rng(8)
    name = "base_model.model.model.layers.0.self_attn.q_proj"
    tensors = {
        f"{name}.lora_A.weight": draw.standard_normal((2, WIDTH), np.float32),
        f"{name}.lora_B.weight": draw.standard_normal((WIDTH, 2), np.float32),
    }
    folder.mkdir(parents=True)
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["q_proj"],
              "layers_to_transform": [0], "task_type": "CAUSAL_LM",
              "base_model_name_or_path": "tiny"}  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config))


def benchmarks(folder: Path) -> None:
    """Write a free-answer task and a multiple-choice task over the same eight items."""
    folder.mkdir()
    rows = [{"letter": letter, "answer": "yes", "label": i % 2} for i, letter in
            enumerate("abcdefgh")]  # fmt: skip
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shared = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "items.jsonl"}},
        "test_split": "test",
        "doc_to_text": "{{letter}} ?",
    }
    free = shared | {
        "task": "free", "output_type": "generate_until", "doc_to_target": "answer",
        "generation_kwargs": {"max_gen_toks": 2, "do_sample": False, "until": ["?"]},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }  # fmt: skip
    choice = shared | {
        "task": "choice", "output_type": "multiple_choice", "doc_to_target": "label",
        "doc_to_choice": ["yes", "no"], "num_fewshot": 1, "fewshot_split": "test",
    }  # fmt: skip
    for task in (free, choice):
        (folder / f"{task['task']}.yaml").write_text(yaml.safe_dump(task))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("evaluate")
    llama(root / "models" / "tiny")
    lora(root / "models" / "adapters" / "turned")
    benchmarks(root / "tasks")
    return root


def job(
    place: Path, model: str, names: list[str], run_id: UUID | None = None, **products: UUID
) -> Job:
    return Job(
        run_id=run_id or uuid4(),
        spec=EvaluateSpec(kind="evaluate", model=model, model_name="tiny", benchmarks=names),
        products=products,
        hardware="cpu",
        capacity=Capacity(),
        model_roots=(place / "models",),
        task_roots=(place / "tasks",),
        artifacts=place / "artifacts",
        scratch=place / "scratch",
        parent=os.getpid(),
    )


async def test_a_model_with_an_adapter_is_measured_and_finished_benchmarks_are_kept(
    place: Path,
) -> None:
    run_id = uuid4()
    first = await run_child(job(place, "tiny+adapters/turned", ["free", "choice"], run_id))
    free, choice = first.result.results
    assert (free.benchmark, free.metric, free.count, free.shots) == ("free", "exact_match", 8, 0)
    assert (choice.metric, choice.count, choice.shots) == ("acc", 8, 1)
    for result in (free, choice):
        assert len(result.items) == 8
        assert result.value == pytest.approx(sum(result.items.values()) / 8)
    assert free.items.keys() == choice.items.keys()
    assert free.version != choice.version
    assert first.result.model_digest.startswith("sha256:")
    assert first.result.harness.startswith("lm-eval ")
    assert (first.result.device, first.result.warnings) == ("cpu", [])
    assert list(dict.fromkeys(first.stages))[-2:] == ["evaluate free", "evaluate choice"]

    second = await run_child(job(place, "tiny+adapters/turned", ["free", "choice"], run_id))
    assert second.result.results == first.result.results
    assert "load the harness" not in second.stages
    assert second.result.device is None


async def test_pickled_weights_are_refused(place: Path) -> None:
    folder = place / "models" / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    said = await run_child(job(place, "pickled", ["free"]))
    assert isinstance(said.last, Failed)
    assert (said.last.error.code, said.last.error.retryable) == ("evaluation-failed", False)
    assert "can run code when it is opened" in said.last.error.message


async def test_an_unknown_benchmark_fails_before_anything_is_loaded(place: Path) -> None:
    said = await run_child(job(place, "tiny", ["free", "nothing"]))
    assert isinstance(said.last, Failed)
    assert "no benchmark 'nothing' on this worker; it has: choice, free" in (
        said.last.error.message
    )
    assert said.stages == ["starting"]
