"""`mergehub up` as people run it: a whole hub from one command, and no process left after it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest
from click.testing import CliRunner, Result

from mergehub.cli.main import main
from mergehub.contracts.services import SERVICES, Service

pytestmark = pytest.mark.process

pytest.importorskip("merge_worker", reason="a whole hub needs the worker")

MERGEHUB = [sys.executable, "-c", "from mergehub.cli.main import main; main()"]
UP = [*MERGEHUB, "up"]
SECONDS = 60
get = partial(httpx.get, verify=False)  # reading the authorities takes longer than a request


class RunningHub:
    """`mergehub up` as a child of the tests."""

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        command = [*UP, "--data", str(data), "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_plain())
        assert self.process.stdout is not None
        self.greeting = self.process.stdout.readline()
        self.said = ""
        ready = re.search(r"http[^\s\"]+", self.greeting)
        assert ready is not None, "it ended before it was ready"
        self.url = ready.group()

    @property
    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        direct = psutil.Process(self.process.pid).children()
        return next(each for each in direct if word in " ".join(each.cmdline()))

    def end(self, number: signal.Signals) -> list[psutil.Process]:
        """Send a signal and wait for the end; returns the children that still run."""
        children = self.children
        assert len(children) >= 4
        self.process.send_signal(number)
        self.said, _ = self.process.communicate(timeout=SECONDS)
        return psutil.wait_procs(children, timeout=SECONDS)[1]

    def says(self, word: str) -> str:
        """The rest of the next line of the greeting that begins with `word`."""
        assert self.process.stdout is not None
        return next(line for line in self.process.stdout if line.split()[0] == word)

    def shell(self, *arguments: str) -> Result:
        """Run a `mergehub` command in a shell whose only setting is the data folder."""
        env: dict[str, str | None] = {name: None for name in os.environ if name not in _plain()}
        return CliRunner().invoke(main, arguments, env=env | {"MERGEHUB_DATA": str(self.data)})

    def process_of(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as `shell` does, but as a process of its own."""
        return subprocess.run(
            command,
            env=_plain() | {"MERGEHUB_DATA": str(self.data)},
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MERGEHUB_")}


@contextlib.contextmanager
def _running(data: Path, *options: str) -> Iterator[RunningHub]:
    running = RunningHub(data, *options)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A short path, since a Unix socket's must be short."""
    with tempfile.TemporaryDirectory(prefix="mh-up-") as folder:
        yield Path(folder) / "data"


@pytest.fixture(scope="module")
def hub(data: Path) -> Iterator[RunningHub]:
    with _running(data) as running:
        yield running


def test_the_greeting_says_how_shells_find_a_hub_that_lies_elsewhere(hub: RunningHub) -> None:
    assert f"export MERGEHUB_DATA={hub.data.resolve()}" in hub.says("data")


def test_all_services_are_ready(hub: RunningHub) -> None:
    answer = get(f"{hub.url}/readyz", timeout=SECONDS)
    assert answer.status_code == 200
    assert answer.json()["services"].keys() == {service.name for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_service_answers_at_its_own_prefixes_only(hub: RunningHub, service: Service) -> None:
    paths = get(f"{hub.url}/{service.name}/openapi.json", timeout=SECONDS).json()["paths"]
    assert paths
    strays = [path for path in paths if not path.startswith(service.prefixes)]
    assert strays == []
    served = f"{hub.url}/docs/openapi/{service.name}.json"
    assert get(served, timeout=SECONDS).json()["paths"] == paths


def test_metrics_of_all_services_come_as_one_text(hub: RunningHub) -> None:
    text = get(f"{hub.url}/metrics", timeout=SECONDS).text
    assert text.count("# TYPE mergehub_requests_total counter") == 1
    assert {f'service="{service.name}"' for service in SERVICES} <= set(
        re.findall(r'service="\w+"', text)
    )


def test_an_unknown_path_gets_problem_details(hub: RunningHub) -> None:
    answer = get(f"{hub.url}/nothing", timeout=SECONDS)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/nothing" in answer.json()["detail"]


def test_the_documentation_loads_nothing_from_elsewhere(hub: RunningHub) -> None:
    page = get(f"{hub.url}/docs", timeout=SECONDS)
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?[^"'>]*//""", page.text)
    assert httpx.head(f"{hub.url}/docs", timeout=SECONDS).status_code == 200


def test_a_worker_knows_no_secret_but_its_own_token_and_key(hub: RunningHub) -> None:
    told = hub.child("merge_worker").environ()
    assert told["MERGEHUB_WORKER_TOKEN"].startswith("mgh_")
    secrets = ("BOOTSTRAP_TOKEN", "SERVICE_TOKEN", "SECRETS_KEYS", "DATABASE_URL")
    for name in (*secrets, "OIDC_CLIENT_SECRET"):
        assert told[f"MERGEHUB_{name}"] == ""
    assert hub.child("mergehub.hub.serve").environ()["MERGEHUB_SECRETS_KEYS"].startswith('["')


def test_a_second_start_on_the_same_folder_names_the_first(hub: RunningHub) -> None:
    done = hub.process_of([*UP, "--port", "0"])
    assert done.returncode == 1
    assert f"process {hub.process.pid} at {hub.url}" in done.stderr


def test_a_taken_port_is_told_before_anything_is_made(hub: RunningHub, tmp_path: Path) -> None:
    port = hub.url.rpartition(":")[2]
    done = hub.process_of([*UP, "--port", port, "--data", str(tmp_path / "data")])
    assert done.returncode == 1
    assert "--port" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_taken_port_changes_nothing_in_an_empty_folder(hub: RunningHub, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    port = hub.url.rpartition(":")[2]
    assert hub.process_of([*UP, "--port", port, "--data", str(tmp_path)]).returncode == 1
    assert list(tmp_path.iterdir()) == []
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_page_of_another_site_can_neither_read_nor_act_here(hub: RunningHub) -> None:
    """A browser adds no token by itself, and the page is not allowed to add one."""
    foreign = {"Origin": "https://evil.example"}
    for path in ("/v1/runs", "/v1/models", "/docs"):
        read = get(f"{hub.url}{path}", headers=foreign, timeout=SECONDS)
        assert "access-control-allow-origin" not in read.headers
    act = httpx.post(f"{hub.url}/v1/runs", headers=foreign, content=b"{}", timeout=SECONDS)
    assert act.status_code == 401
    wanted = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    asked = httpx.options(f"{hub.url}/v1/runs", headers=foreign | wanted, timeout=SECONDS)
    assert not asked.is_success
    for answer in (act, asked):
        assert "access-control-allow-origin" not in answer.headers
        assert "set-cookie" not in answer.headers


def test_it_stays_on_this_machine_unless_reading_needs_a_token(
    hub: RunningHub, tmp_path: Path
) -> None:
    options = ("--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path / "data"))
    done = hub.process_of([*UP, *options])
    assert done.returncode == 1
    assert "can be reached by other machines" in done.stderr
    assert "--require-token" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_shell_on_the_same_machine_needs_no_settings(hub: RunningHub, tmp_path: Path) -> None:
    recipe = tmp_path / "soup.yml"
    recipe.write_text(
        "merge_method: linear\nmodels:\n- model: ./absent\n  parameters: {weight: 1}\n"
    )
    published = hub.process_of([*MERGEHUB, "publish", str(recipe)]).stdout
    assert published.startswith("soup version 1  sha256:")
    assert hub.shell("publish", str(recipe)).stdout == published
    recipe.write_text(recipe.read_text().replace("weight: 1", "weight: 2"))
    assert hub.shell("publish", str(recipe)).stdout.startswith("soup version 2  sha256:")


def test_a_run_is_followed_to_its_end_and_its_failure_told(hub: RunningHub) -> None:
    done = hub.shell("submit", "soup@1", "--name", "made/soup", "--follow")
    assert done.exit_code == 1
    assert "./absent" in done.stderr
    run = done.stdout.split()[0]
    [line] = [line for line in hub.shell("runs").stdout.splitlines() if run in line]
    assert "made/soup" in line
    assert "failed" in line
    assert hub.shell("follow", run).stderr.splitlines()[-1] == done.stderr.splitlines()[-1]


def test_a_refusal_lists_each_field(hub: RunningHub) -> None:
    done = hub.shell("tokens", "create", "ci", "--scope", "runs:sumbit")
    assert done.exit_code == 1
    assert "/scopes/0" in done.stderr


@pytest.mark.parametrize("command", [["lineage", "none"], ["uplift", "none"], ["board", "none"]])
def test_what_the_hub_does_not_know_is_said_in_a_sentence(
    hub: RunningHub, command: list[str]
) -> None:
    done = hub.shell(*command)
    assert done.exit_code == 1
    assert re.match(r"Error: There is no|Error: .*none", done.stderr)
    assert "Traceback" not in done.stderr


def test_boards_are_listed(hub: RunningHub) -> None:
    done = hub.shell("board")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("part", ["mergehub.hub.serve", "valkey-server", "merge_worker"])
def test_a_killed_part_comes_back(hub: RunningHub, part: str) -> None:
    killed = hub.child(part)
    killed.kill()
    killed.wait(SECONDS)
    _until_ready(hub)
    done = hub.shell("submit", "soup@1", "--name", "made/again", "--follow")
    assert "./absent" in done.stderr, "no worker took the run"
    assert hub.child(part).pid != killed.pid


def _until_ready(hub: RunningHub) -> None:
    """Each request waits in the hub's socket until a service can answer it."""
    for _ in range(1000):
        with contextlib.suppress(
            httpx.TransportError
        ):  # the dead process had accepted the connection
            if get(f"{hub.url}/readyz", timeout=SECONDS).status_code == 200:
                return
    pytest.fail("the hub did not get ready again")


def test_kill_9_leaves_nobody_behind(hub: RunningHub) -> None:
    assert hub.end(signal.SIGKILL) == []


@pytest.fixture(scope="module")
def again(data: Path) -> Iterator[RunningHub]:
    """The next start on the same folder, which other machines can reach."""
    options = ("--host", "0.0.0.0", "--require-token", "--workers", "2", "--json")
    with _running(data, *options) as running:
        yield running


def test_when_it_says_that_it_is_ready_its_workers_have_registered(again: RunningHub) -> None:
    known = _read(again, "/v1/workers").json()["items"]
    assert [each["alive"] for each in known] == [True, True]


def test_the_start_after_kill_9_has_what_was_there(again: RunningHub) -> None:
    assert _read(again, "/v1/recipes").json()["items"][0]["name"] == "soup"


def test_a_start_says_as_json_where_the_hub_is(again: RunningHub) -> None:
    told = json.loads(again.greeting)
    sent = {"Authorization": f"Bearer {told['token']}"}
    me = get(f"{told['url']}/v1/accounts/me", headers=sent, timeout=SECONDS)
    assert (me.status_code, told["pid"]) == (200, again.process.pid)


def test_where_others_reach_it_reading_needs_a_token_too(again: RunningHub) -> None:
    for path in ("/v1/recipes", "/v1/models", "/v1/boards"):
        assert get(f"{again.url}{path}", timeout=SECONDS).status_code == 401
        assert _read(again, path).status_code == 200
    assert get(f"{again.url}/readyz", timeout=SECONDS).status_code == 200
    assert again.shell("runs").exit_code == 0


def _read(hub: RunningHub, path: str) -> httpx.Response:
    token = json.loads((hub.data / "tokens.json").read_text())["owner"]
    sent = {"Authorization": f"Bearer {token}"}
    return get(f"{hub.url}{path}", headers=sent, timeout=SECONDS)


def test_ctrl_c_leaves_nobody_behind(again: RunningHub) -> None:
    assert again.end(signal.SIGINT) == []
    assert again.process.returncode == 0
    assert again.said == "", "more than one line for a program to read"


def test_after_its_end_no_shell_is_sent_to_its_address(again: RunningHub) -> None:
    assert again.process.poll() is not None
    told = again.shell("board").stderr
    assert f"No hub runs on {again.data}" in told
    assert "start it with `mergehub up`" in told
    assert again.url not in told
