"""The words for relations, roles and domains that people use, and ours."""

from __future__ import annotations

import re

BASE, INGREDIENT = "base", "ingredient"
RELATIONS = {
    "merge": ("merge", "merged", "merging", "mergeof", "mergedfrom", "mergekit", "frankenmerge"),
    "finetune": (
        "finetune", "finetuned", "finetuning", "finetuneof", "finetunedfrom", "tuned", "trained",
        "sft", "dpo", "rlhf", "instruct", "continuedpretraining",
    ),
    "adapter": ("adapter", "adapters", "lora", "qlora", "peft", "adapterof", "adapterfor"),
    "quantized": (
        "quantized", "quantised", "quantization", "quantisation", "quant", "quantizedfrom",
        "gguf", "gptq", "awq", "exl2", "bnb", "ggml",
    ),
    "distilled": ("distilled", "distillation", "distill", "distil", "distilledfrom", "student"),
    "unknown": (
        "", "unknown", "other", "none", "null", "basemodel", "base", "basemodels", "parent",
        "parentof", "childof", "adaptedfrom", "derived", "derivedfrom", "derivative", "basedon",
        "source", "madefrom", "edge", "lineage",
    ),
}  # fmt: skip
_RELATION = {word: relation for relation, words in RELATIONS.items() for word in words}
_ROLE = {
    "base": BASE, "basemodel": BASE, "root": BASE,
    "ingredient": INGREDIENT, "donor": INGREDIENT, "model": INGREDIENT, "source": INGREDIENT,
}  # fmt: skip
_DOMAIN = {
    "code": "code", "coding": "code", "programming": "code",
    "math": "math", "maths": "math", "mathematics": "math",
    "medical": "medical", "medicine": "medical", "biomedical": "medical",
    "biology": "biology", "chemistry": "chemistry", "climate": "climate",
    "legal": "legal", "law": "legal", "finance": "finance", "financial": "finance",
    "roleplay": "roleplay", "role-play": "roleplay", "rp": "roleplay",
    "storywriting": "storywriting", "creative-writing": "storywriting",
    "music": "music", "art": "art", "science": "science", "education": "education",
}  # fmt: skip


def relation_of(word: str) -> str | None:
    """Our word for a relation, or None if we do not know theirs."""
    return _RELATION.get(_bare(word))


def role_of(word: str) -> str | None:
    """Our word for a parent's role, or None if we do not know theirs."""
    return _ROLE.get(_bare(word))


def usual_role(relation: str) -> str:
    """The role of a parent if nothing says it: a merge has ingredients, everything else a base."""
    return INGREDIENT if relation == "merge" else BASE


def domains_of(tags: list[str]) -> tuple[str, ...]:
    """The domains that a model's tags name."""
    found = (_DOMAIN.get(tag.strip().lower()) for tag in tags)
    return tuple(dict.fromkeys(each for each in found if each))


def _bare(word: str) -> str:
    return re.sub(r"[\s_-]+", "", word.lower())
