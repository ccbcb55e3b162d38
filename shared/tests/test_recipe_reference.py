"""References to models: reading, writing and refusing."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mergehub.recipe import ModelRef
from mergehub.recipe.reference import PATHS

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
RUN = "0198c0de-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("text", "model", "revision", "adapter"),
    [
        ("org/name", "org/name", None, None),
        ("org/name@main", "org/name", "main", None),
        ("org/name+org/lora", "org/name", None, "org/lora"),
        ("org/name@v1+org/lora@v2", "org/name", "v1", "org/lora@v2"),
        ("./merged/first", "./merged/first", None, None),
        (f"run:{RUN}+org/lora@v2", f"run:{RUN}", None, "org/lora@v2"),
        ("D:/models/my tuned model", "D:/models/my tuned model", None, None),
        ("s3://bucket/models/a", "s3://bucket/models/a", None, None),
        ("  org/name  ", "org/name", None, None),
    ],
)
def test_a_reference_is_model_revision_and_adapter(
    text: str, model: str, revision: str | None, adapter: str | None
) -> None:
    ref = ModelRef.parse(text)
    assert (ref.model, ref.revision) == (model, revision)
    assert (str(ref.adapter) if ref.adapter else None) == adapter
    assert str(ref) == text.strip()


def test_a_reference_to_a_run_knows_its_run() -> None:
    assert ModelRef.parse(f"run:{RUN}").run_id == UUID(RUN)
    assert str(ModelRef.parse(f"run:{RUN.upper()}")) == f"run:{RUN}"
    assert ModelRef.parse("org/name").run_id is None


def test_without_adapter_keeps_the_revision() -> None:
    assert str(ModelRef.parse("a@1+b").without_adapter) == "a@1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "model name in '' is empty"),
        ("org/name@", "revision in 'org/name@' is empty"),
        ("org/name+", "model name in '' is empty"),
        ("a+b+c", "more than one adapter"),
        ("a@b@c", "or '\\+' too many"),
        ("a\x00b", "control character"),
        ("a\u202eb", "control character"),
        ("run:42", "write its UUID after 'run:'"),
        (f"RUN:{RUN}", f"is not a reference to a run: write run:{RUN}"),
        (f"Run:{RUN}+org/lora", f"write run:{RUN}"),
        (f"org/name+RUN:{RUN}", f"write run:{RUN}"),
        (f"run:{RUN}@main", f"runs have none: write run:{RUN}"),
        ("./folder@main", "folders have none: write ./folder, or a Hugging Face id"),
        ("/models/a@main", "folders have none: write /models/a"),
        ("~/a@main", "folders have none"),
        ("models/of/mine@v1", "folders have none: write models/of/mine"),
        ("org/name+../lora@v1", "folders have none: write ../lora"),
        (f"run:{RUN}@main+org/lora", f"runs have none: write run:{RUN}"),
        (f"org/name+run:{RUN}@v1", f"runs have none: write run:{RUN}"),
        ("x" * 1025, "longer than 1024 characters"),
    ],
)
def test_a_bad_reference_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        ModelRef.parse(text)
    assert "\n" not in str(caught.value)


def test_the_mapping_form_of_mergekit_is_read() -> None:
    nested = {"model": {"path": "a", "revision": "1"}, "lora": {"path": "b", "revision": "2"}}
    assert str(ModelRef.model_validate(nested)) == "a@1+b@2"
    assert str(ModelRef.model_validate({"model": "a@1", "lora": "b@2"})) == "a@1+b@2"
    assert str(ModelRef.model_validate({"model": "a", "revision": "1"})) == "a@1"


def test_the_mapping_form_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValidationError, match="or '\\+' too many"):
        ModelRef.model_validate({"model": {"path": "a+b"}})
    with pytest.raises(ValidationError, match="must be a model, such as org/name, not 3"):
        ModelRef.model_validate(3)


@pytest.mark.parametrize(
    "entry",
    [
        {"model": f"run:{RUN}", "revision": "main"},
        {"model": {"path": f"run:{RUN}", "revision": "main"}},
        {"model": "a", "lora": {"path": f"run:{RUN}", "revision": "main"}},
    ],
)
def test_a_run_has_no_revision_in_the_mapping_form_either(entry: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="runs have none"):
        ModelRef.model_validate(entry)


NAMES = st.text("abcXYZ019-_./: ", min_size=1, max_size=20).map(str.strip).filter(bool)


@UNHURRIED
@given(model=NAMES, revision=st.none() | NAMES, adapter=st.none() | NAMES)
def test_writing_and_reading_gives_the_same_reference(
    model: str, revision: str | None, adapter: str | None
) -> None:
    assume(revision is None or not (model.startswith(PATHS) or model.count("/") > 1))
    ref = ModelRef(
        model=model, revision=revision, adapter=ModelRef(model=adapter) if adapter else None
    )
    assert ModelRef.parse(str(ref)) == ref
    assert ModelRef.model_validate_json(ref.model_dump_json()) == ref
