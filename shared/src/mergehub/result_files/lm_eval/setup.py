"""What a file of results says of the whole evaluation: the model, the harness, the conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mergehub.result_files import values

HARNESS = "lm-evaluation-harness"
NAMED = ("peft", "delta", "pretrained", "model", "path", "engine")
"""The arguments that name the model, as the harness looks for them."""
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def arguments(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the model, which may be one text such as `pretrained=a/b,dtype=float16`."""
    told = config.get("model_args")
    if isinstance(told, dict):
        return told
    pairs = (each.partition("=") for each in str(told or "").split(",") if "=" in each)
    return {name.strip(): value.strip() for name, _, value in pairs}


def model_of(document: Mapping[str, Any]) -> str | None:
    """The model's name; an adapter's, if there is one."""
    config = mapping(document.get("config")) or mapping(document.get("config_general"))
    told = arguments(config)
    named = [document.get("model_name"), *(told.get(each) for each in NAMED)]
    named += [config.get("model_name"), config.get("model")]
    return next((found for each in named if (found := values.text(each, 10_000))), None)


def conditions(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row that all scores of a file share."""
    config = mapping(document.get("config")) or mapping(document.get("config_general"))
    told = arguments(config)
    return {
        "revision": _revision(config, told),
        "precision": _precision(config, told),
        "chat_template": _chat_template(document, config),
        "harness": values.text(document["harness"]) if "harness" in document else HARNESS,
        "harness_version": _version(document, config),
        "seed": _seed(config),
        "evaluated_on": values.moment(document.get("date")),
    }


def limit(document: Mapping[str, Any]) -> bool:
    """Whether the run was limited to some items."""
    config = mapping(document.get("config")) or mapping(document.get("config_general"))
    told = config.get("limit", config.get("max_samples"))
    return values.number(told) is not None or values.number(_as_number(told)) is not None


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _revision(config: Mapping[str, Any], told: Mapping[str, Any]) -> str | None:
    sha = config.get("model_sha")
    if isinstance(sha, str) and _COMMIT.fullmatch(sha.strip()):
        return sha.strip()
    found = values.text(told.get("revision")) or values.text(config.get("model_revision"))
    return None if found in (None, "main") else found


def _precision(config: Mapping[str, Any], told: Mapping[str, Any]) -> str | None:
    for argument in ("load_in_4bit", "load_in_8bit"):
        if values.truth(told.get(argument)):
            return values.precision(argument)
    if values.truth(told.get("autogptq")) or values.truth(told.get("gptqmodel")):
        return "gptq"
    stated = (told.get("dtype"), config.get("model_dtype"), config.get("dtype"))
    return next((found for each in stated if (found := values.precision(each))), None)


def _chat_template(document: Mapping[str, Any], config: Mapping[str, Any]) -> bool | None:
    """Whether it was applied: a text or its hash means yes, null no, and no word is unknown."""
    if "chat_template" in document:
        return bool(document["chat_template"])
    told = config.get("apply_chat_template")
    return bool(told) if told is not None else None


def _version(document: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    version = values.text(document.get("lm_eval_version"))
    commit = values.text(document.get("git_hash")) or values.text(config.get("lighteval_sha"))
    return version or commit


def _seed(config: Mapping[str, Any]) -> int | None:
    seed = values.number(config.get("random_seed"))
    return int(seed) if seed is not None and seed.is_integer() and abs(seed) < 2**63 else None


def _as_number(told: Any) -> float | None:
    try:
        return float(told) if isinstance(told, str) and len(told) < 40 else None
    except ValueError:
        return None
