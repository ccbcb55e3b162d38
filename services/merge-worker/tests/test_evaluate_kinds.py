"""Evaluations in full, each run as its child does it: resumed, remembered, in memory, ablated.

The runs share a process, since PyTorch takes seconds to load: a fork of it is killed in the middle
of a benchmark, then it does all the others and prints what they found.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from merge_worker.child.messages import Failed, Job
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.kinds.ablate import AblateSpec
from mergehub.contracts.kinds.evaluate import EvaluateSpec

ITEMS = 70
KILLED_AFTER = 3
RUN, OTHER, THIRD, MERGED = (UUID(int=number) for number in range(1, 5))
BENCHMARKS = ["choice", "free"]
MODELS = ["tiny", "left", "right"]
RECIPE = yaml.safe_dump(
    {
        "merge_method": "dare_linear",
        "base_model": "tiny",
        "models": [
            {"model": "left", "parameters": {"weight": 1.5, "density": 0.7}},
            {"model": "right", "parameters": {"weight": 0.5, "density": 0.7}},
        ],
    }
)


def places(root: Path) -> None:
    """Write three models and two benchmarks with items of many lengths."""
    from test_evaluate_runs import llama

    for seed, name in enumerate(MODELS):
        llama(root / "models" / name)
        path = root / "models" / name / "model.safetensors"
        draw = np.random.default_rng(seed)
        noise = {k: v + 0.3 * seed * draw.standard_normal(v.shape, np.float32)
                 for k, v in load_file(path).items()}  # fmt: skip
        save_file(noise, path, metadata={"format": "pt"})
    tasks = root / "tasks"
    tasks.mkdir()
    draw = np.random.default_rng(5)
    rows = []
    for number in range(ITEMS):
        words = " ".join(draw.choice(list("abcdefgh"), 1 + number % 12))
        rows.append({"text": words, "answer": "yes", "label": number % 2})
    (tasks / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shared = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "items.jsonl"}},
        "test_split": "test",
        "doc_to_text": "{{text}} ?",
    }
    choice = shared | {
        "task": "choice", "output_type": "multiple_choice", "doc_to_target": "label",
        "doc_to_choice": ["yes a", "no b c"],
    }  # fmt: skip
    free = shared | {
        "task": "free", "output_type": "generate_until", "doc_to_target": "answer",
        "generation_kwargs": {"max_gen_toks": 2, "do_sample": True, "temperature": 2.0,
                              "until": ["?"]},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }  # fmt: skip
    for task in (choice, free):
        (tasks / f"{task['task']}.yaml").write_text(yaml.safe_dump(task))


def job(root: Path, scratch: str, spec: Any, run: UUID = RUN, **more: Any) -> Job:
    folder = root / scratch / "runs" / str(run)
    folder.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {
        "run_id": run, "spec": spec, "products": {}, "hardware": "cpu", "capacity": Capacity(),
        "model_roots": (root / "models",), "task_roots": (root / "tasks",),
        "artifacts": root / "artifacts", "scratch": root / scratch, "parent": os.getpid(),
    }  # fmt: skip
    return Job(**given | more)


def evaluate(model: str, **more: Any) -> EvaluateSpec:
    return EvaluateSpec(
        kind="evaluate", model=model, model_name=model, benchmarks=BENCHMARKS, **more
    )


ABLATE = AblateSpec(
    kind="ablate", recipe=RECIPE, recipe_version=None, recipe_digest="sha256:r",
    model_name="recipe:r", benchmarks=BENCHMARKS,
)  # fmt: skip


OWN = "arc_challenge"
"""A task of the harness itself, whose data lie in the cache of its library."""


def cached_data(folder: Path) -> None:
    """Write data for OWN as if they had been downloaded earlier."""
    from datasets import Dataset, DatasetInfo, SplitDict, SplitInfo
    from datasets.arrow_writer import ArrowWriter

    choices = {"text": ["yes", "no"], "label": ["A", "B"]}
    rows = [
        {"id": str(n), "question": "abcd"[n], "choices": choices, "answerKey": "AB"[n % 2]}
        for n in range(4)
    ]
    place = folder / "allenai___ai2_arc" / "ARC-Challenge" / "0.0.0" / ("0" * 40)
    place.mkdir(parents=True)
    features = Dataset.from_list(rows).features
    splits = SplitDict(dataset_name="ai2_arc")
    for split in ("train", "validation", "test"):
        writer = ArrowWriter(path=str(place / f"ai2_arc-{split}.arrow"), features=features)
        for row in rows:
            writer.write(row)
        count, size = writer.finalize()
        splits.add(SplitInfo(split, size, count, dataset_name="ai2_arc"))
    info = DatasetInfo(
        features=features, splits=splits, builder_name="parquet", dataset_name="ai2_arc",
        config_name="ARC-Challenge", version="0.0.0",
    )  # fmt: skip
    info.write_to_directory(str(place))


def beside_the_harness(root: Path) -> dict[str, Any]:
    """What our model answers, and what the harness's own does, for requests of every kind."""
    from types import SimpleNamespace

    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from merge_worker.evaluate import sharing
    from merge_worker.evaluate.answering import Answering, Work
    from merge_worker.evaluate.answers import Answers
    from merge_worker.evaluate.device import ON_CPU, Batching, Footprint
    from merge_worker.evaluate.harness import arguments

    given = arguments(root / "models" / "tiny", None, ON_CPU) | {"batch_size": 1}
    theirs, ours = HFLM(**given), Answering(**given)
    draw = np.random.default_rng(3)
    words = list("abcdefgh")

    def text(longest: int) -> str:
        return " ".join(draw.choice(words, int(draw.integers(1, longest))))

    contexts = [text(20) for _ in range(12)] + ["", text(20) + " ", " ".join(words * 10)]
    pairs = [(each, " " + text(4)) for each in contexts for _ in range(1 + len(each) % 4)]
    pairs += [(contexts[0], f" {word}") for word in words]  # single tokens
    options = {"until": ["?"], "max_gen_toks": 4, "do_sample": False}
    asked = {
        "loglikelihood": pairs,
        "loglikelihood_rolling": [(text(90),) for _ in range(20)],
        "generate_until": [(each or "a", options) for each in contexts],
    }
    found: dict[str, Any] = {}

    def answers(name: str) -> list[Any]:
        kind: Any = name
        requests = [
            Instance(kind, {}, each, 0, metadata=("t", number // 3, 1))
            for number, each in enumerate(asked[name])
        ]
        items: list[tuple[int, int]] = []
        batching = Batching(ON_CPU, Footprint(1, 1), None)
        task = SimpleNamespace(instances=requests)
        ours.work = Work(task, batching, Answers(None), 0, lambda *now: items.append(now))
        got = getattr(ours, name)(requests)
        total = len({request.doc_id for request in requests})
        assert items == sorted(items)
        assert items[-1] == (total, total)
        return list(got)

    for name in asked:
        kind: Any = name
        requests = [Instance(kind, {}, each, 0) for each in asked[name]]
        found[name] = [answers(name), list(getattr(theirs, name)(requests))]
    found["shares"] = ours._shares
    ours._shares = None
    compute, sharing.ALIKE = sharing.ALIKE, -1.0  # type: ignore[misc]
    found["alone"] = [answers("loglikelihood"), found["loglikelihood"][1]]
    found["shares_never"] = ours._shares
    sharing.ALIKE = compute  # type: ignore[misc]
    return found


def refusals(names: list[str]) -> list[str]:
    """What is said of tasks of the harness that the operator allows, and that are not run."""
    from merge_worker.evaluate.errors import TaskError
    from merge_worker.evaluate.tasks.own import own_task

    said = []
    for name in names:
        with pytest.raises(TaskError) as error:
            own_task(name, names)
        said.append(str(error.value))
    return said


def faults(root: Path) -> list[str]:
    """How a run of a model without a tokenizer fails, and one of a model without a template."""
    from test_evaluate_runs import llama

    from merge_worker.execution.child import last_word

    llama(root / "models" / "mute")
    for file in (root / "models" / "mute").glob("tokenizer*"):
        file.unlink()
    said = []
    for spec in (evaluate("mute"), evaluate("tiny", chat_template=True)):
        heard: Any = Heard()
        word = last_word(job(root, "faults", spec, uuid4()), heard)
        assert isinstance(word, Failed), word
        said.append(word.error.message)
    return said


class Heard:
    """The child's side of the pipe: remembers what was said, and may end the process."""

    def __init__(self, kill_after: int | None = None) -> None:
        self.stages: list[str] = []
        self.sent: list[Any] = []
        self.warned: list[str] = []
        self._kill_after, self._reports = kill_after, 0

    def progress(self, stage: str, done: int, total: int, unit: str, *_: int) -> None:
        self.stages.append(stage)
        self._reports += stage == "evaluate choice" and done > 0
        if self._kill_after is not None and self._reports > self._kill_after:
            os.kill(os.getpid(), signal.SIGKILL)

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def warn(self, said: str) -> None:
        self.warned.append(said)


def all_runs(root: Path) -> dict[str, Any]:
    """Every run but the one that was killed, with how many batches each computed."""
    from merge_worker.engine import Sources, merge, plan_merge
    from merge_worker.evaluate import answering
    from merge_worker.kinds import ablate as ablating
    from merge_worker.kinds import evaluate as evaluating
    from mergehub.recipe import parse_recipe

    computed: list[int] = []
    compute = answering.Answering._fitting

    def counted(self: Any, batch: Any, how: Any) -> Any:
        computed.append(len(batch.places))
        return compute(self, batch, how)

    answering.Answering._fitting = counted  # type: ignore[method-assign]

    def done(work: Job) -> dict[str, Any]:
        computed.clear()
        heard: Any = Heard()
        kind = ablating if work.spec.kind == "ablate" else evaluating
        result = kind.run(work, work.spec, heard)  # type: ignore[arg-type]
        return {
            "result": result.model_dump(mode="json"),
            "batches": len(computed),
            "stages": list(dict.fromkeys(heard.stages)),
            "warned": heard.warned,
        }

    cached_data(Path(os.environ["HF_DATASETS_CACHE"]))
    own = EvaluateSpec(kind="evaluate", model="tiny", model_name="tiny", benchmarks=[OWN])
    whole = done(job(root, "whole", evaluate("left")))
    resumed = done(job(root, "killed", evaluate("left")))
    again = done(job(root, "whole", evaluate("left"), OTHER))
    vocabulary = root / "models" / "left" / "tokenizer_config.json"
    vocabulary.write_text(vocabulary.read_text().replace("{", '{"model_max_length": 64, ', 1))
    retold = done(job(root, "whole", evaluate("left"), THIRD))
    asked = {"recipe": RECIPE, "recipe_version": None, "recipe_digest": "sha256:r"}
    in_memory = done(job(root, "whole", evaluate("recipe:r", **asked)))
    weights = list((root / "whole").rglob("*.safetensors"))
    plan = plan_merge(parse_recipe(RECIPE), Sources(roots=(root / "models",)))
    written = merge(plan, root / "artifacts" / "runs" / str(MERGED))
    products = {"soup": MERGED}
    return {
        "whole": whole,
        "resumed": resumed,
        "again": again,
        "retold": retold,
        "fresh": done(job(root, "whole", evaluate("left", fresh=True), OTHER)),
        "limited": done(job(root, "whole", evaluate("left", limit=7), OTHER)),
        "in_memory": in_memory,
        "weights": [str(path) for path in weights],
        "written": written.output_digest,
        "product": done(job(root, "whole", evaluate("soup"), OTHER, products=products)),
        "measured": done(job(root, "other", evaluate("soup"), OTHER, products=products)),
        "ablated": done(job(root, "whole", ABLATE, OTHER)),
        "on_disk": done(
            job(
                root, "disk", evaluate("recipe:r", **asked), capacity=Capacity(memory=1_200_040_000)
            )
        ),
        "own": done(job(root, "whole", own, harness_tasks=(OWN,))),
        "beside": beside_the_harness(root),
        "refused": refusals(["humaneval", "mmlu", "no_such_task"]),
        "faults": faults(root),
        "left": [str(path) for path in (root / "disk").rglob("*.safetensors")],
    }


def killed_run(root: Path) -> dict[str, int]:
    """Begin a run that is killed: its exit status, and how many answers it has kept."""
    from merge_worker.kinds.evaluate import run

    import_module("lm_eval.models.huggingface")  # both processes need it
    asked = job(root, "killed", evaluate("left"))
    if not (child := os.fork()):
        heard: Any = Heard(KILLED_AFTER)
        run(asked, asked.spec, heard)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    (answers,) = (root / "killed" / "runs" / str(RUN)).glob("*.answers")
    kept = answers.read_bytes().count(b"\n")
    with answers.open("ab") as file:
        file.write(b'["half a li')  # as if the kill had come while it was written
    return {"killed": os.waitstatus_to_exitcode(status), "kept": kept}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("evaluate-kinds")
    places(root)
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(root / "datasets")}
    said = subprocess.run(
        [sys.executable, __file__, str(root)],
        env=os.environ | offline,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(said.stdout))


def scores(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The results without what depends on which run had them."""
    return [each | {"cached": None} for each in run["result"]["results"]]


@pytest.mark.process
def test_an_attempt_killed_within_a_benchmark_is_continued_to_the_same_bytes(
    found: dict[str, Any],
) -> None:
    assert found["killed"] == -signal.SIGKILL
    assert found["kept"] == KILLED_AFTER + 1
    assert json.dumps(found["resumed"]["result"]["results"]) == json.dumps(
        found["whole"]["result"]["results"]
    )
    assert found["resumed"]["batches"] == found["whole"]["batches"] - found["kept"]


@pytest.mark.process
@pytest.mark.parametrize("kind", ["loglikelihood", "alone", "loglikelihood_rolling"])
def test_likelihoods_are_those_of_the_harness_whether_a_text_is_shared_or_not(
    found: dict[str, Any], kind: str
) -> None:
    ours, theirs = found["beside"][kind]
    assert np.array(ours) == pytest.approx(np.array(theirs), rel=1e-4, abs=1e-4)
    assert (found["beside"]["shares"], found["beside"]["shares_never"]) == (True, False)


@pytest.mark.process
def test_what_a_model_writes_is_what_the_harness_lets_it_write(found: dict[str, Any]) -> None:
    ours, theirs = found["beside"]["generate_until"]
    assert ours == theirs


@pytest.mark.process
def test_a_result_says_all_that_it_depends_on(found: dict[str, Any]) -> None:
    result = found["whole"]["result"]
    assert {"lm-eval", "torch", "transformers"} <= result["versions"].keys()
    for each in result["results"]:
        assert (each["precision"], each["seed"], each["chat_template"]) == ("float32", 1234, False)
        assert (each["limited"], each["cached"], each["count"]) == (False, None, ITEMS)
        assert result["harness"] == f"lm-eval {each['harness_version']}"
        assert each["task_hash"].startswith(each["version"])
        assert 1 <= each["batch_size"] <= 64


@pytest.mark.process
def test_nothing_is_measured_twice_unless_that_is_asked_for(found: dict[str, Any]) -> None:
    again, fresh = found["again"], found["fresh"]
    assert [each["cached"] for each in again["result"]["results"]] == [str(RUN)] * 2
    assert scores(again) == scores(found["whole"])
    assert (again["batches"], again["result"]["device"]) == (0, None)
    assert "load the harness" not in again["stages"]
    assert [each["cached"] for each in fresh["result"]["results"]] == [None] * 2
    assert fresh["batches"] == found["whole"]["batches"]
    assert scores(fresh) == scores(found["whole"])


@pytest.mark.process
def test_the_same_weights_with_another_tokenizer_are_measured(found: dict[str, Any]) -> None:
    retold = found["retold"]["result"]
    assert retold["model_digest"] == found["whole"]["result"]["model_digest"]
    assert [each["cached"] for each in retold["results"]] == [None] * 2
    assert found["retold"]["batches"] > 0


@pytest.mark.process
def test_a_result_with_other_settings_is_never_the_answer(found: dict[str, Any]) -> None:
    for each in found["limited"]["result"]["results"]:
        assert (each["limited"], each["count"], each["cached"]) == (True, 7, None)
    assert found["limited"]["batches"] > 0


@pytest.mark.process
def test_a_merge_in_memory_has_the_digest_and_the_scores_of_the_one_that_is_written(
    found: dict[str, Any],
) -> None:
    in_memory, product, measured = found["in_memory"], found["product"], found["measured"]
    assert in_memory["result"]["in_memory"] is True
    assert in_memory["result"]["model_digest"] == found["written"]
    assert found["weights"] == []
    assert measured["result"]["model_digest"] == found["written"]
    assert measured["batches"] > 0
    assert scores(measured) == scores(in_memory)
    assert [each["cached"] for each in product["result"]["results"]] == [str(RUN)] * 2
    assert product["batches"] == 0


@pytest.mark.process
def test_a_merge_that_does_not_fit_into_memory_is_written_and_removed_and_that_is_said(
    found: dict[str, Any],
) -> None:
    on_disk = found["on_disk"]
    assert on_disk["result"]["in_memory"] is False
    assert on_disk["result"]["model_digest"] == found["written"]
    (choice, _), (expected, _) = scores(on_disk), scores(found["in_memory"])
    assert choice["items"] == expected["items"]
    assert choice["batch_size"] < expected["batch_size"]  # with hardly any memory, row by row
    (warning,) = on_disk["warned"]
    assert warning.startswith("The merge was written to this worker's disk and removed")
    assert found["left"] == []


@pytest.mark.process
def test_an_ablation_scores_the_whole_and_the_merge_without_each_ingredient(
    found: dict[str, Any],
) -> None:
    result = found["ablated"]["result"]
    whole, *rest = result["candidates"]
    assert whole["without"] is None
    assert whole["model_digest"] == found["written"]
    assert [each["cached"] for each in whole["results"]] == [str(RUN)] * 2
    assert [each["without"] for each in rest] == ["left", "right"]
    assert len({each["model_digest"] for each in result["candidates"]}) == 3
    assert all(len(each["results"]) == 2 for each in rest)
    assert result["in_memory"] is True
    assert (result["method"], found["ablated"]["warned"]) == ("dare_linear", [])


@pytest.mark.process
def test_a_model_without_a_tokenizer_is_told_what_it_lacks(found: dict[str, Any]) -> None:
    lacks_tokenizer, _ = found["faults"]
    assert lacks_tokenizer.startswith("The model has no tokenizer: put ")


@pytest.mark.process
def test_a_chat_template_that_a_model_lacks_is_a_fault_in_one_line(found: dict[str, Any]) -> None:
    _, lacks_template = found["faults"]
    assert lacks_template == "The model has no chat template: evaluate it without one."


@pytest.mark.process
def test_a_task_of_the_harness_is_evaluated_where_the_operator_allows_it(
    found: dict[str, Any],
) -> None:
    (result,) = found["own"]["result"]["results"]
    assert (result["benchmark"], result["version"], result["metric"]) == (OWN, "1.0", "acc")
    assert (result["count"], len(result["items"]), result["shots"]) == (4, 4, 0)
    assert len(result["task_hash"]) == 64


@pytest.mark.process
def test_tasks_of_the_harness_that_run_code_or_are_groups_are_refused(
    found: dict[str, Any],
) -> None:
    code, group, unknown = found["refused"]
    assert code == "humaneval runs the code that models write; a worker does not do that."
    assert group.startswith("mmlu is a group of the harness, not a single task in YAML")
    assert unknown == "lm-evaluation-harness has no task 'no_such_task'."


def test_a_task_of_the_harness_that_the_operator_did_not_name_is_no_benchmark(
    tmp_path: Path,
) -> None:
    from merge_worker.evaluate.errors import TaskError
    from merge_worker.evaluate.tasks.finding import find_task

    with pytest.raises(TaskError, match=r"no benchmark 'gsm8k'.*MERGEHUB_HARNESS_TASKS"):
        find_task("gsm8k", [tmp_path], ["arc_challenge"])


if __name__ == "__main__":
    place = Path(sys.argv[1])
    print(json.dumps({**killed_run(place), **all_runs(place)}))
