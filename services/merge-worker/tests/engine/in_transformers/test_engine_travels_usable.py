"""Libraries can use the copied files: the model's own code, tokenizers, processors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from when_used import when_used

pytestmark = pytest.mark.slow

torch = when_used("torch")
transformers = when_used("transformers")

CONFIGURATION = """
from transformers import LlamaConfig


class OwnConfig(LlamaConfig):
    model_type = "own"
"""
MODELING = """
from transformers import LlamaForCausalLM
from .configuration_own import OwnConfig

class OwnForCausalLM(LlamaForCausalLM):
    config_class = OwnConfig
    own = True
"""
RECIPE = {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


def save(folder: Path, seed: int) -> None:
    """Save a small Llama with random weights, and a tokenizer with one word per token."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    torch.manual_seed(seed)
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 4}
    config = transformers.LlamaConfig(hidden_size=8, intermediate_size=8, **sizes)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    words = models.WordLevel({"<unk>": 0, "a": 1, "cat": 2, "sat": 3}, unk_token="<unk>")
    tokenizer = Tokenizer(words)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", chat_template="{{ messages[0].content }}"
    )
    fast.save_pretrained(folder)


def own_code(folder: Path) -> None:
    """Turn the model into one with its own code next to it."""
    import json

    (folder / "configuration_own.py").write_text(CONFIGURATION)
    (folder / "modeling_own.py").write_text(MODELING)
    path = folder / "config.json"
    names = {"AutoConfig": "configuration_own.OwnConfig"}
    names["AutoModelForCausalLM"] = "modeling_own.OwnForCausalLM"
    config = json.loads(path.read_text()) | {"model_type": "own", "auto_map": names}
    path.write_text(json.dumps(config | {"architectures": ["OwnForCausalLM"]}))


@pytest.fixture
def out(workshop: Any) -> Path:
    for i, name in enumerate("ab"):
        save(workshop.folder / name, i)
    return Path(workshop.folder, "out")


def test_a_merged_model_with_its_own_code_is_loaded_by_transformers(
    workshop: Any, out: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "hf"))
    for name in "ab":
        own_code(workshop.folder / name)
    workshop.merge(RECIPE)
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        out, trust_remote_code=True, output_loading_info=True
    )
    assert model.own
    assert not report["missing_keys"]
    with torch.no_grad():
        assert model(torch.tensor([[1, 2, 3]])).logits.isfinite().all()


def test_the_tokenizer_of_a_merge_is_loaded_with_its_template(workshop: Any, out: Path) -> None:
    workshop.merge(RECIPE)
    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    assert tokenizer("a cat sat")["input_ids"] == [1, 2, 3]
    words = [{"role": "user", "content": "a cat"}]
    assert tokenizer.apply_chat_template(words, tokenize=False) == "a cat"


def test_the_processor_of_the_configs_model_is_loaded(workshop: Any, out: Path) -> None:
    for name, rate in (("a", 8000), ("b", 16000)):
        processor = transformers.Wav2Vec2FeatureExtractor(sampling_rate=rate)
        processor.save_pretrained(workshop.folder / name)
    workshop.merge({**RECIPE, "tokenizer_source": "./b"})
    loaded = transformers.AutoFeatureExtractor.from_pretrained(out)
    assert loaded.sampling_rate == 8000
    assert loaded([0.0, 1.0], sampling_rate=8000)["input_values"][0].shape == (2,)
