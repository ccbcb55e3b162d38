"""Train one of the demo's adapters: `python train.py dates --base models/SmolLM2-135M-Instruct`.

A LoRA of rank 8 in float32 on the CPU. It does not change the lowest ten layers, so nothing is
propagated back through them, which saves a quarter of the time. The loss is on the answer only, so
the output head is computed only for the answer's positions.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import torch
from base_model import NAME
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from skills import SKILLS, Item, make_items
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

ADAPTERS = Path(__file__).parent / "adapters"
LORA = LoraConfig(
    r=8,
    lora_alpha=16,
    target_modules=["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"],
    layers_to_transform=list(range(10, 30)),
    task_type="CAUSAL_LM",
)
STEPS = {"dates": 400, "sql": 150}
IGNORED = -100


def make_batch(tokenizer: PreTrainedTokenizerBase, items: list[Item]) -> dict[str, Tensor]:
    """Return left-padded token ids, attention mask, position ids and the answers' labels."""
    prompts = [tokenizer(item.prompt)["input_ids"] for item in items]
    answers = [tokenizer(item.answer)["input_ids"] + [tokenizer.eos_token_id] for item in items]
    width = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True))
    kept = max(map(len, answers))
    ids = torch.full((len(items), width), tokenizer.eos_token_id)
    mask = torch.zeros_like(ids)
    labels = torch.full((len(items), kept), IGNORED)
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        ids[row, -len(prompt) - len(answer) :] = torch.tensor(prompt + answer)
        mask[row, -len(prompt) - len(answer) :] = 1
        labels[row, -len(answer) :] = torch.tensor(answer)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    return {"input_ids": ids, "attention_mask": mask, "position_ids": positions, "labels": labels}


def answer_loss(model: Any, batch: dict[str, Tensor]) -> Tensor:
    """Return the mean cross-entropy of the answers' tokens."""
    labels = batch.pop("labels")
    # One position more than the labels: each token is predicted from the one before it.
    logits = model(**batch, logits_to_keep=labels.shape[1] + 1, use_cache=False).logits
    return cross_entropy(logits[:, :-1].flatten(0, 1), labels.flatten(), ignore_index=IGNORED)


def train(skill: str, base: Path, steps: int, size: int, rate: float, seed: int) -> None:
    """Train on `steps` batches of `size` fresh items and write `adapters/<skill>/`."""
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model: Any = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), LORA
    )
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.1)
    items = make_items(skill, "train", steps * size, seed)
    wall, cpu = time.perf_counter(), time.process_time()
    for step in range(steps):
        loss = answer_loss(model, make_batch(tokenizer, items[step * size : (step + 1) * size]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if (step + 1) % 10 == 0:
            spent = f"{time.perf_counter() - wall:.0f} s, CPU {time.process_time() - cpu:.0f} s"
            print(f"{skill} {step + 1}/{steps}: loss {loss.item():.4f}, wall {spent}", flush=True)
    save(model, ADAPTERS / skill)


def save(model: Any, folder: Path) -> None:
    """Write the adapter as PEFT does, in bfloat16, with its base by name instead of path."""
    folder.mkdir(parents=True, exist_ok=True)
    state = get_peft_model_state_dict(model)
    tensors = {key: value.to(torch.bfloat16).contiguous() for key, value in state.items()}
    target = folder / "adapter_model.safetensors"
    save_file(tensors, target, metadata={"format": "pt"})
    target.chmod(0o644)
    config = LORA.to_dict() | {"base_model_name_or_path": NAME, "inference_mode": True}
    config["target_modules"] = sorted(config["target_modules"])
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("skill", choices=SKILLS)
    parser.add_argument("--base", type=Path, default=Path("models", NAME))
    parser.add_argument("--steps", type=int, help=f"default: {STEPS}")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    steps = options.steps or STEPS[options.skill]
    train(options.skill, options.base, steps, options.batch, options.rate, options.seed)


if __name__ == "__main__":
    main()
