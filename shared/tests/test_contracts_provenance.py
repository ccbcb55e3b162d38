"""In what the settings of two merges differ."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mergehub.contracts.provenance.settings import Machine, MergeSetting, Unlike, unlike
from mergehub.contracts.provenance.tensors import TensorDigest

HERE = Machine(system="Linux", architecture="x86_64", processor="Epyc", threads=2)
SETTING = MergeSetting(engine_version="5", versions={"numpy": "2.3"}, device="cpu", machine=HERE)


def test_equal_settings_differ_in_nothing() -> None:
    assert unlike(SETTING, SETTING) == []


def test_every_version_the_device_and_the_machine_count() -> None:
    machine = Machine(system="Darwin", architecture="arm64", processor=None, threads=8)
    other = MergeSetting(
        engine_version="6", versions={"numpy": "2.4"}, device="H200", machine=machine
    )
    assert unlike(SETTING, other) == [
        Unlike(what="engine", made="5", again="6"),
        Unlike(what="numpy", made="2.3", again="2.4"),
        Unlike(what="device", made="cpu", again="H200"),
        Unlike(what="system", made="Linux", again="Darwin"),
        Unlike(what="architecture", made="x86_64", again="arm64"),
        Unlike(what="processor", made="Epyc", again="unknown"),
    ]


def test_what_one_of_them_does_not_know_is_no_difference() -> None:
    unknown = MergeSetting(engine_version="5", versions={}, device=None, machine=None)
    assert unlike(SETTING, unknown) == unlike(unknown, SETTING) == []


def test_more_threads_are_no_difference() -> None:
    more = HERE.model_copy(update={"threads": 64})
    assert unlike(SETTING, SETTING.model_copy(update={"machine": more})) == []


@pytest.mark.parametrize("sha256", ["", "A" * 64, "0" * 63, "0" * 65])
def test_a_digest_is_64_hexadecimal_digits(sha256: str) -> None:
    with pytest.raises(ValidationError):
        TensorDigest(dtype="BF16", shape=[1], sha256=sha256)
