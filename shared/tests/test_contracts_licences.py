"""Licences have one identifier each, however people write them."""

from __future__ import annotations

import pytest

from mergehub.contracts.licences.identifiers import IDENTIFIERS, identifier_of


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_an_identifier_stays_in_any_case(identifier: str) -> None:
    assert identifier_of(identifier) == identifier
    assert identifier_of(identifier.upper()) == identifier
    assert identifier_of(identifier.replace("-", " ")) == identifier


@pytest.mark.parametrize(
    ("written", "identifier"),
    [
        ("CC BY-NC 4.0", "cc-by-nc-4.0"),
        ("Llama 2", "llama2"),
        ("Llama 3.1 Community License Agreement", "llama3.1"),
        ("GPLv3", "gpl-3.0"),
        ("GPL-3.0-or-later", "gpl-3.0"),
        ("GNU Affero General Public License v3", "agpl-3.0"),
        ("LGPL v2.1", "lgpl-2.1"),
        ("Apache 2.0", "apache-2.0"),
        ("Apache License, Version 2.0", "apache-2.0"),
        ("The MIT License", "mit"),
        ("Creative Commons Attribution-NonCommercial 4.0 International", "cc-by-nc-4.0"),
        ("BSD 3-Clause License", "bsd-3-clause"),
    ],
)
def test_a_usual_spelling_is_known(written: str, identifier: str) -> None:
    assert identifier_of(written) == identifier


@pytest.mark.parametrize(
    "written", ["other", "unknown", "", "Our Own 1.0", "CC BY-NC", "gpl 30", "x" * 1000]
)
def test_what_is_none_of_them_stays_as_it_is(written: str) -> None:
    assert identifier_of(written) == written
