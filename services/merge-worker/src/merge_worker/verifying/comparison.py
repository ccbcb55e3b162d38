"""The tensors that a run made, beside those that are made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from merge_worker.engine import Plan
from merge_worker.engine.output.journal import Finished
from merge_worker.engine.plan import PlannedTensor
from mergehub.contracts.kinds.verify import MOST_DIFFERENCES, TensorDifference
from mergehub.contracts.provenance.tensors import TensorDigest

from .original import Original


class Comparison:
    """Compares tensors as they are made; any thread may do so."""

    def __init__(self, made: Mapping[str, TensorDigest], original: Original) -> None:
        self._made, self._original = made, original
        self._different: dict[str, TensorDifference] = {}

    def look(self, tensor: PlannedTensor, finished: Finished, file: int) -> None:
        """Compare a tensor in an open file with the one that the run made, if there is one."""
        made, again = self._made.get(tensor.name), described(tensor, finished.sha256)
        if made is None or made.sha256 == again.sha256:
            return
        found = None
        if (made.dtype, made.shape) == (again.dtype, again.shape):
            found = self._original.difference(tensor.name, made, file, tensor.region)
        self._different[tensor.name] = TensorDifference(
            name=tensor.name,
            made=made,
            again=again,
            elements=found.elements if found else None,
            largest=found.largest if found else None,
        )

    def all(self, plan: Plan, digests: Mapping[str, str]) -> list[TensorDifference]:
        """Every difference, those of which the extent is unknown first, then the largest."""
        found = [*self._different.values(), *self._one_sided(plan, digests)]
        return sorted(found, key=_by_extent)

    def _one_sided(self, plan: Plan, digests: Mapping[str, str]) -> Iterator[TensorDifference]:
        planned = {tensor.name: tensor for tensor in plan.tensors}
        for name in sorted(self._made.keys() ^ planned.keys()):
            again = described(planned[name], digests[name]) if name in planned else None
            yield TensorDifference(
                name=name, made=self._made.get(name), again=again, elements=None, largest=None
            )


def described(tensor: PlannedTensor, sha256: str) -> TensorDigest:
    """A tensor of the output as manifests have it."""
    region = tensor.region
    return TensorDigest(dtype=region.dtype, shape=list(region.shape), sha256=sha256)


def listed(differences: list[TensorDifference]) -> list[TensorDifference]:
    """As many of them as a result may list."""
    return differences[:MOST_DIFFERENCES]


def _by_extent(each: TensorDifference) -> tuple[bool, float, str]:
    return each.largest is not None, -(each.largest or 0.0), each.name
