"""The models in the deployment's bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from merge_worker.engine import digest_of_folder
from mergehub.artifacts import ArtifactStore, S3Place, open_store
from mergehub.contracts.runs import Run

from .topology import Topology


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
