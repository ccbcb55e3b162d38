"""Jobs in the queue are data, never code, even if an attacker wrote them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from mergehub.kit.events.doorbell import deserialize, serialize


class Harm:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_bell_is_json_and_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    harm = pickle.dumps(Harm(tmp_path / "harmed"))
    with pytest.raises(ValueError, match=r"\w"):
        deserialize(harm)
    assert not (tmp_path / "harmed").exists()
    pickle.loads(harm)
    assert (tmp_path / "harmed").exists(), "it would have done harm"
    assert deserialize(serialize({"a": 1})) == json.loads(serialize({"a": 1})) == {"a": 1}
