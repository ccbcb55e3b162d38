"""The models that a deployment reads, and those in its bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tiny_models import copy_models

from merge_worker.engine import digest_of_folder
from mergehub.artifacts import ArtifactStore, S3Place, open_store
from mergehub.contracts.runs import Run

from .topology import Topology


def readable_models(folder: Path) -> Path:
    """The tiny models in a new folder that the programs' users may enter."""
    folder.chmod(0o755)
    (folder / "models").mkdir()
    copy_models(folder / "models")
    for path in (folder / "models").rglob("*"):
        path.chmod(path.stat().st_mode | 0o444)
    return folder / "models"


def digest_in(topology: Topology, run: Run) -> str:
    """The digest of the model that a run put into the bucket."""
    with bucket_of(topology) as store:
        return digest_of_folder(store.hold(run.id))


@contextmanager
def bucket_of(topology: Topology) -> Iterator[ArtifactStore]:
    """The store of models, over an empty cache."""
    place = S3Place.at(
        "s3://artifacts/models",
        endpoint=f"http://{topology.network.addresses['s3']}:8333",
        access_key=topology.secret("s3_access_key"),
        secret_key=topology.secret("s3_secret_key"),
    )
    with tempfile.TemporaryDirectory() as folder, closing(open_store(Path(folder), place)) as store:
        yield store
