"""The fields that a local task may have: those that can neither run code nor reach other files.

All other fields are refused, so a field of a later harness stays refused until it is reviewed.
"""

from __future__ import annotations

TASK = frozenset(
    {
        "dataset_kwargs", "dataset_path", "description", "doc_to_choice", "doc_to_target",
        "doc_to_text", "fewshot_config", "fewshot_delimiter", "fewshot_split", "filter_list",
        "gen_prefix", "generation_kwargs", "metadata", "metric_list", "num_fewshot",
        "output_type", "repeats", "tag", "target_delimiter", "task", "task_alias", "test_split",
        "training_split", "validation_split",
    }
)  # fmt: skip
FEWSHOT = frozenset(
    {
        "doc_to_choice", "doc_to_target", "doc_to_text", "fewshot_delimiter", "fewshot_indices",
        "gen_prefix", "sampler", "samples", "split", "target_delimiter",
    }
)  # fmt: skip
GENERATION = frozenset(
    {
        "do_sample", "max_gen_toks", "num_beams", "repetition_penalty", "temperature", "top_k",
        "top_p", "until",
    }
)  # fmt: skip
"""Options passed to `generate`, some of whose other options load code."""
METRIC = frozenset(
    {
        "aggregation", "higher_is_better", "ignore_case", "ignore_numbers", "ignore_punctuation",
        "metric", "multi_label", "regexes_to_ignore",
    }
)  # fmt: skip
DATASET = frozenset({"data_files"})
