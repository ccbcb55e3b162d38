"""The words for relations and roles that people use, and ours."""

from __future__ import annotations

import re
from functools import lru_cache

BASE, INGREDIENT = "base", "ingredient"
RELATIONS = {
    "merge": (
        "merge", "merged", "merges", "merging", "mergeof", "mergedfrom", "mergekit", "frankenmerge",
        "modelmerge", "modelmerging", "moe",
    ),
    "finetune": (
        "finetune", "finetuned", "finetuning", "finetuneof", "finetunedfrom", "finetunes", "tuned",
        "trained", "trainedfrom", "sft", "dpo", "rlhf", "instruct", "continuedpretraining",
        "pretraining", "ft",
    ),
    "adapter": (
        "adapter", "adapters", "lora", "qlora", "peft", "adapterof", "adapterfor", "loraof",
    ),
    "quantized": (
        "quantized", "quantised", "quantization", "quantisation", "quant", "quants",
        "quantizedfrom", "quantizedversionof", "quantizationof", "quantizedof",
        "gguf", "gptq", "awq", "exl2", "bnb", "ggml",
    ),
    "distilled": ("distilled", "distillation", "distill", "distil", "distilledfrom", "student"),
    "unknown": (
        "", "unknown", "other", "none", "null", "basemodel", "base", "basemodels", "parent",
        "parentof", "childof", "adaptedfrom", "derived", "derivedfrom", "derivative", "basedon",
        "source", "madefrom", "edge", "lineage", "directed", "parentchild", "basemodelof",
    ),
}  # fmt: skip
_NO_DIRECTION = frozenset({"undirected", "related", "relatedto", "similar", "similarto"})
_TO_PARENT = re.compile(r"(childof|basedon|\w+from|\w*(adapter|lora|finetune|merge|quant\w*)of)")
_RELATION = {word: relation for relation, words in RELATIONS.items() for word in words}
_ROLE = {
    "base": BASE, "basemodel": BASE, "root": BASE,
    "ingredient": INGREDIENT, "donor": INGREDIENT, "model": INGREDIENT, "source": INGREDIENT,
    "expert": INGREDIENT,
}  # fmt: skip


@lru_cache(maxsize=1000)
def relation_of(word: str) -> str | None:
    """Our word for a relation, or None if we do not know theirs."""
    return _RELATION.get(_bare(word))


@lru_cache(maxsize=1000)
def leads_to_parent(word: str) -> bool:
    """Whether `A word B` says that A was made from B, as `finetuned from` does."""
    return bool(word) and _TO_PARENT.fullmatch(_bare(word)) is not None


@lru_cache(maxsize=1000)
def has_no_direction(word: str) -> bool:
    """Whether a word says of two models only that they have to do with each other."""
    return bool(word) and _bare(word) in _NO_DIRECTION


@lru_cache(maxsize=1000)
def role_of(word: str) -> str | None:
    """Our word for a parent's role, or None if we do not know theirs."""
    return _ROLE.get(_bare(word))


def usual_role(relation: str) -> str:
    """The role of a parent if nothing says it: a merge has ingredients, everything else a base."""
    return INGREDIENT if relation == "merge" else BASE


def _bare(word: str) -> str:
    return re.sub(r"[\s_-]+", "", word.lower())
