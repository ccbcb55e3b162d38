"""Merges a list of recipes with mergekit; runs in mergekit's own environment.

python parity_peer.py JOBS REPORT, in the folder of the models. JOBS is a JSON list of [recipe,
output folder]; REPORT gets the versions, the methods with their parameters, and, by output folder,
the error of each merge that failed.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import MergeOptions, run_merge
from mergekit.merge_methods.registry import registered_methods

SEED = 1


def merge(recipe: str, out: str) -> str | None:
    """Merge one recipe; the error in one line if it fails."""
    options = MergeOptions(
        copy_tokenizer=False,
        write_model_card=False,
        clone_tensors=True,
        quiet=True,
        random_seed=SEED,
    )
    try:
        config = MergeConfiguration.model_validate(yaml.safe_load(Path(recipe).read_text()))
        run_merge(config, out, options)
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
    return None


def main() -> None:
    jobs, report = (Path(argument) for argument in sys.argv[1:])
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    errors = {out: merge(recipe, out) for recipe, out in json.loads(jobs.read_text())}
    methods = {m.spec.name: [p.name for p in m.spec.parameters] for m in registered_methods()}
    found = {
        "version": version("mergekit"),
        "torch": torch.__version__,
        "methods": methods,
        "errors": {out: error for out, error in errors.items() if error},
    }
    report.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
