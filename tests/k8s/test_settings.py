"""Every variable is one that the program reads, and every secret comes from a file that it gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
from pydantic import ByteSize, TypeAdapter
from topology.compose import services
from topology.images import image_of

from k8s.objects import Pod, environment, one, planted, pods
from k8s.render import OVERLAYS, Object, rendered
from mergehub.attestation.keys import new_key, signing_key
from mergehub.contracts.services import SERVICES
from mergehub.hub.backup.deployed import BackupSettings
from mergehub.kit.settings.environment import BadSettings, Settings, read_settings
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings

pytestmark = pytest.mark.process

PREFIX, FILE = "MERGEHUB_", "_FILE"
SIGNER = signing_key(new_key())
SECRET = {  # a value for each setting that comes from a file
    "DATABASE_URL": "postgresql://database/mergehub",
    "REDIS_URL": "redis://redis:6379/0",
    "BOOTSTRAP_TOKEN": "mgh_owner",
    "WORKER_TOKEN": "mgh_worker",
    "SERVICE_TOKEN": "mgh_service",
    "CURSOR_KEY": "a key",
    "S3_ACCESS_KEY": "an account",
    "S3_SECRET_KEY": "its secret",
    "SIGNING_KEY": SIGNER.pem,
    "SIGNING_PUBLIC_KEYS": SIGNER.public.pem,
    "SECRETS_KEYS": f'["{"A" * 43}="]',
}
COMPOSE = services()
SNAPSHOT_BYTES = 300_000_000  # of a million recipes, or of two million models
SERVICE_NAMES = {service.name for service in SERVICES}


def kind_of(pod: Pod) -> type[Settings] | None:
    """The settings of the program in a pod; None for programs of others."""
    program = pod.spec["containers"][0]["name"]
    ours = {"api": ServiceSettings, "background": ServiceSettings, "migrate": ServiceSettings}
    return {**ours, "worker": WorkerSettings, "backup": BackupSettings}.get(program)


def faults(objects: list[Object]) -> Iterator[str]:
    for pod in pods(objects):
        kind = kind_of(pod)
        if kind is not None:
            variables = environment(pod, objects)
            yield from (f"{pod.name}: {fault}" for fault in of_program(pod, kind, variables))


def of_program(pod: Pod, kind: type[Settings], variables: dict[str, str | None]) -> Iterator[str]:
    read: dict[str, str] = {}
    for variable, value in variables.items():
        if not variable.startswith(PREFIX):
            continue
        setting = variable.removeprefix(PREFIX)
        if setting.removesuffix(FILE) in SECRET:
            if not setting.endswith(FILE):
                yield f"{variable} is a secret in clear"
            elif PurePosixPath(value or "") not in files_of(pod):
                yield f"{variable} names {value}, which is not mounted"
            setting, value = setting.removesuffix(FILE), SECRET[setting.removesuffix(FILE)]
        if setting.lower() not in kind.model_fields:
            yield f"{variable} is unknown to {kind.__name__}"
        read[PREFIX + setting] = value or "a-name"
    try:
        read_settings(kind, read)
    except BadSettings as error:
        yield str(error)


def files_of(pod: Pod) -> set[PurePosixPath]:
    """The files of secrets that a pod's first container sees."""
    mounts = {each["name"]: each["mountPath"] for each in pod.spec["containers"][0]["volumeMounts"]}
    return {
        PurePosixPath(mounts[volume["name"]], item["path"])
        for volume in pod.spec["volumes"]
        for secret in _secrets(volume)
        for item in secret["items"]
    }


def _secrets(volume: Object) -> list[Object]:
    projected = volume.get("projected", {}).get("sources", [])
    return [part["secret"] for part in (volume, *projected) if "secret" in part]


def holders(objects: list[Object], secret: str) -> set[str]:
    """The pods that see a secret's file."""
    return {
        pod.owner["metadata"]["name"]
        for pod in pods(objects)
        if kind_of(pod) and any(path.name == secret for path in files_of(pod))
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_programs_get_variables_that_they_read_and_can_use(overlay: str) -> None:
    assert list(faults(rendered(overlay))) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_program_sees_only_the_secrets_that_it_needs(overlay: str) -> None:
    objects = rendered(overlay)
    running = {f"{name}-{part}" for name in SERVICE_NAMES for part in ("api", "background")}
    registry = {"registry-api", "registry-background"}
    workers = {pod.owner["metadata"]["name"] for pod in pods(objects) if "worker" in pod.component}
    jobs = {"backup"} | {f"{name}-migrate" for name in SERVICE_NAMES}
    assert holders(objects, "database-url") == running | jobs
    assert holders(objects, "redis-url") == running | workers
    assert holders(objects, "service") == holders(objects, "cursor-key") == running
    assert holders(objects, "owner") == holders(objects, "secrets-keys") == registry
    assert holders(objects, "worker") == registry | workers
    of_the_store = workers | registry | {"backup"}
    assert holders(objects, "access-key") == holders(objects, "secret-key") == of_the_store


def test_services_do_not_migrate_at_their_start() -> None:
    objects = rendered("production")
    told = {pod.owner["metadata"]["name"]: environment(pod, objects).get("MERGEHUB_MIGRATIONS")
            for pod in pods(objects) if pod.component in ("api", "background")}  # fmt: skip
    assert set(told.values()) == {"separate"}
    for service in SERVICE_NAMES:
        job = one(objects, "Job", f"{service}-migrate")["spec"]["template"]["spec"]
        assert job["containers"][0]["command"] == ["python", "-m", service, "migrate"]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", ["registry", "lineage"])
def test_a_service_may_write_what_its_restart_maps_into_memory(overlay: str, service: str) -> None:
    folder = image_of(COMPOSE[service]).environment["MERGEHUB_SNAPSHOTS"]
    pod = one(rendered(overlay), "Deployment", f"{service}-api")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (mount,) = (each for each in container["volumeMounts"] if each["mountPath"] == folder)
    assert "readOnly" not in mount
    (volume,) = (each for each in pod["volumes"] if each["name"] == mount["name"])
    room = in_bytes(volume["emptyDir"]["sizeLimit"])
    assert room >= 2 * SNAPSHOT_BYTES, "it is written beside the one that it replaces"
    assert in_bytes(container["resources"]["limits"]["ephemeral-storage"]) > room


def in_bytes(quantity: str) -> int:
    """A quantity of Kubernetes in binary units."""
    return TypeAdapter(ByteSize).validate_python(f"{quantity}B")


def env(objects: list[Object]) -> Any:
    return one(objects, "Deployment", "worker")["spec"]["template"]["spec"]["containers"][0]["env"]


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        ("MERGEHUB_HARDWARES", "cpu", "MERGEHUB_HARDWARES is unknown to WorkerSettings"),
        ("MERGEHUB_DATABASE_POOL", "3", "MERGEHUB_DATABASE_POOL is unknown to WorkerSettings"),
        ("MERGEHUB_IDLE_SECONDS", "soon", "MERGEHUB_IDLE_SECONDS cannot be read"),
        ("MERGEHUB_WORKER_TOKEN", "mgh_1", "MERGEHUB_WORKER_TOKEN is a secret in clear"),
        ("MERGEHUB_WORKER_TOKEN_FILE", "/run/secrets/token", "which is not mounted"),
    ],
)
def test_a_planted_fault_is_found(variable: str, value: str, fault: str) -> None:
    variable = {"name": variable, "value": value}
    found = list(faults(planted(rendered("local"), lambda o: env(o).append(variable))))
    assert found
    assert all(fault in each and each.startswith("Deployment worker: ") for each in found), found
