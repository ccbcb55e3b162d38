"""The Compose file and its gateway: what each service may do, gets and is reached by."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import check_jsonschema
import jsonschema
import pytest
import yaml
from applications import documents
from click import Context
from topology.compose import FILE, ROOT, Service, document, services
from topology.images import image_of
from topology.secret_files import made

from mergehub.cli.main import main
from mergehub.contracts.services import ASSETS, FOLDERS, PAGES, SERVICES, service_for
from mergehub.contracts.services import Service as Noun
from mergehub.hub.backup.deployed.settings import BackupSettings
from mergehub.kit.settings.environment import Settings, read_settings
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings

COMPOSE = services(profiles=frozenset({"gpu", "backup"}))
ALL = pytest.mark.parametrize("service", COMPOSE.values(), ids=lambda service: service.name)
NOUNS = pytest.mark.parametrize("noun", SERVICES, ids=lambda noun: noun.name)
GATEWAY = ROOT / "deploy" / "compose" / "Caddyfile"
OTHERS = {"FORWARDED_ALLOW_IPS", "HOME"}  # read by uvicorn, and by libraries
SETTINGS: dict[str, type[Settings]] = {
    "worker": WorkerSettings,
    "worker-gpu": WorkerSettings,
    "backup": BackupSettings,
}
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
SECRET_FILE = "/run/secrets/"


def ours(service: Service) -> bool:
    return "build" in service.told


def specification() -> Any:
    vendored = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    return json.loads((vendored / "compose-spec.json").read_text(encoding="utf-8"))


def test_the_file_is_valid_by_the_specification() -> None:
    jsonschema.validate(yaml.safe_load(FILE.read_text(encoding="utf-8")), specification())


@ALL
def test_an_image_has_a_version(service: Service) -> None:
    _, _, tag = service.told["image"].partition(":")
    assert re.match(r"\d", tag), service.told["image"]


@ALL
def test_a_program_has_no_more_rights_than_it_needs(service: Service) -> None:
    told = service.told
    user = str(told.get("user", image_of(service).user))
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), user
    assert told["read_only"] is True
    assert told["cap_drop"] == ["ALL"]
    assert told.get("cap_add", []) == (["NET_BIND_SERVICE"] if service.name == "gateway" else [])
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & told.keys()
    assert "docker.sock" not in str(told)


@ALL
def test_a_program_has_limits_a_health_check_and_time_to_stop(service: Service) -> None:
    assert service.told["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    if service.is_job:
        assert service.check is None
    else:
        assert service.check
        assert service.stop_seconds >= 20
        assert service.told["restart"] == "unless-stopped"


@ALL
def test_only_the_gateway_publishes_a_port(service: Service) -> None:
    assert ("ports" in service.told) == (service.name == "gateway")


@ALL
def test_what_is_written_is_a_named_volume_or_memory(service: Service) -> None:
    names = {*document()["volumes"], service.name}
    for source, _, read_only in service.volumes():
        assert source in names or read_only, source


@pytest.mark.parametrize("noun", ["registry", "lineage"])
def test_what_a_restart_maps_into_memory_outlives_the_container(noun: str) -> None:
    service = COMPOSE[noun]
    folder = image_of(service).environment["MERGEHUB_SNAPSHOTS"]
    assert (f"{noun}-snapshots", folder, False) in service.volumes()
    dockerfile = (ROOT / service.told["build"]["dockerfile"]).read_text(encoding="utf-8")
    uid, gid = image_of(service).user.split(":")  # a new volume gets the owner of the folder
    assert f"RUN install -d -o {uid} -g {gid} -m 700 {folder}\n" in dockerfile
    assert folder not in str(COMPOSE[f"{noun}-background"].told), "it has nothing to map"


@ALL
def test_every_variable_is_a_setting_of_its_program(service: Service) -> None:
    if not ours(service):
        pytest.skip("an image of others")
    kind = SETTINGS.get(service.name, ServiceSettings)
    known = {f"MERGEHUB_{name.upper()}" for name in kind.model_fields}
    given = {name.removesuffix("_FILE") for name in service.environment}
    assert given <= known | OTHERS
    assert set(image_of(service).environment) - known <= {
        "PATH", "HOME", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
        "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
    }  # fmt: skip


@ALL
def test_a_program_gets_the_secrets_that_it_reads_as_files(service: Service) -> None:
    mentioned = re.findall(rf"{SECRET_FILE}([\w.]+)", json.dumps(service.told))
    assert set(service.secrets) == set(mentioned)
    for name, value in service.environment.items():
        if re.search(r"TOKEN|SECRET|PASSWORD|KEY|DATABASE_URL", name) and "REQUIRE" not in name:
            assert name.endswith("_FILE")
            assert value.startswith(SECRET_FILE)


def test_each_program_gets_only_its_own_secrets() -> None:
    def holders(secret: str) -> set[str]:
        return {name for name, service in COMPOSE.items() if secret in service.secrets}

    nouns = {f"{noun.name}{part}" for noun in SERVICES for part in ("", "-background", "-migrate")}
    registry = {name for name in nouns if name.startswith("registry")}
    assert holders("secrets_keys") == registry
    assert holders("owner_token") == nouns
    assert holders("database_url") == nouns | {"backup"}
    of_the_store = {"worker", "worker-gpu", "backup"} | registry
    assert holders("s3_access_key") == holders("s3_secret_key") == of_the_store
    assert holders("signing_key") == {"worker", "worker-gpu"}
    assert holders("signing_public_keys") == registry
    assert holders("postgres_password") == {"postgres"}
    assert holders("worker_token") == nouns | {"worker", "worker-gpu"}


def test_a_backup_is_of_the_models_of_the_workers_and_starts_when_it_is_asked_for() -> None:
    backup, worker = COMPOSE["backup"], COMPOSE["worker"]
    assert "backup" not in services()
    assert backup.is_job
    assert backup.volumes() == [("backup", "/tmp", False)], "a dump needs a disk"
    assert "/tmp" not in str(backup.told.get("tmpfs", ""))
    of_models = {name for name in worker.environment if re.search("ARTIFACTS|S3", name)}
    assert of_models <= backup.environment.keys()
    assert all(backup.environment[name] == worker.environment[name] for name in of_models)
    assert backup.environment["MERGEHUB_DATABASE_URL_FILE"] == f"{SECRET_FILE}database_url"
    assert backup.depends_on == {
        "postgres": "service_healthy",
        "bucket": "service_completed_successfully",
    }


def test_the_command_of_the_backup_is_one_and_its_bucket_is_made() -> None:
    program, command, place, *options = COMPOSE["backup"].told["command"]
    assert program == "mergehub"
    found = main.get_command(Context(main), command)
    assert found is not None
    told = found.make_context(command, [place, *options]).params
    assert told["deployed"]
    assert told["keep"] == 14
    (script,) = COMPOSE["bucket"].told["command"]
    (buckets,) = re.findall(r"for bucket in (.+); do", script)
    artifacts = COMPOSE["worker"].environment["MERGEHUB_ARTIFACTS"]
    assert {urlsplit(place).netloc, urlsplit(artifacts).netloc} == set(buckets.split())


@NOUNS
def test_a_service_starts_after_its_migration(noun: Noun) -> None:
    for name in (noun.name, f"{noun.name}-background"):
        service = COMPOSE[name]
        assert service.depends_on[f"{noun.name}-migrate"] == "service_completed_successfully"
        assert service.environment["MERGEHUB_MIGRATIONS"] == "separate"
    job = COMPOSE[f"{noun.name}-migrate"]
    assert job.told["command"] == ["python", "-m", noun.name, "migrate"]
    assert job.is_job


@NOUNS
def test_the_gateway_routes_each_prefix_to_its_service(noun: Noun) -> None:
    gateway = GATEWAY.read_text(encoding="utf-8")
    (paths,) = re.findall(rf"^\t@{noun.name} path (.+)$", gateway, re.MULTILINE)
    prefixes = [path for path in paths.split() if not path.endswith("*")]
    assert tuple(path for path in prefixes if path.startswith("/v1/")) == noun.prefixes
    assert {f"{path}/*" for path in noun.prefixes} <= set(paths.split())
    block = rf"handle @{noun.name} {{\n\t\timport service {noun.name}\n\t}}"
    assert re.search(block, gateway)


def test_the_gateway_has_the_pages_from_the_service_that_comes_with_them() -> None:
    gateway = GATEWAY.read_text(encoding="utf-8")
    (paths,) = re.findall(r"^\t@pages {\n\t\tpath (.+)$", gateway, re.MULTILINE)
    assert paths.split() == [*PAGES, *(f"{folder}/*" for folder in (*FOLDERS, ASSETS))]
    assert "handle @pages {\n\t\timport service registry\n\t}" in gateway
    dockerfile = ROOT / COMPOSE["registry"].told["build"]["dockerfile"]
    assert "/opt/build/bin/python scripts/pages" in dockerfile.read_text(encoding="utf-8")


def test_the_gateway_has_the_documentation_from_the_service_that_knows_it() -> None:
    gateway = GATEWAY.read_text(encoding="utf-8")
    order = [name for name in re.findall(r"handle @(\w+)", gateway) if name != "pages"]
    assert order[-1] == "registry", "its /docs/* would take what others document"
    for name in order[:-1]:
        (paths,) = re.findall(rf"^\t@{name} path (.+)$", gateway, re.MULTILINE)
        documented = {f"/docs/problems/{name}/*", f"/docs/openapi/{name}.json"}
        assert documented <= set(paths.split())


def adapted(file: Path) -> Any:
    """A file of the gateway as the real Caddy reads it."""
    caddy = Path(sys.prefix) / "bin" / "caddy"
    command = [caddy, "adapt", "--adapter", "caddyfile", "--config", file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "not formatted" not in done.stderr
    return json.loads(done.stdout)


@pytest.mark.process
def test_the_real_gateway_accepts_its_file() -> None:
    assert adapted(GATEWAY)["apps"]["http"]["servers"]


@NOUNS
def test_a_service_serves_its_own_prefixes_all_of_them_and_no_other(noun: Noun) -> None:
    paths = list(documents()[noun.name]["paths"])
    assert paths
    assert {service_for(path) for path in paths} == {noun}
    unserved = [
        prefix
        for prefix in noun.prefixes
        if not any(path == prefix or path.startswith(f"{prefix}/") for path in paths)
    ]
    assert unserved == []


def test_no_two_services_share_a_prefix() -> None:
    prefixes = [prefix for noun in SERVICES for prefix in noun.prefixes]
    assert len(prefixes) == len(set(prefixes))


def rows_of_the_readme() -> set[str]:
    """The names in the first cells of its tables."""
    cells = re.findall(r"^\| (`[^|]+`) \|", README, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_variable_of_the_file_is_documented() -> None:
    given = set(re.findall(r"\$\{(\w+)", FILE.read_text(encoding="utf-8")))
    told = {name for service in COMPOSE.values() for name in service.environment}
    assert (given | told) - rows_of_the_readme() == set()


def override(number: int) -> dict[str, Any]:
    found = yaml.safe_load(
        re.findall(r"^```yaml\n(.+?)^```", README, re.MULTILINE | re.DOTALL)[number]
    )
    assert isinstance(found, dict)
    return found


@pytest.mark.process
def test_the_example_of_more_settings_is_one_that_the_programs_accept(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "oidc_client_secret").write_text("secret")
    example = override(0)
    assert Path(example["secrets"]["oidc_client_secret"]["file"]).name == "oidc_client_secret"
    for name, more in example["services"].items():
        environment = COMPOSE[name].environment | more["environment"]
        kind = SETTINGS.get(name, ServiceSettings)
        known = {f"MERGEHUB_{field.upper()}" for field in kind.model_fields}
        given = {each.removesuffix("_FILE") for each in more["environment"]}
        assert given <= known | {"OTEL_EXPORTER_OTLP_ENDPOINT", "HF_HOME"}
        read_settings(
            kind,
            {
                key: str(value).replace(SECRET_FILE, f"{tmp_path}/")
                for key, value in environment.items()
            },
        )
    assert example["services"].keys() >= {noun.name for noun in SERVICES}


def test_the_examples_of_more_settings_and_of_tls_are_valid_by_the_specification() -> None:
    for number in (0, 1):
        jsonschema.validate(override(number), specification())


@pytest.mark.process
def test_the_real_gateway_serves_the_hub_by_the_example_of_tls(tmp_path: Path) -> None:
    (site,) = re.findall(r"^```caddyfile\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "hub").write_text(site)
    (tmp_path / "Caddyfile").write_bytes(GATEWAY.read_bytes())
    servers = adapted(tmp_path / "Caddyfile")["apps"]["http"]["servers"]
    assert {port for server in servers.values() for port in server["listen"]} == {":443", ":8000"}
    targets = {
        port: set(re.findall(r'"dial": "(\w+):8000"', json.dumps(server)))
        for server in servers.values()
        for port in server["listen"]
    }
    assert targets[":443"] == targets[":8000"] == {noun.name for noun in SERVICES}
    folders = [volume.split(":")[1] for volume in override(1)["services"]["gateway"]["volumes"]]
    assert folders == ["/etc/caddy/sites", "/data"]


def test_prometheus_asks_every_program_of_the_file_that_has_metrics() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.+?)^```", page, re.MULTILINE | re.DOTALL)
    (found,) = [
        asked
        for block in blocks
        for job in yaml.safe_load(block).get("scrape_configs", ())
        for asked in job.get("dns_sd_configs", ())
    ]
    serve = {
        name
        for name, service in COMPOSE.items()
        if service.environment.get("MERGEHUB_METRICS_PORT") == str(found["port"])
        and not service.is_job
    }
    assert set(found["names"]) == serve
