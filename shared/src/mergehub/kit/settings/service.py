"""Settings, read once from `MERGEHUB_…` variables into a frozen object."""

from __future__ import annotations

import base64
import hmac
import os
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from mergehub.artifacts import ArtifactStore, open_store
from mergehub.artifacts.opening import CACHE_BYTES
from mergehub.contracts.hardware import Hardware
from mergehub.kit.settings.artifacts import ArtifactSettings, BucketSettings, FolderOrBucket
from mergehub.kit.settings.pushing import PushSettings
from mergehub.kit.settings.retention import Retention
from mergehub.kit.settings.sign_in import Origin, SignInSettings
from mergehub.tokens import BadToken, read_token
from mergehub.urls import NotAUrl, check_host, parsed

KEY_BYTES = 32


def _url(text: str) -> str:
    parsed(text)
    return text


def _host_name(text: str) -> str:
    """A host name or an address in lower case, without a port."""
    name = text.lower().removeprefix("[").removesuffix("]")
    try:
        check_host(name)
    except NotAUrl:
        raise ValueError(
            "it must be a name or an address without a port, such as hub.example.org"
        ) from None
    return name


def _token(text: SecretStr) -> SecretStr:
    try:
        return SecretStr(read_token(text.get_secret_value()))
    except BadToken:
        raise ValueError("a token has only ASCII characters and no white space") from None


def _of_schemes(*schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        scheme, colon, _ = text.partition(":")
        if not colon or scheme.partition("+")[0] not in schemes:  # SQLAlchemy's may name a driver
            raise ValueError(f"it must begin with {' or '.join(f'{each}:' for each in schemes)}")
        return text

    return AfterValidator(check)


HubUrl = Annotated[str, AfterValidator(_url)]
HostName = Annotated[str, AfterValidator(_host_name)]
Token = Annotated[SecretStr, AfterValidator(_token)]
RedisUrl = Annotated[str, _of_schemes("redis", "rediss", "unix")]
DatabaseUrl = Annotated[str, _of_schemes("postgresql", "postgres")]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(ip_network)]


def _decoded(key: SecretStr) -> bytes:
    """The bytes of a key, in either alphabet of base64."""
    text = key.get_secret_value().replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _checked_key(key: SecretStr) -> SecretStr:
    try:
        fits = len(_decoded(key)) == KEY_BYTES
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("a key is 32 bytes in base64: `openssl rand -base64 32` makes one")
    return key


def _signing_key(pem: SecretStr) -> SecretStr:
    from mergehub.attestation.keys import signing_key

    signing_key(pem.get_secret_value())
    return pem


def _public_keys(text: str) -> str:
    from mergehub.attestation.keys import public_keys

    public_keys(text)
    return text


class ServiceSettings(SignInSettings, BucketSettings):
    """The settings of each HTTP service. The README of a package lists the variables."""

    model_config = SettingsConfigDict(
        env_prefix="MERGEHUB_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # it may be a secret
    )

    data: Path | None = Field(
        default=None,
        description="A folder on the disk of the stores, if they are on this machine: while that "
        "disk is full, the service refuses requests that write.",
    )
    snapshots: Path | None = Field(
        default=None,
        description="A folder, which its service may write, for what the registry and lineage read "
        "at a start instead of their tables. Without it, `snapshots` in the folder of "
        "`MERGEHUB_DATA`; without both, each start reads the tables.",
    )
    database_url: DatabaseUrl = Field(
        default="postgresql://localhost/mergehub",
        description="PostgreSQL 15 or newer. Each service keeps its tables in a schema of its own "
        "name, so services may share a database.",
    )
    redis_url: RedisUrl = Field(
        default="redis://localhost:6379/0", description="Redis 7 or Valkey."
    )
    hub_url: HubUrl = Field(
        default="http://127.0.0.1:8000",
        description="The hub's origin, by which services reach each other.",
    )
    lineage_url: HubUrl | None = Field(
        default=None,
        description="Where the registry and the leaderboard reach lineage, if not at the hub's "
        "origin.",
    )
    leaderboard_url: HubUrl | None = Field(
        default=None,
        description="Where lineage reaches the leaderboard, if not at the hub's origin.",
    )
    background: Literal["inline", "separate"] = Field(
        default="inline",
        description="Whether relay, sweeper and consumers run inside the HTTP process (`inline`).",
    )
    migrations: Literal["inline", "separate"] = Field(
        default="inline",
        description="Whether the service migrates its tables when it starts (`inline`), or a job "
        "of its own does (`python -m <service> migrate`); the service then waits for the tables.",
    )
    events_days: int = Field(
        default=90, ge=1, description="How many days events and the inbox's records are kept."
    )
    database_pool: int = Field(
        default=10, ge=1, description="The most database connections of a service process."
    )
    bootstrap_token: Token | None = Field(
        default=None,
        description="The owner's token, which the registry accepts from its first start on.",
    )
    worker_token: Token | None = Field(
        default=None, description="A token of scope `worker`, accepted like the owner's."
    )
    service_token: Token | None = Field(
        default=None,
        description="A token of scope `tokens:introspect`, accepted like the owner's, with which "
        "the other services ask the registry about tokens.",
    )
    require_token: bool = Field(
        default=False, description="Whether reading needs a valid token (of any scope) too."
    )
    cursor_key: SecretStr | None = Field(
        default=None,
        description="The key that seals the cursors of lists, the same for all replicas. Without "
        "it, the service derives one from the owner's token or the database's URL.",
    )
    secrets_keys: list[Annotated[SecretStr, AfterValidator(_checked_key)]] = Field(
        default_factory=list,
        examples=[["what `openssl rand -base64 32` prints"]],
        description="JSON list of keys (32 bytes in base64), the newest first, that encrypt the "
        "secrets of webhooks.",
    )
    signing_public_keys: Annotated[str, AfterValidator(_public_keys)] | None = Field(
        default=None,
        description="The public keys (PEM, one after the other) of the workers' signing keys, "
        "earlier ones too. The hub publishes them at `/v1/workers/keys`.",
    )
    hosts: list[HostName] = Field(
        default_factory=list,
        examples=[["hub.example.org"]],
        description="JSON list of the host names that requests may use; an empty list allows any.",
    )
    rate_reads: int = Field(
        default=6_000,
        ge=0,
        le=1_000_000,
        description="How many GET requests a caller may send in a minute; 0 sets no limit.",
    )
    rate_writes: int = Field(
        default=1_200,
        ge=0,
        le=1_000_000,
        description="How many other requests a caller may send in a minute; 0 sets no limit.",
    )
    cors_origins: list[Origin] = Field(
        default_factory=list,
        examples=[["https://lab.example.org"]],
        description="JSON list of origins whose web pages may write and send tokens.",
    )
    cors_public: bool = Field(
        default=True, description="Whether web pages of any origin may read what is public."
    )
    request_seconds: float = Field(
        default=10,
        gt=0,
        description="How many seconds an answer may take to begin; a stream may then continue.",
    )
    artifacts: FolderOrBucket | None = Field(
        default=None,
        description="Where the workers store the models of runs, the same as theirs; without it, "
        "the registry lists models and cannot send or delete their files.",
    )
    downloads: int = Field(
        default=16,
        ge=1,
        le=1000,
        description="How many files of models a registry process sends at the same time.",
    )
    retention: Retention = Field(
        default=Retention(),
        examples=[{"days": 90, "newest": 2}],
        description="JSON object: which models of runs are deleted, and when. Without it, none is.",
    )
    webhook_allow: list[Network] = Field(
        default_factory=list,
        examples=[["127.0.0.0/8"]],
        description="JSON list of networks that webhooks may reach although they are not public.",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        lt=2**16,
        description="The port at which a background process (`background=separate`) serves "
        "`/metrics` and `/healthz`; 0 serves none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def address(self) -> str:
        """The address at which the hub is known to people and to programs of others."""
        return self.public_url or self.hub_url

    def open_store(self) -> ArtifactStore | None:
        """The store of models, or None if the service does not know it. Raises StoreFault."""
        match self.artifacts:
            case None:
                return None
            case Path():
                return open_store(self.artifacts)
            case url:
                # A service keeps no models; only their locks are there.
                unused = Path(gettempdir()) / f"mergehub-artifacts-{os.getuid()}"
                return open_store(unused, self.s3_place_of(url), 0)

    @cached_property
    def cursor_secret(self) -> bytes:
        """`cursor_key`, or a key that all replicas derive from a secret that they share."""
        shared = self.cursor_key or self.bootstrap_token
        secret = shared.get_secret_value() if shared else self.database_url
        return hmac.digest(secret.encode(), b"mergehub cursors", "sha256")

    def secret_keys(self) -> list[bytes]:
        """The bytes of `secrets_keys`, the newest first."""
        return [_decoded(key) for key in self.secrets_keys]

    @model_validator(mode="after")
    def _tokens_differ(self) -> Self:
        given = (self.bootstrap_token, self.worker_token, self.service_token)
        if len(set(tokens := [each for each in given if each is not None])) < len(tokens):
            raise ValueError(
                "two of MERGEHUB_BOOTSTRAP_TOKEN, MERGEHUB_WORKER_TOKEN and MERGEHUB_SERVICE_TOKEN "
                "are the same: give workers and services tokens of their own, which allow less "
                "than the owner's"
            )
        return self


class WorkerSettings(ArtifactSettings, PushSettings):
    """The settings of a merge worker. It has no database address, since it only uses HTTP."""

    model_config = ServiceSettings.model_config

    hub_url: HubUrl = "http://127.0.0.1:8000"
    redis_url: RedisUrl = "redis://localhost:6379/0"
    worker_token: Token = Field(description="A token of scope `worker`.")
    worker_name: str | None = Field(
        default=None, description="Shown with its runs; without it, host and process id."
    )
    hardware: Hardware = "cpu"
    gpu: str | None = Field(
        default=None,
        examples=["0"],
        description="The number or UUID of its GPU as in `nvidia-smi -L`; else the first free one.",
    )
    gpu_locks: Path = Field(
        default_factory=lambda: Path(gettempdir()) / "mergehub-gpus",
        description="The folder in which the workers of a machine lock their GPUs.",
    )
    gpu_memory: ByteSize | None = Field(
        default=None,
        description="The most memory of its GPU that a run may use, such as `20GB` or `16GiB`.",
    )
    model_roots: list[Path] = Field(
        default_factory=list,
        examples=[["/mnt/models"]],
        description="JSON list of folders with models that recipes may name.",
    )
    task_roots: list[Path] = Field(
        default_factory=list,
        examples=[["/mnt/tasks"]],
        description="JSON list of folders with local evaluation tasks.",
    )
    harness_tasks: list[str] = Field(
        default_factory=list,
        examples=[["arc_challenge", "gsm8k"]],
        description="JSON list of the harness's own tasks that runs may name. Their data are "
        "downloaded from the Hugging Face Hub.",
    )
    scratch: Path = Field(
        default=Path("scratch"), description="The folder for the state of unfinished attempts."
    )
    cache_bytes: int = Field(
        default=CACHE_BYTES,
        ge=0,
        description="How many bytes of models from a bucket are kept in `scratch` for later runs.",
    )
    signing_key: Annotated[SecretStr, AfterValidator(_signing_key)] | None = Field(
        default=None,
        description="The private key (Ed25519, PEM) that signs the statement of provenance of each "
        "model that a run makes; without it, models have no statement.",
    )
    runs: int = Field(
        default=0, ge=0, description="After how many runs the worker ends; 0 sets no limit."
    )
    idle_seconds: float = Field(
        default=0,
        ge=0,
        description="After how many seconds without a run the worker ends; 0 sets no limit.",
    )
    drain_seconds: float = Field(
        default=0,
        ge=0,
        description="How many seconds a worker that is asked to stop continues its run before it "
        "hands it back.",
    )
    pod_name: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9.-]+$",
        description="The worker's pod, if Kubernetes shall learn how costly it is to delete it.",
    )
    pod_account: Path = Field(
        default=Path("/var/run/secrets/kubernetes.io/serviceaccount"),
        description="A folder with token, ca.crt and namespace of an account that may patch the "
        "pod.",
    )
    keep_failed_hours: float = Field(
        default=24, ge=0, description="How many hours a failed run's state is kept for a retry."
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        lt=2**16,
        description="The port at which the worker serves `/metrics`, `/healthz` and `/readyz`; 0 "
        "serves none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def models(self) -> Path:
        """The folder on this machine where models are made and read."""
        folder = self.artifacts if isinstance(self.artifacts, Path) else self.scratch / "artifacts"
        return folder.resolve()

    def open_store(self) -> ArtifactStore:
        """The store of models. Raises StoreFault."""
        return open_store(self.models, self.s3_place, self.cache_bytes)
