"""Models are pushed once and whole, to repositories and to buckets; what is there stays."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from repositories import TOKEN, Repositories, repositories
from seaweed import BUCKET, KEY, SECRET, Seaweed

from merge_worker.pushing.bucket import RECORD
from merge_worker.pushing.push import push
from merge_worker.pushing.pushed import Means, Pushed, PushFault
from mergehub.artifacts import s3_files
from mergehub.contracts.destinations import PushTo

# The library sends large files in a way that its HTTP client calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

FILES = {
    "README.md": b"---\nbase_model: [left, org/right]\n---\n# Soup\n",
    "config.json": b"{}",
    "model-1.safetensors": b"1" * 5000,
    "model-2.safetensors": b"2" * 7000,
    "nested/tokenizer.json": b"[]",
}
WEIGHTS = [name for name in FILES if name.endswith(".safetensors")]


class Place(ABC):
    """Where the tests push, of either kind."""

    destination: str
    means: Means

    def push(self, folder: Path, **how: Any) -> Pushed:
        to = PushTo(destination=self.destination, **how)
        return push(folder, to, self.means, lambda *_: None)

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """What lies there."""

    @abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Put a file there, as somebody else."""

    @abstractmethod
    def break_at_second_upload(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the second upload fail."""


class AtHub(Place):
    def __init__(self, hub: Repositories) -> None:
        self.hub, self.destination = hub, "hf://lab/soup"
        self.means = Means(hf_token=TOKEN)

    def files(self) -> dict[str, bytes]:
        return self.hub.files("lab/soup") if "lab/soup" in self.hub.repos else {}

    def put(self, name: str, content: bytes) -> None:
        self.hub.make("lab/soup", **{name: content})

    def break_at_second_upload(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hub.refusals = {"/upload/": [None, 403]}


class AtBucket(Place):
    def __init__(self, seaweed: Seaweed) -> None:
        self.seaweed, self.place = seaweed, seaweed.place()
        self.destination = self.place.url
        self.means = Means(s3_endpoint=seaweed.endpoint, s3_access_key=KEY, s3_secret_key=SECRET)

    def objects(self) -> dict[str, bytes]:
        prefix, client = self.place.key(""), self.seaweed.client()
        listed = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
        return {
            each["Key"].removeprefix(prefix): client.get_object(Bucket=BUCKET, Key=each["Key"])[
                "Body"
            ].read()
            for each in listed
        }

    def files(self) -> dict[str, bytes]:
        return {name: content for name, content in self.objects().items() if name != RECORD}

    def put(self, name: str, content: bytes) -> None:
        self.seaweed.client().put_object(Bucket=BUCKET, Key=self.place.key(name), Body=content)

    def break_at_second_upload(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, seen = s3_files.upload, []

        def upload(bucket: Any, path: Path, *rest: Any) -> None:
            seen.append(path)
            if len(seen) == 2:
                raise OSError("lost")
            real(bucket, path, *rest)

        monkeypatch.setattr(s3_files, "upload", upload)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repositories]:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with repositories() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        yield server


@pytest.fixture(params=["hub", "bucket"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "hub":
        return AtHub(request.getfixturevalue("hub"))
    return AtBucket(request.getfixturevalue("seaweed"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return written(tmp_path / "model", FILES)


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_a_model_arrives_whole_and_is_sent_once(place: Place, model: Path) -> None:
    first = place.push(model)
    assert place.files() == FILES
    assert (first.files, first.sent) == (len(FILES), len(FILES))
    assert first.bytes == sum(map(len, FILES.values()))
    again = place.push(model)
    assert again.sent == 0
    assert (again.url, again.commit) == (first.url, first.commit)
    assert place.files() == FILES


def test_other_content_stays_unless_it_is_to_be_replaced(
    place: Place, model: Path, tmp_path: Path
) -> None:
    place.put("theirs.txt", b"precious")
    with pytest.raises(PushFault, match=r"other content \(theirs\.txt\).*--replace") as refused:
        place.push(model)
    assert not refused.value.retryable
    assert place.files() == {"theirs.txt": b"precious"}
    place.push(model, replace=True)
    assert place.files() == FILES
    other = written(tmp_path / "other", {**FILES, "model-1.safetensors": b"9" * 5000})
    with pytest.raises(PushFault, match="other content"):
        place.push(other)
    assert place.files() == FILES


def test_an_interrupted_push_sends_only_what_is_missing(
    place: Place, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        place.break_at_second_upload(broken)
        with pytest.raises((PushFault, OSError)):
            place.push(model)
    place.push(model)
    assert place.files() == FILES
    if isinstance(place, AtHub):
        assert place.hub.commits("lab/soup") == 1
        assert len(place.hub.uploads) == len(WEIGHTS)  # each large file once
    else:
        assert json.loads(place.objects()[RECORD])["whole"]  # type: ignore[attr-defined]


def test_what_a_stranger_left_half_done_is_not_taken_for_ours(
    seaweed: Seaweed, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = AtBucket(seaweed)
    other = written(tmp_path / "other", {name: b"9" * len(each) for name, each in FILES.items()})
    with monkeypatch.context() as broken:
        place.break_at_second_upload(broken)
        with pytest.raises(OSError, match="lost"):
            place.push(other)
    with pytest.raises(PushFault, match="other content"):
        place.push(model)
    assert place.push(model, replace=True).sent == len(FILES)
    assert place.files() == FILES


def test_a_repository_is_private_unless_asked_and_a_branch_begins_empty(
    hub: Repositories, model: Path
) -> None:
    place = AtHub(hub)
    assert place.push(model).visibility == "private"
    hub.repos["lab/soup"].private = False
    place.destination = "hf://lab/soup@v2/next"
    branched = place.push(model)
    assert branched.visibility == "public"
    assert hub.files("lab/soup", "v2/next") == FILES
    place.destination = "hf://lab/open"
    assert place.push(model, private=False).visibility == "public"
    assert branched.url == f"{hub.url}/lab/soup/tree/{branched.commit}"


def test_a_commit_in_between_is_not_overwritten(hub: Repositories, model: Path) -> None:
    hub.refusals = {"/commit/": [412]}
    with pytest.raises(PushFault, match="has changed meanwhile") as fault:
        AtHub(hub).push(model)
    assert fault.value.retryable


@pytest.mark.parametrize(("status", "retryable"), [(403, False), (500, True)])
def test_a_refusal_says_what_would_be_right_and_not_the_token(
    hub: Repositories, model: Path, status: int, retryable: bool
) -> None:
    hub.refusals = {"/commit/": [status]}
    with pytest.raises(PushFault) as fault:
        AtHub(hub).push(model)
    assert fault.value.retryable is retryable
    assert TOKEN not in str(fault.value)
    hub.make("lab/soup")
    place = AtHub(hub)
    place.means = Means(hf_token="hf_wrong")
    with pytest.raises(PushFault, match="MERGEHUB_PUSH_HF_TOKEN") as wrong:
        place.push(model)
    assert "hf_wrong" not in str(wrong.value)


def test_a_bucket_that_is_not_there_is_named(seaweed: Seaweed, model: Path) -> None:
    place = AtBucket(seaweed)
    place.destination = "s3://no-such-bucket/models"
    with pytest.raises(PushFault, match="no-such-bucket"):
        place.push(model)
    place = AtBucket(seaweed)
    place.means = place.means.model_copy(update={"s3_secret_key": "wrong"})
    with pytest.raises(PushFault, match="MERGEHUB_PUSH_S3_SECRET_KEY") as fault:
        place.push(model)
    assert "wrong" not in str(fault.value).replace("does not belong", "")


def test_a_link_in_the_folder_is_refused(hub: Repositories, model: Path) -> None:
    (model / "passwords").symlink_to("/etc/passwd")
    with pytest.raises(PushFault, match="not a regular file"):
        AtHub(hub).push(model)
    assert hub.repos == {}
