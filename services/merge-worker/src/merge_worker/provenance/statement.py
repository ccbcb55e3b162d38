"""Makes the statement of a merge from what it planned, read and wrote."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from merge_worker.engine import Plan
from merge_worker.engine.finish import Attest
from merge_worker.engine.machine.versions import library_versions
from merge_worker.engine.models.digests import file_digest
from merge_worker.engine.output.output_files import STATEMENT, output_files
from mergehub.attestation.envelope import sealed
from mergehub.attestation.keys import SigningKey
from mergehub.attestation.statement import (
    TENSORS,
    TENSORS_DIGEST,
    BuildDefinition,
    Builder,
    Metadata,
    Provenance,
    Resource,
    RunDetails,
    Statement,
    payload_of,
)
from mergehub.recipe.canonical import canonical_document
from mergehub.recipe.lock import Lock, LockedIngredient

SHELL = "urn:mergehub:builder:shell"
WORKER = "urn:mergehub:builder:worker"
HUGGING_FACE = "https://huggingface.co"
THREADS = 4


def attesting(key: SigningKey, builder: str, run: UUID | None = None) -> Attest:
    """What signs a statement once the merge, which begins now, has written all else."""
    started = _now()

    def attest(folder: Path, plan: Plan, lock: Lock, digest: str) -> bytes:
        subject = _subject(folder, sorted(output_files(plan) - {STATEMENT}))
        metadata = Metadata(
            invocation_id=f"urn:uuid:{run}" if run else None,
            started_on=started,
            finished_on=_now(),
        )
        made = Builder(id=builder, version={"engine": lock.engine, **library_versions()})
        details = RunDetails(builder=made, metadata=metadata, byproducts=(_tensors(digest),))
        predicate = Provenance(build_definition=_definition(plan, lock), run_details=details)
        return sealed(payload_of(Statement(subject=subject, predicate=predicate)), key)

    return attest


def dependencies(lock: Lock) -> Iterator[Resource]:
    """Yield every file that a merge has read, by its lock."""
    for part in lock.ingredients:
        yield from _files(part)
    if lock.method_file:
        yield Resource(name="method file", digest={"sha256": lock.method_file})


def _files(part: LockedIngredient) -> Iterator[Resource]:
    revision = {"revision": part.revision} if part.revision else {}
    hub = part.kind == "hub" and part.revision
    for name, file in sorted(part.files.items()):
        yield Resource(
            name=f"{part.ref}/{name}",
            uri=f"{HUGGING_FACE}/{part.ref.model}/resolve/{part.revision}/{name}" if hub else None,
            digest={"sha256": file.sha256},
            annotations={"ingredient": str(part.ref), "size": file.size, **revision},
        )


def _definition(plan: Plan, lock: Lock) -> BuildDefinition:
    """The recipe in its canonical form; the seed as text, since many readers round numbers."""
    return BuildDefinition(
        external_parameters={
            "recipe": canonical_document(plan.recipe),
            "recipeDigest": lock.recipe,
            "seed": str(lock.seed),
        },
        resolved_dependencies=tuple(dependencies(lock)),
    )


def _subject(folder: Path, names: list[str]) -> tuple[Resource, ...]:
    with ThreadPoolExecutor(THREADS, thread_name_prefix="subject") as pool:
        digests = pool.map(file_digest, [folder / name for name in names])
        return tuple(
            Resource(name=name, digest={"sha256": digest})
            for name, digest in zip(names, digests, strict=True)
        )


def _tensors(digest: str) -> Resource:
    return Resource(name=TENSORS, digest={TENSORS_DIGEST: digest.removeprefix("sha256:")})


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
