"""Leaderboards as tables, with the habits that people have."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from result_texts import Said

from mergehub.benchmarks.baselines import normalised
from mergehub.result_files import BadMapping, Mapping, Unreadable
from mergehub.result_files.tables.cells import BadCell, scores

ARC = {"model": "Model", "benchmarks": {"ARC": {"benchmark": "arc", "scale": "0-100"}}}


def _read(cell: str, decimal: str | None = None) -> list[float | None]:
    return [each.value if each else None for each in scores(cell, decimal)]


def _arc(cell: str, **how: object) -> Said:
    mapping = Mapping.of({**ARC, **how})
    return Said(f"Model\tARC\norg/a\t{cell}\n", mapping=mapping)


@pytest.mark.parametrize(
    ("cell", "value", "stderr"),
    [
        ("64.91", 0.6491, None),
        ("64,91", 0.6491, None),
        ("64.9%", 0.649, None),
        ("64.91 ± 1.86", 0.6491, 0.0186),
        ("64.91±1.86", 0.6491, 0.0186),
        ("64.91 +/- 1.86", 0.6491, 0.0186),
        ("64.91 (±1.86)", 0.6491, 0.0186),
        ("**64.91**", 0.6491, None),
        ("<b>64.91</b>", 0.6491, None),
        ("🏆 64.91", 0.6491, None),
        ("64.91 ⬆️", 0.6491, None),
        ("  64.91\u00a0", 0.6491, None),
        ("6.491e1", 0.6491, None),
        ("64.91*", 0.6491, None),
        ("64.91†", 0.6491, None),
        ("64.91 ²", 0.6491, None),
        (r"$\textbf{64.91}_{\pm 1.86}$", 0.6491, 0.0186),
        (r"64.9\%", 0.649, None),
        ("0", 0.0, None),
        ("100", 1.0, None),
    ],
)
def test_a_score_is_read_however_it_is_written(
    cell: str, value: float, stderr: float | None
) -> None:
    row = _arc(cell).row
    assert row.value == pytest.approx(value, abs=1e-12)
    assert row.stderr == (None if stderr is None else pytest.approx(stderr))


@pytest.mark.parametrize("cell", ["", " ", "n/a", "N/A", "-", "–", "nan", "None", "TBD", "…"])
def test_an_empty_cell_is_no_score_and_no_fault(cell: str) -> None:
    said = _arc(cell)
    assert (said.rows, said.refused, said.doubtful) == ([], [], [])


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("good", "good is not a number"),
        ("6491", "6491 is not on the scale 0-100"),
        ("-3", "-3 is not on the scale 0-100"),
        ("0.6491", "seems to be on the scale 0-1"),
        ("64.91 (1.86)", "is not a number"),
        ("1e999", "is not"),
        ("9" * 300, "too long"),
        ("64,912", "not on the scale"),
    ],
)
def test_another_cell_is_refused_with_the_reason(cell: str, why: str) -> None:
    said = _arc(cell)
    assert said.rows == []
    assert why in said.why


def test_thousands_have_separators_and_a_comma_is_decimal_if_the_table_says_so() -> None:
    assert _read("1,234.5") == _read("1 234,5") == _read("1.234,5", ",") == [1234.5]
    assert _read("64,912", ",") == [64.912]
    with pytest.raises(BadCell, match="decimal"):
        scores("12,34,56")


def test_of_two_scores_in_a_cell_the_mapping_says_which_is_which() -> None:
    cell = "64.91 ± 1.86 / 75.96 ± 1.59"
    column = {"benchmark": "gsm8k", "scale": "0-100"}
    told: dict[str, Any] = {**column, "metrics": ["exact_match", "exact_match:flexible-extract"]}
    mapping = Mapping.of({"model": "Model", "benchmarks": {"GSM8K": told}})
    said = Said(f"Model\tGSM8K\norg/a\t{cell}\n", mapping=mapping)
    assert said.values("metric", "value", "stderr") == [
        ("exact_match", pytest.approx(0.6491), pytest.approx(0.0186)),
        ("exact_match:flexible-extract", pytest.approx(0.7596), pytest.approx(0.0159)),
    ]
    told = {**column, "metrics": [None, "exact_match"]}
    mapping = Mapping.of({"model": "Model", "benchmarks": {"GSM8K": told}})
    said = Said(f"Model\tGSM8K\norg/a\t{cell}\n", mapping=mapping)
    assert said.values() == [pytest.approx(0.7596)]


def test_cells_with_one_score_have_a_metric_of_their_own() -> None:
    told = {"benchmark": "arc", "scale": "0-100", "metric": "acc", "metrics": [None, "acc_norm"]}
    mapping = Mapping.of({"model": "Model", "benchmarks": {"ARC": told}})
    said = Said("Model,ARC\norg/a,60 / 70\norg/b,50\n", mapping=mapping)
    assert said.values("metric", "value") == [("acc_norm", pytest.approx(0.7)), ("acc", 0.5)]


def test_two_scores_that_no_one_names_are_doubtful_and_not_imported() -> None:
    said = Said("Model,GSM8K\norg/a,64.91 ± 1.86 / 75.96 ± 1.59\norg/b,60.0 ± 1.9 / 70.0 ± 1.7\n")
    assert said.rows == []
    assert [line for line, _ in said.doubtful] == [2, 3]
    assert "not imported: the cell has several scores, 64.91 / 75.96" in said.doubtful[0][1]
    assert "`metrics`" in said.doubtful[0][1]


def test_of_two_scores_one_may_be_missing() -> None:
    assert _read("n/a / 75.96") == [None, 75.96]
    said = Said("Model,ARC (acc / acc_norm)\norg/a,n/a / 75.96\norg/b,60 / 70\norg/c,60\n")
    assert said.values("metric", "value") == [
        ("acc_norm", pytest.approx(0.7596)), ("acc", 0.6), ("acc_norm", pytest.approx(0.7)),
    ]  # fmt: skip
    assert "the cell has 60, and column ARC (acc / acc_norm) has 2 metrics" in said.why


@pytest.mark.parametrize(
    ("header", "metrics"),
    [
        ("ARC (acc / acc_norm)", ["acc", "acc_norm"]),
        ("GSM8K (strict/flexible)", ["exact_match", "exact_match:flexible-extract"]),
    ],
)
def test_a_header_may_name_the_metrics(header: str, metrics: list[str]) -> None:
    said = Said(f"Model,{header}\norg/a,64.91 / 75.96\n")
    assert [row.metric for row in said.rows] == metrics


def test_standard_errors_may_have_columns_of_their_own() -> None:
    said = Said("model,arc_challenge,arc_challenge_stderr,MMLU,MMLU ±\na/b,0.6,0.01,0.5,n/a\n")
    assert said.values("benchmark", "value", "stderr") == [("arc", 0.6, 0.01), ("mmlu", 0.5, None)]
    assert said.mapping is not None
    again = Mapping.of(said.mapping.stated())
    assert again.benchmarks["MMLU"].stderr == "MMLU ±"


def test_headers_have_emoji_arrows_and_shots() -> None:
    said = Said("🔶,Model 🧩,ARC (25-shot) ⬆️,MMLU ⬆,**HellaSwag**\n🔶,org/a,64.9,60.1,80.5\n")
    assert said.values("benchmark", "shots", "value") == [
        ("arc", 25, pytest.approx(0.649)),
        ("mmlu", None, pytest.approx(0.601)),
        ("hellaswag", None, pytest.approx(0.805)),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "org/a",
        '"<a target=""_blank"" href=""https://huggingface.co/org/a"" style=""x"">org/a</a>"',
        "<a href='https://huggingface.co/org/a'>A (ours)</a>",
        "[A, ours](https://huggingface.co/org/a)".replace(",", ""),
        "**org/a**",
        "org/a 📑",
        "https://huggingface.co/org/a",
    ],
)
def test_a_model_is_named_in_html_markdown_or_plainly(cell: str) -> None:
    assert Said(f"Model,ARC,MMLU\n{cell},64.9,60\n").rows[0].model == "org/a"


@pytest.mark.parametrize(
    ("cell", "variant"),
    [
        ("org/a@1f2e3d", ("org/a", "1f2e3d", None)),
        ("org/a (4bit)", ("org/a", None, "4bit")),
        ("org/a@main [BF16]", ("org/a", "main", "bfloat16")),
        ("org/a (ours)", ("org/a (ours)", None, None)),
    ],
)
def test_a_revision_and_a_precision_may_stand_beside_the_name(
    cell: str, variant: tuple[str | None, ...]
) -> None:
    said = Said(f"Model,ARC\n{cell},64.9\n")
    assert said.values("model", "revision", "precision") == [variant]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("model,task,metric,score\na/b,gsm8k,acc,61\na/b,mmlu,acc,55\na/b,w,perplexity,9\n",
         [0.61, 0.55, 9]),
        ("model,task,score\na/b,gsm8k,0.61\na/b,mmlu,0.55\n", [0.61, 0.55]),
        ("model,benchmark,score,stderr\na/b,gsm8k,61,1\n", [0.61]),
        ("model,benchmark,value\na/b,elo-like,61\n", [61]),
    ],
)  # fmt: skip
def test_a_line_for_each_score_is_a_table_too(table: str, values: list[float]) -> None:
    assert Said(table).values() == pytest.approx(values)


def test_a_line_without_a_model_is_refused_unless_it_is_empty() -> None:
    said = Said("Model,ARC\n,64.9\n,\n../etc,3\n")
    assert [line for line, _ in said.refused] == [2, 4]


def test_an_average_is_no_benchmark_and_is_recomputed() -> None:
    text = "Model,Average ⬆️,ARC,HellaSwag\norg/a,70.1,60.1,80.05\norg/b,75,60,80\n"
    said = Said(text)
    assert {row.benchmark for row in said.rows} == {"arc", "hellaswag"}
    assert said.doubtful == [(3, "the average is 75, but the mean of its columns is 70")]


def test_averages_of_something_else_are_not_compared_line_by_line() -> None:
    rows = "".join(f"org/m{each},10,{60 + each / 10},50\n" for each in range(50))
    said = Said(f"Model,Average,ARC,MMLU\n{rows}")
    assert len(said.rows) == 100
    assert len(said.doubtful) == 21
    assert "no average so far is the mean" in said.doubtful[-1][1]


def test_an_average_of_other_columns_is_compared_with_those() -> None:
    told = {
        "model": "Model", "scale": "0-100", "benchmarks": {"ARC": "arc", "MMLU": "mmlu"},
        "average": {"column": "Mean", "of": ["ARC", "Other"]},
    }  # fmt: skip
    said = Said("Model,Mean,ARC,MMLU,Other\norg/a,55,60,10,50\n", mapping=Mapping.of(told))
    assert said.doubtful == []


def test_scores_of_a_column_on_another_scale_are_refused() -> None:
    rows = "".join(f"org/m{each},{60 + each},{50 + each}\n" for each in range(8))
    said = Said(f"Model,ARC,MMLU\n{rows}org/z,0.6491,0.55\n")
    assert len(said.rows) == 16
    assert [line for line, _ in said.refused] == [10, 10]
    assert "is as all of its line on the scale 0-1" in said.refused[0][1]
    rows = "".join(f"org/m{each},{60 + each},{each + 1.5}\n" for each in range(8))
    said = Said(f"Model,GSM8K,MATH\n{rows}org/y,0.512,1.6\norg/z,60,0.512\n")
    assert "the rest of its column is from 60 on" in said.why
    assert said.rows[-1].value == pytest.approx(0.00512)
    said = Said("Model,ARC\norg/a,0.61\norg/b,0.62\norg/c,63\n")
    assert said.values() == [0.61, 0.62]
    assert said.refused == [(4, "63 is not on the scale 0-1")]


def test_one_model_in_two_precisions_is_two_variants() -> None:
    said = Said("Model,Precision,ARC\norg/a,torch.bfloat16,60\norg/a,4bit,58\n")
    assert said.values("precision", "value") == [("bfloat16", 0.6), ("4bit", 0.58)]
    assert said.doubtful == []


def test_a_repeated_line_is_one_fact_and_a_contradicting_one_is_doubtful() -> None:
    said = Said("Model,ARC\norg/a,60\norg/a,60\nOrg/A,61\n")
    assert said.doubtful == [(4, "results.csv:2 says 0.6 of the same thing, this one 0.61")]
    assert len(said.rows) == 3


def test_raw_scores_are_taken_where_normalised_ones_are_beside_them() -> None:
    text = "Model,Average,BBH Raw,BBH,GPQA Raw,GPQA\norg/a,21.0,0.5,30.0,0.34,12.0\n"
    said = Said(text)
    assert said.values("benchmark", "value") == [("bbh", 0.5), ("gpqa", 0.34)]
    assert said.doubtful == []
    assert any("BBH is not read" in note for note in said.notes)


def test_a_normalised_score_is_converted_back_or_refused() -> None:
    told = {
        "model": "Model", "scale": "0-100",
        "benchmarks": {
            "GPQA": {"benchmark": "gpqa", "values": "normalised"},
            "BBH": {"benchmark": "bbh", "values": "normalised"},
        },
    }  # fmt: skip
    said = Said("Model,GPQA,BBH\norg/a,12,30\norg/b,0,\n", mapping=Mapping.of(told))
    assert said.values("benchmark", "value") == [("gpqa", pytest.approx(0.34))]
    assert normalised(said.row.value, 0.25) == pytest.approx(12)
    (_, subtasks), (_, clipped) = said.refused
    assert "mean over subtasks" in subtasks
    assert "any score up to a guess's" in clipped


def test_normalised_scores_are_noticed_by_what_a_guess_gets() -> None:
    rows = "".join(f"org/m{each},{each + 1},{40 + each}\n" for each in range(10))
    said = Said(f"Model,GPQA,IFEval\n{rows}")
    assert said.mapping is not None
    assert said.mapping.benchmarks["GPQA"].values == "normalised"
    assert said.mapping.benchmarks["IFEval"].values == "raw"
    assert any("GPQA is taken for normalised" in note for note in said.notes)
    assert said.rows[0].value == pytest.approx(0.25 + 0.01 * 0.75)


def test_signals_of_a_merge_that_disagree_are_named() -> None:
    text = (
        "Model,Type,Merged,Tags,ARC\n"
        'org/a,🤝 base merges and moerges,true,"merge, chat",60\n'
        "org/b,🔶 fine-tuned,false,,60\n"
        "org/c,🔶 fine-tuned,false,\"['mergekit']\",60\n"
    )
    said = Said(text)
    assert [row.claims.merged for row in said.rows if row.claims] == [True, False, True]
    assert [line for line, _ in said.doubtful] == [4]
    why = said.why
    for words in ("column Merged says not merged", "type is fine-tuned", "tag mergekit"):
        assert words in why


def test_a_column_that_says_the_opposite_of_the_type_is_inverted() -> None:
    kinds = ["org/m{},fine-tuned,true,60\n", "org/m{},merge,false,60\n"]
    rows = "".join(kinds[each % 2].format(each) for each in range(12))
    said = Said(f"Model,Type,Merged,ARC\n{rows}")
    assert said.mapping is not None
    assert said.mapping.merged is not None
    assert said.mapping.merged.inverted
    assert said.doubtful == []
    assert [row.claims.merged for row in said.rows if row.claims] == [False, True] * 6


def test_flags_may_be_inverted() -> None:
    text = "Model,Flagged,Available on the hub,Not_Merged,ARC\norg/a,true,false,true,60\n"
    claims = Said(text).row.claims
    assert claims is not None
    assert set(claims.flags) == {"flagged", "unavailable"}
    assert claims.merged is False


def test_what_a_table_says_of_the_model_is_kept_as_claims() -> None:
    text = (
        "Model,Model sha,Precision,Architecture,#Params (B),Hub License,Base Model,Date,ARC\n"
        "org/a,abc123,BF16,LlamaForCausalLM,7.24,apache-2.0,org/base,2024-06-12T10:00:00Z,60\n"
        "org/b,,,,-1,,,,60\n"
    )
    first, second = Said(text).rows
    assert (first.revision, first.precision) == ("abc123", "bfloat16")
    assert str(first.evaluated_on) == "2024-06-12"
    assert first.claims is not None
    assert first.claims.model_dump(exclude_defaults=True) == {
        "base": "org/base", "licence": "apache-2.0", "parameters": 7_240_000_000,
        "architecture": "LlamaForCausalLM",
    }  # fmt: skip
    assert second.claims is None


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffModel,ARC,MMLU\norg/a,64.9,60.1\n",
        "Model;ARC;MMLU\norg/a;64,9;60,1\n",
        "Our leaderboard\n\nModel,ARC,MMLU\norg/a,64.9,60.1\n",
        "Model\tARC\tMMLU\norg/a\t64.9\t60.1\n",
        "| Model | ARC | MMLU |\n|---|---:|---:|\n| org/a | 64.9 | 60.1 |\n",
        '[{"Model": "org/a", "ARC": 64.9, "MMLU": 60.1}]',
        '{"Model": "org/a", "ARC": "64.9", "MMLU": 60.1}\n',
        '{"columns": ["Model", "ARC", "MMLU"], "data": [["org/a", 64.9, 60.1]]}',
        '{"rows": [{"row_idx": 0, "row": {"Model": "org/a", "ARC": 64.9, "MMLU": 60.1}}]}',
        '{"org/a": {"ARC": 64.9, "MMLU": 60.1}, "org/b": {"ARC": null}}',
        '{"0": {"Model": "org/a", "ARC": 64.9, "MMLU": 60.1}}',
        '{"Model": {"0": "org/a"}, "ARC": {"0": 64.9}, "MMLU": {"0": 60.1}}',
    ],
)
def test_a_table_may_be_csv_tsv_markdown_or_json(text: str) -> None:
    said = Said(text)
    assert said.values("model", "benchmark", "value") == [
        ("org/a", "arc", pytest.approx(0.649)),
        ("org/a", "mmlu", pytest.approx(0.601)),
    ]
    assert (said.refused, said.doubtful) == ([], [])


OPEN_LLM_1 = (
    "T,Model,Average ⬆️,ARC,HellaSwag,MMLU,TruthfulQA,Winogrande,GSM8K,Type,Architecture,Precision,"
    "Merged,Hub License,#Params (B),Hub ❤️,Available on the hub,Model sha,Flagged,MoE,"
    "date,Model_name_for_query\n"
    '🔶,"<a target=""_blank"" href=""https://huggingface.co/org/a"">org/a</a>",65.0,60,70,65,50,'
    "75,70,🔶 fine-tuned,LlamaForCausalLM,torch.float16,False,mit,7,12,True,abc,False,False,"
    "2023-10-01T00:00:00Z,org/a\n"
)
OPEN_LLM_2 = (
    "eval_name,Precision,Type,T,Weight type,Architecture,Model,fullname,Model sha,Average ⬆️,"
    "Hub License,Hub ❤️,#Params (B),Available on the hub,MoE,Flagged,Chat Template,CO₂ cost (kg),"
    "IFEval Raw,IFEval,BBH Raw,BBH,MATH Lvl 5 Raw,MATH Lvl 5,GPQA Raw,GPQA,MUSR Raw,MUSR,"
    "MMLU-PRO Raw,MMLU-PRO,Merged,Official Providers,Upload To Hub Date,Submission Date,Generation,"
    "Base Model\n"
    "org_a_bfloat16,bfloat16,🔶 fine-tuned,🔶,Original,LlamaForCausalLM,<a href=x>org/a</a>,org/a,"
    "abc,25.0,mit,1,8.03,True,False,False,True,0.8,0.5,50,0.5,30,0.1,10,0.34,12,0.4,15,0.4,33,"
    "False,False,2024-06-01,2024-06-12,1,org/base\n"
)


def test_the_tables_of_open_llm_leaderboard_are_read_as_they_are() -> None:
    said = Said(OPEN_LLM_1)
    assert said.values("benchmark", "value") == [
        ("arc", 0.6), ("hellaswag", 0.7), ("mmlu", 0.65), ("truthfulqa", 0.5),
        ("winogrande", 0.75), ("gsm8k", 0.7),
    ]  # fmt: skip
    assert (said.refused, said.doubtful) == ([], [])
    said = Said(OPEN_LLM_2)
    assert said.values("benchmark", "value", "chat_template") == [
        ("ifeval", 0.5, True), ("bbh", 0.5, True), ("math", 0.1, True), ("gpqa", 0.34, True),
        ("musr", 0.4, True), ("mmlu-pro", 0.4, True),
    ]  # fmt: skip
    assert (said.refused, said.doubtful) == ([], [])
    row = said.rows[0]
    assert (row.model, row.revision, row.precision) == ("org/a", "abc", "bfloat16")
    assert row.claims is not None
    assert (row.claims.merged, row.claims.base, row.claims.flags) == (False, "org/base", ())
    assert row.claims.parameters == 8_030_000_000


def test_a_line_with_too_many_cells_is_refused() -> None:
    said = Said("Model,ARC\norg/a,64,9\norg/b,60\n")
    assert said.refused == [(2, "it has 3 cells, and the header 2")]
    assert len(said.rows) == 1


def test_benchmarks_that_no_one_knows_keep_their_names() -> None:
    said = Said("Model,My New Bench (3-shot),PPL,MT-Bench\norg/a,55.5,6.4,7.1\n")
    assert said.values("benchmark", "value", "shots") == [
        ("my-new-bench", pytest.approx(0.555), 3),
        ("PPL", 6.4, None),
        ("MT-Bench", 7.1, None),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n1,2\n", "no column is called like one with the names of models"),
        ("Model,Rank\norg/a,1\n", "no column has the scores of a benchmark"),
        ("Model,ARC,ARC\norg/a,1,2\n", "'ARC' twice"),
        ("", "is empty"),
        ("Model,ARC\n", "has no rows"),
    ],
)
def test_what_is_no_table_of_results_is_refused_whole(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        Said(text)


def test_a_mapping_names_columns_that_exist() -> None:
    told = Mapping.of({"model": "Name", "benchmarks": {"ARC": "arc"}})
    with pytest.raises(Unreadable, match="lacks the columns Name of the mapping; it has: Model"):
        Said("Model,ARC\norg/a,1\n", mapping=told)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("model: [", "not YAML"),
        ("[]", "is an object"),
        ("model: M", "benchmarks"),
        ("{model: M, benchmarks: {A: arc}, colour: red}", "colour: is not a known field"),
        ("{model: M, benchmarks: {A: {benchmark: arc, scale: 0-10}}}", "scale"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(text: str, why: str) -> None:
    with pytest.raises(BadMapping, match=why):
        Mapping.parsed(text)


def test_a_guessed_mapping_can_be_given_and_says_the_same() -> None:
    text = "Model,Average,ARC (25-shot),BBH Raw,BBH\norg/a,45,60,0.5,30\n"
    guessed = Said(text)
    assert guessed.mapping is not None
    again = Said(text, mapping=Mapping.parsed(json.dumps(guessed.mapping.stated())))
    assert again.rows == guessed.rows


@given(st.floats(0, 1), st.sampled_from(["0-1", "0-100"]), st.booleans())
def test_a_share_is_the_same_on_either_scale(value: float, scale: str, percent: bool) -> None:
    factor = 100 if scale == "0-100" or percent else 1
    told = {"model": "Model", "benchmarks": {"GSM8K": {"benchmark": "gsm8k", "scale": scale}}}
    cell = f"{value * factor!r}{'%' if percent else ''}"
    said = Said(f"Model,GSM8K\norg/a,{cell}\n", mapping=Mapping.of(told))
    assert said.row.value == pytest.approx(value, abs=1e-12)


@given(st.text(max_size=60))
def test_no_cell_makes_the_reader_fail(cell: str) -> None:
    with suppress(BadCell):
        assert all(math.isfinite(value or 0) for value in _read(cell))


def test_a_markdown_table_needs_no_other_suffix() -> None:
    text = "| Model | ARC |\n|:--|--:|\n| [org/a](https://huggingface.co/org/a) | **60** |\n"
    assert Said(text, "board.md").values("model", "value") == [("org/a", 0.6)]


def test_a_model_that_is_given_for_a_table_is_not_taken_and_that_is_said() -> None:
    said = Said("Model,ARC\norg/a,60\n", model="org/b")
    assert said.row.model == "org/a"
    assert said.notes == ["the models are those that the table names, not org/b"]


def test_a_day_that_is_none_is_told_once() -> None:
    said = Said("Model,Date,ARC\norg/a,2024-02-30,60\norg/b,01/02/2024,61\norg/c,2024-02-29,62\n")
    assert [row.evaluated_on is None for row in said.rows] == [True, True, False]
    assert said.doubtful[0][0] == 2
    assert said.why.startswith("2024-02-30 in column Date is not a day")


def test_a_column_of_json_lines_may_begin_after_those_that_are_looked_at() -> None:
    plain = [{"model": f"org/a{at}", "benchmark": "arc", "value": 0.5} for at in range(2500)]
    late = {"model": "org/z", "benchmark": "mmlu", "value": 0.5, "subtask": "law", "count": 12}
    said = Said("\n".join(map(json.dumps, [*plain, late])), "results.jsonl")
    assert said.values("subtask", "count")[-1] == ("law", 12)
