"""What `quick_start` promises to the programs that import within it."""

from __future__ import annotations

import gc

import pytest

from mergehub.quick_start import quick_start


@pytest.fixture(autouse=True)
def collected() -> None:
    """What other tests left is not frozen with the rest."""
    gc.collect()


def test_the_collector_rests_during_the_imports_and_works_afterwards() -> None:
    with quick_start():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_after_an_import_that_failed() -> None:
    with pytest.raises(ModuleNotFoundError), quick_start():
        __import__("no_such_module_anywhere")
    assert gc.isenabled()


def test_the_collector_passes_over_what_was_imported() -> None:
    with quick_start():
        imported = [object()]
    assert not any(each is imported for each in gc.get_objects())
    made_later = [object()]
    assert any(each is made_later for each in gc.get_objects())
