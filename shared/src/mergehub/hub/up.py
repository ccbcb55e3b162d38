"""`mergehub up`: the stores, services and workers of one machine, from start to end."""

from __future__ import annotations

import http.client
import json
import os
import select
import shlex
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from mergehub.attestation.keys import BadKey, SigningKey
from mergehub.attestation.own import SETTING, own_key
from mergehub.hub import leftovers
from mergehub.hub.address import listen, names, url_of
from mergehub.hub.folder import DataFolder, is_used
from mergehub.hub.postgres import Postgres
from mergehub.hub.process import CannotStart
from mergehub.hub.supervisor import Program, Supervisor
from mergehub.hub.valkey import Valkey
from mergehub.hub.workers import await_workers, workers
from mergehub.json_text import json_text
from mergehub.kit.settings.environment import BadSettings, Settings, read_settings
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from mergehub.kit.telemetry.say import say
from mergehub.secret_files import write_secret
from mergehub.variables import BadVariable, variable, with_files
from mergehub.whereabouts import CONNECTION, default_folder

READY_SECONDS = 60.0
GLANCE_SECONDS = 0.1
PUBLIC = "MERGEHUB_SIGNING_PUBLIC_KEYS"
NOT_FOR_SERVICES = (
    "MERGEHUB_PUSH_HF_TOKEN", "MERGEHUB_PUSH_S3_ACCESS_KEY", "MERGEHUB_PUSH_S3_SECRET_KEY",
)  # fmt: skip
OWN_RATE = 60_000  # a minute: more than one machine can answer, so it never limits

NOT_FOR_WORKERS = (
    "MERGEHUB_BOOTSTRAP_TOKEN",
    "MERGEHUB_DATABASE_URL",
    "MERGEHUB_OIDC_CLIENT_SECRET",
    "MERGEHUB_SECRETS_KEYS",
    "MERGEHUB_SERVICE_TOKEN",
)
"""Variables that workers do not get, since they read untrusted files."""


@dataclass(frozen=True)
class Options:
    """The options of the command line; `gpus` is None for all."""

    data: Path
    host: str
    port: int
    models: tuple[Path, ...]
    tasks: tuple[Path, ...]
    workers: int
    gpus: int | None = 0
    require_token: bool = False
    json: bool = False


def run(options: Options) -> None:
    """Run a hub until a signal ends it. Raises CannotStart, which says what to do."""
    _end_like_ctrl_c(signal.SIGTERM, signal.SIGHUP)
    if not is_used(options.data):
        _listen(options).close()  # an address that cannot be used must not leave a new folder
    with DataFolder(options.data) as folder:
        leftovers.end(folder / "children.json", folder.path)  # they may still use the address
        folder.forget_connection()
        with _listen(options) as listener:
            folder.say_who_runs(url_of(listener))
            _run(Hub(options, folder, listener))


def _listen(options: Options) -> socket.socket:
    return listen(options.host, options.port, guarded=options.require_token)


def _run(hub: Hub) -> None:
    try:
        hub.start()
        say(hub.greeting())
        hub.supervisor.watch()
    except KeyboardInterrupt:
        if not hub.json:
            say("Stopping.")
    finally:
        _let_us_finish()
        hub.folder.forget_connection()
        hub.supervisor.stop()


class Hub:
    """The parts of one hub, and their start."""

    def __init__(self, options: Options, folder: DataFolder, listener: socket.socket) -> None:
        self.folder = folder
        self.url = url_of(listener)
        self.tokens = folder.tokens()
        self.json = options.json
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        if not _given("DATABASE_URL"):
            self.postgres = Postgres(folder / "pg", folder.log("postgres"))
        if not _given("REDIS_URL"):
            self.valkey = Valkey(folder / "vk", folder.log("valkey"))
        key = _signing_key(folder)
        env = self._environment(options) | _of_services(key)
        workers_env = env | dict.fromkeys(with_files(NOT_FOR_WORKERS), "")
        workers_env |= {SETTING: key.pem}
        checked = _checked(env, workers_env)
        metrics_port = checked.metrics_port
        hosts = names(listener, checked.hosts)
        if hosts:
            env |= {"MERGEHUB_HOSTS": json.dumps(hosts), "MERGEHUB_HOSTS_FILE": ""}
        self.origin = Program(
            "services",
            [sys.executable, "-m", "mergehub.hub.serve", str(listener.fileno())],
            env | dict.fromkeys(with_files(NOT_FOR_SERVICES), ""),
            folder.log("services"),
            pass_fds=[listener.fileno()],
        )
        self.workers = [
            Program(
                name,
                [sys.executable, "-m", "merge_worker"],
                workers_env
                | {"MERGEHUB_WORKER_NAME": _registered(name)}
                | own
                | _port(metrics_port, number),
                folder.log(name),
            )
            for number, (name, own) in enumerate(workers(options.workers, options.gpus).items(), 1)
        ]
        stores = [store for store in (self.postgres, self.valkey) if store]
        self._needed = [*stores, self.origin]
        self.supervisor = Supervisor([*self._needed, *self.workers], self._note, say)

    def start(self) -> None:
        """Start all at once, the slowest first; workers import while the services do."""
        self.supervisor.launch(self.origin)
        for store in (self.valkey, self.postgres):
            if store:
                self.supervisor.launch(store)
        for store in (self.valkey, self.postgres):
            if store:
                store.wait_until_ready()
        for worker in self.workers:  # not before, or each would wait for Redis with growing pauses
            self.supervisor.launch(worker)
        self._wait_until_ready()
        names = {_registered(worker.name) for worker in self.workers}
        await_workers(self.url, self.tokens.owner, names, self.supervisor.all_run)
        write_secret(self.folder / CONNECTION, {"url": self.url, "token": self.tokens.owner})

    def greeting(self) -> str:
        """The hub's address and how to use it, for people or as a line of JSON."""
        if self.json:
            about = {"url": self.url, "token": self.tokens.owner, "data": self.folder.path}
            return json_text(about | {"pid": os.getpid()}, encoding=sys.stdout.encoding)
        return (
            f"Mergehub is ready at {self.url}\n"
            f"  map    {self.url}/map\n"
            f"  docs   {self.url}/docs\n"
            f"  token  {self.tokens.owner}\n"
            f"  data   {self.folder.path} ({self._hint_for_shells()})\n"
            f"  stop   Ctrl-C, or kill {os.getpid()}"
        )

    def _hint_for_shells(self) -> str:
        if self.folder.path == default_folder().resolve():
            return "it holds the token, so shells on this machine need none"
        return f"for shells: export MERGEHUB_DATA={shlex.quote(str(self.folder.path))}"

    def _environment(self, options: Options) -> dict[str, str]:
        """The variables for the services and workers, as in any deployment."""
        data = self.folder
        models = [data / "models", *(path.resolve() for path in options.models)]
        settings = {
            "DATA": data.path,
            "HUB_URL": self.url,
            "DATABASE_URL": self.postgres.url if self.postgres else None,
            "REDIS_URL": self.valkey.url if self.valkey else None,
            "BOOTSTRAP_TOKEN": self.tokens.owner,
            "WORKER_TOKEN": self.tokens.worker,
            "SERVICE_TOKEN": self.tokens.service,
            "SECRETS_KEYS": _given("SECRETS_KEYS") or json.dumps(data.secrets_keys()),
            "MIGRATIONS": "inline",
            "REQUIRE_TOKEN": str(options.require_token).lower(),
            "ARTIFACTS": data / "artifacts",
            "SCRATCH": data / "scratch",
            "CORS_PUBLIC": _given("CORS_PUBLIC") or "false",
            "RATE_READS": _given("RATE_READS") or OWN_RATE,
            "RATE_WRITES": _given("RATE_WRITES") or OWN_RATE,
            "MODEL_ROOTS": json.dumps([str(path) for path in models]),
            "TASK_ROOTS": json.dumps([str(path.resolve()) for path in options.tasks]),
        }
        named = {f"MERGEHUB_{name}": str(value) for name, value in settings.items() if value}
        return dict.fromkeys(with_files(named), "") | named  # files of the same have been read

    def _wait_until_ready(self) -> None:
        """Ask once: the socket holds the request until the services answer."""
        deadline = time.monotonic() + READY_SECONDS
        host = self.url.removeprefix("http://")
        while True:
            with closing(http.client.HTTPConnection(host)) as connection:
                connection.request("GET", "/readyz")
                while not select.select([connection.sock], [], [], GLANCE_SECONDS)[0]:
                    self.supervisor.check(self._needed)
                    if time.monotonic() > deadline:
                        raise CannotStart(f"The services were not ready: see {self.origin.log}.")
                with suppress(http.client.HTTPException, OSError):
                    if connection.getresponse().status == http.HTTPStatus.OK:
                        return

    def _note(self, pids: list[int]) -> None:
        leftovers.note(self.folder / "children.json", pids)


def _signing_key(folder: DataFolder) -> SigningKey:
    try:
        return own_key(folder.path)
    except (BadKey, BadVariable) as error:
        raise CannotStart(f"{error}.") from error


def _of_services(key: SigningKey) -> dict[str, str]:
    """What services know of the workers' key: only the public key, beside earlier ones."""
    public = f"{key.public.pem}{_given('SIGNING_PUBLIC_KEYS') or ''}"
    none = dict.fromkeys(with_files([SETTING, PUBLIC]), "")
    return none | {PUBLIC: public}


def _port(first: int, number: int) -> dict[str, str]:
    """The variable of the port for the metrics of a worker; each has one of its own."""
    return {"MERGEHUB_METRICS_PORT": str(first + number - 1)} if first else {}


def _given(name: str) -> str | None:
    """The value that this process was given. Raises CannotStart if its file cannot be read."""
    try:
        return variable(f"MERGEHUB_{name}")
    except BadVariable as error:
        raise CannotStart(str(error)) from None


def _registered(worker: str) -> str:
    """The name of `worker-1` at the hub: that of this machine, and the rest."""
    return f"{socket.gethostname()}{worker.removeprefix('worker')}"


def _checked(env: Mapping[str, str], workers_env: Mapping[str, str]) -> ServiceSettings:
    """The services' settings. Raises CannotStart if they or the workers cannot read theirs."""
    wrong = [*_faults(WorkerSettings, workers_env), *_faults(ServiceSettings, env)]
    if wrong:
        raise CannotStart("\n".join(dict.fromkeys(wrong)))
    return read_settings(ServiceSettings, os.environ | env)


def _faults(kind: type[Settings], env: Mapping[str, str]) -> list[str]:
    try:
        read_settings(kind, os.environ | env)
    except BadSettings as error:
        return str(error).splitlines()
    return []


def _end_like_ctrl_c(*numbers: signal.Signals) -> None:
    for number in numbers:
        if signal.getsignal(number) != signal.SIG_IGN:  # `nohup` ignores SIGHUP
            signal.signal(number, signal.default_int_handler)


def _let_us_finish() -> None:
    """Ignore further signals: a second Ctrl-C would interrupt the orderly shutdown."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
