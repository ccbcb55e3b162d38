"""The GPUs of a machine are those that NVIDIA's driver lists, within CUDA_VISIBLE_DEVICES."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergehub.contracts.hardware import Gpu
from mergehub.gpus import UnknownGpu, chosen, class_of, installed, visible, visible_here
from mergehub.hub.process import CannotStart
from mergehub.hub.workers import workers

TABLE = """\
GPU-8932f937-d72c-4106-c12f-20bd9faed9f6, NVIDIA H200, 143771, 570.124.06, Disabled
GPU-8932aaaa-0000-1111-2222-333344445555, NVIDIA L4, 23034, 570.124.06, [N/A]
GPU-1b2c3d4e-0000-1111-2222-333344445555, NVIDIA GB10, [N/A], 570.124.06, [N/A]
"""
GPUS = [
    Gpu(
        uuid="GPU-8932f937-d72c-4106-c12f-20bd9faed9f6",
        name="NVIDIA H200",
        memory=143771 << 20,
        driver="570.124.06",
    ),
    Gpu(
        uuid="GPU-8932aaaa-0000-1111-2222-333344445555",
        name="NVIDIA L4",
        memory=23034 << 20,
        driver="570.124.06",
    ),
    Gpu(
        uuid="GPU-1b2c3d4e-0000-1111-2222-333344445555",
        name="NVIDIA GB10",
        memory=None,
        driver="570.124.06",
    ),
]


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of nvidia-smi, the only one on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "nvidia-smi"


def says(driver: Path, text: str, status: int = 0) -> None:
    quoted = text.replace("'", "'\\''")
    driver.write_text(f"#!/bin/sh\nprintf '%s' '{quoted}'\nexit {status}\n")
    driver.chmod(0o755)


@pytest.mark.process
def test_the_table_of_the_driver_is_read(driver: Path) -> None:
    assert installed() == []  # no driver
    says(driver, TABLE)
    assert installed() == GPUS
    says(driver, f"WARNING: infoROM is corrupted at gpu 0000:01:00.0\n{TABLE}")
    assert installed() == GPUS
    says(driver, "No devices were found\n", status=6)
    assert installed() == []


@pytest.mark.process
def test_a_gpu_that_is_split_counts_as_its_parts(driver: Path) -> None:
    says(driver, TABLE)
    split = TABLE.replace("Disabled", "Enabled")
    parts = f"""\
GPU 0: NVIDIA H200 (UUID: {GPUS[0].uuid})
  MIG 3g.71gb     Device  0: (UUID: MIG-c7384736-a75d-5afc-978f-d2f1294409fd)
  MIG 1g.18gb     Device  1: (UUID: MIG-a28ad590-3fda-56dd-84fc-0a0b96edc58d)
GPU 1: NVIDIA L4 (UUID: {GPUS[1].uuid})
GPU 2: NVIDIA GB10 (UUID: {GPUS[2].uuid})
"""
    driver.write_text(f"#!/bin/sh\n[ $1 = -L ] && printf '%s' '{parts}' || printf '%s' '{split}'\n")
    found = installed()
    assert found[2:] == GPUS[1:]
    assert [gpu.uuid[:12] for gpu in found[:2]] == ["MIG-c7384736", "MIG-a28ad590"]
    assert [gpu.name for gpu in found[:2]] == ["NVIDIA H200 MIG 3g.71gb", "NVIDIA H200 MIG 1g.18gb"]
    assert visible(found, found[1].uuid) == [found[1]]


@pytest.mark.process
def test_a_process_sees_what_its_environment_leaves(
    driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(driver, TABLE)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_here() == GPUS
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert visible_here() == [GPUS[1]]


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("2,0", [2, 0]),
        ("0,7,1", [0]),
        ("-1", []),
        (" 1 , 2", [1, 2]),
        ("GPU-1b2c", [2]),
        ("GPU-8932", []),  # the beginning of two
        (f"{GPUS[1].uuid},0", [1, 0]),
    ],
)
def test_visible_devices_are_read_as_cuda_reads_them(value: str | None, places: list[int]) -> None:
    assert visible(GPUS, value) == [GPUS[place] for place in places]


@pytest.mark.parametrize(("name", "place"), [("0", 0), ("2", 2), ("GPU-1b2c", 2)])
def test_a_gpu_is_chosen_by_number_or_uuid(name: str, place: int) -> None:
    assert chosen(GPUS, name, GPUS) == GPUS[place]


@pytest.mark.parametrize("name", ["3", "GPU-9", "", "NVIDIA H200", "1"])
def test_a_gpu_that_is_not_there_or_not_visible_is_refused(name: str) -> None:
    with pytest.raises(UnknownGpu, match=r"the GPUs are: 0 \(GPU-8932f937-\S+, NVIDIA H200\), 2 "):
        chosen(GPUS, name, [GPUS[0], GPUS[2]])


@pytest.mark.process
def test_a_hub_starts_a_worker_for_each_gpu_beside_those_for_the_cpu(
    driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert workers(1, 0) == {"worker-1": {}}
    with pytest.raises(CannotStart, match="driver lists no GPU"):
        workers(1, None)
    says(driver, TABLE)
    on_gpu = [
        {"MERGEHUB_HARDWARE": "gpu:80gb", "MERGEHUB_GPU": GPUS[0].uuid},
        {"MERGEHUB_HARDWARE": "gpu", "MERGEHUB_GPU": GPUS[1].uuid},
        {"MERGEHUB_HARDWARE": "gpu", "MERGEHUB_GPU": GPUS[2].uuid},
    ]
    assert workers(2, 1) == {"worker-1": {}, "worker-2": {}, "worker-gpu-1": on_gpu[0]}
    assert list(workers(0, None).values()) == on_gpu
    with pytest.raises(CannotStart, match="--gpus 4: only 3 may be used here: NVIDIA H200, "):
        workers(1, 4)


def test_only_large_gpus_serve_the_larger_class() -> None:
    assert [class_of(gpu) for gpu in GPUS] == ["gpu:80gb", "gpu", "gpu"]
    a100 = Gpu(uuid="GPU-2", name="NVIDIA A100", memory=81920 << 20, driver="1")
    assert class_of(a100) == "gpu:80gb"
