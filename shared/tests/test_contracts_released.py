"""Today's events keep the promises of the last release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from mergehub import __version__
from mergehub.contracts.events import TYPES, Envelope, EvaluationCompleted, EventData, RunChanged
from mergehub.contracts.kinds.merge import Parent
from tools import event_releases as release
from tools.event_releases import MODELS, Release, broken, released, today

LAST = released()[-1]
SAMPLES = [
    pytest.param(each, id=f"{kept.version}-{each['sequence']}-{each['type']}")
    for kept in released()
    for each in kept.samples
]


class Reread(EventData):
    """A changed event for a test."""


def test_nothing_that_was_released_is_broken() -> None:
    assert broken(LAST) == []


def test_every_type_of_this_version_has_a_sample() -> None:
    assert {each["type"] for each in today().samples} == TYPES.keys()


@pytest.mark.parametrize("sample", SAMPLES)
def test_an_event_of_any_release_is_read_and_told_on_unchanged(sample: dict[str, Any]) -> None:
    event = Envelope.model_validate(sample)
    data = TYPES[event.type].model_validate(event.data).model_dump(mode="json")
    assert _kept(event.model_dump(mode="json"), sample) == sample
    assert _kept(data, sample["data"]) == sample["data"]


def _kept(told: Any, sample: Any) -> Any:
    """`told` without the fields that the sample lacks, since fields may be added."""
    if isinstance(told, dict) and isinstance(sample, dict):
        return {name: _kept(told[name], each) for name, each in sample.items() if name in told}
    if isinstance(told, list) and isinstance(sample, list) and len(told) == len(sample):
        return [_kept(*pair) for pair in zip(told, sample, strict=True)]
    return told


def test_a_type_that_is_gone_is_named_and_what_to_do_instead() -> None:
    rest = {name: each for name, each in MODELS.items() if name != "run.failed"}
    [fault] = broken(LAST, rest)
    assert fault.startswith("run.failed: it is gone")
    assert "add a type, such as run.failed.2" in fault


def test_a_changed_field_is_named_for_both_sides() -> None:
    class Changed(RunChanged):
        attempt: str | None  # type: ignore[assignment]

    faults = broken(LAST, MODELS | {"run.queued": Changed})
    assert [each.split(". A change")[0] for each in faults] == [
        f"run.queued: readers of {LAST.version} could not read what is written today: "
        "attempt may be string, but readers take integer",
        f"run.queued: readers of {LAST.version} could not read what is written today: "
        "attempt may be null, but readers take integer",
        f"run.queued: what {LAST.version} wrote could not be read today: "
        "attempt may be integer, but readers take string",
    ]


def test_a_field_that_stored_events_lack_needs_a_default() -> None:
    class Needs(EvaluationCompleted):
        split: str

    class Defaults(EvaluationCompleted):
        split: str = "test"

    assert "split is not written" in broken(LAST, MODELS | {"evaluation.completed": Needs})[0]
    assert broken(LAST, MODELS | {"evaluation.completed": Defaults}) == []


def test_a_new_type_and_a_new_field_of_a_parent_break_nobody() -> None:
    class Richer(MODELS["model.produced"].model_fields["parents"].annotation.__args__[0]):  # type: ignore[name-defined,misc]
        licence: str | None = None

    class Produced(MODELS["model.produced"]):  # type: ignore[name-defined,misc]
        parents: list[Richer]

    assert broken(LAST, MODELS | {"model.produced": Produced, "model.renamed": Reread}) == []


def test_a_new_relation_of_a_parent_breaks_those_who_match_them_all() -> None:
    class Distilled(Parent):
        relation: Literal["merge", "finetune", "adapter", "quantized", "distilled"] = "merge"

    class Produced(MODELS["model.produced"]):  # type: ignore[name-defined,misc]
        parents: list[Distilled]

    [fault] = broken(LAST, MODELS | {"model.produced": Produced})
    assert "parents[].relation may be 'distilled'" in fault


class TestCommand:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(release, "FOLDER", tmp_path)
        monkeypatch.setattr(release, "released", lambda: released(tmp_path))
        return tmp_path

    def test_writes_what_it_reads(self, folder: Path) -> None:
        release.main()
        assert (folder / f"events-{__version__}.json").is_file()
        assert released(folder) == [today()]

    def test_refuses_what_breaks(self, folder: Path) -> None:
        old = {"version": "0.0.9", "schemas": {"run.paused": {}}, "samples": []}
        (folder / "events-0.0.9.json").write_text(json.dumps(old))
        with pytest.raises(SystemExit, match=r"run\.paused: it is gone"):
            release.main()
        assert len(released(folder)) == 1

    def test_the_newest_release_is_the_highest_version(self, folder: Path) -> None:
        for version in ("0.9.0", "0.10.0", "0.2.0"):
            kept = {"version": version, "schemas": {}, "samples": []}
            (folder / f"events-{version}.json").write_text(json.dumps(kept))
        assert [each.version for each in released(folder)] == ["0.2.0", "0.9.0", "0.10.0"]


def test_what_is_kept_of_this_version_is_what_it_writes() -> None:
    [kept] = [each for each in released() if each.version == __version__]
    assert kept == Release(**json.loads(json.dumps(today().__dict__))), (
        "Run `python -m tools.event_releases`."
    )
