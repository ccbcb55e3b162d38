"""Domains have one name each, whatever people write."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from mergehub.benchmarks.catalogue import benchmarks
from mergehub.benchmarks.definition import DomainName
from mergehub.contracts.domains.vocabulary import SYNONYMS, domain_of, domains_of, known_domains


def test_no_word_means_two_domains() -> None:
    words = [word for name, others in SYNONYMS.items() for word in (name, *others)]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("name", SYNONYMS)
def test_every_way_to_write_a_domain_leads_to_its_name(name: str) -> None:
    for word in (name, *SYNONYMS[name]):
        for written in (word, word.upper(), f" {word} ", word.replace("-", " "), word.title()):
            assert domain_of(written) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("math", "maths"),
        ("Mathematics", "maths"),
        ("coding", "code"),
        ("role_play", "roleplay"),
        ("Creative  Writing", "storywriting"),
        ("multilingual", "languages"),
    ],
)
def test_a_usual_synonym_is_known(written: str, name: str) -> None:
    assert domain_of(written) == name


@pytest.mark.parametrize("written", ["cooking", "Über-Küche", "", "maths2", "math " * 1000])
def test_another_domain_stays_as_it_is(written: str) -> None:
    assert domain_of(written) == written


def test_a_list_has_each_domain_once_in_its_order() -> None:
    assert domains_of(["math", "cooking", "code", "maths", "coding"]) == [
        "maths",
        "cooking",
        "code",
    ]


def test_only_words_for_known_domains_are_domains_of_a_model() -> None:
    assert known_domains(["merge", "Math", "mergekit", "maths", "law"]) == ("maths", "legal")


def test_the_documentation_has_the_whole_vocabulary() -> None:
    text = Path(__file__).parents[2].joinpath("docs/published-recipes.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", text.split("\n## Domains\n")[1], re.M))
    listed = {name: tuple(re.findall("`(.*?)`", others)) for name, others in rows.items()}
    assert listed.items() >= SYNONYMS.items()


def test_the_domains_of_benchmarks_are_names_of_the_vocabulary() -> None:
    assert set(get_args(DomainName)) <= SYNONYMS.keys()
    assert {each for known in benchmarks().values() for each in known.domains} <= SYNONYMS.keys()
