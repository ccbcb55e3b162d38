"""Every seed can be locked, and the lock is the same whoever reads it."""

from __future__ import annotations

import hashlib
import json

from hypothesis import example, given
from hypothesis import strategies as st

from mergehub.contracts.kinds.merge import LARGEST_SEED
from mergehub.recipe import Lock
from mergehub.recipe.lock import canonical_lock, lock_digest

LARGEST_NUMBER = 2**53 - 1


@given(st.integers(0, LARGEST_SEED))
@example(LARGEST_NUMBER)
@example(LARGEST_NUMBER + 1)
@example(LARGEST_SEED)
def test_a_lock_of_any_seed_has_a_digest_that_survives_every_reader(seed: int) -> None:
    lock = Lock(recipe=f"sha256:{'1' * 64}", engine="5", seed=seed, ingredients=())
    text = lock.model_dump_json()
    # As readers of JSON do that have only doubles.
    rounded = json.loads(text, parse_int=lambda digits: int(float(digits)))
    again = Lock.model_validate(rounded)
    assert again == lock
    assert lock_digest(again) == lock_digest(lock)
    canonical = canonical_lock(lock)
    assert lock_digest(lock) == f"sha256:{hashlib.sha256(canonical).hexdigest()}"
    written = json.loads(canonical)["seed"]
    assert written == (seed if seed <= LARGEST_NUMBER else str(seed))
