"""The settings of the store of models: a folder or a bucket; anything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergehub.kit.settings.environment import BadSettings, read_settings
from mergehub.kit.settings.service import WorkerSettings

TOKEN = {"MERGEHUB_WORKER_TOKEN": "mgh_worker"}


def read(**variables: str) -> WorkerSettings:
    given = {f"MERGEHUB_{name}": value for name, value in variables.items()}
    return read_settings(WorkerSettings, TOKEN | given)


def test_a_folder_is_the_store_itself() -> None:
    settings = read(ARTIFACTS="/srv/artifacts")
    assert (settings.s3_place, settings.models) == (None, Path("/srv/artifacts"))


def test_a_bucket_has_its_cache_in_the_scratch_folder() -> None:
    settings = read(
        ARTIFACTS="s3://models/hub/one/", SCRATCH="/scratch", S3_ENDPOINT="http://10.0.0.1:8333/",
        S3_ACCESS_KEY="key", S3_SECRET_KEY="secret",
    )  # fmt: skip
    place = settings.s3_place
    assert place is not None
    assert (place.bucket, place.prefix, place.endpoint) == (
        "models",
        "hub/one",
        "http://10.0.0.1:8333",
    )
    assert settings.models == Path("/scratch/artifacts")
    assert "secret'" not in repr(settings)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ARTIFACTS": "gs://models/x"}, "MERGEHUB_ARTIFACTS cannot be read: it must be a folder"),
        ({"ARTIFACTS": "s3://My_Bucket"}, "lower-case letters"),
        ({"ARTIFACTS": "s3://models/a//b"}, "single slashes"),
        ({"ARTIFACTS": "s3://models/../b"}, "single slashes"),
        ({"ARTIFACTS": "s3://models", "S3_ACCESS_KEY": "k"}, "belong together"),
        ({"S3_ENDPOINT": "no url"}, "MERGEHUB_S3_ENDPOINT cannot be read"),
    ],
)
def test_what_cannot_be_a_store_is_named(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        read(**wrong)
