"""What the licences of models demand of what is made from them, as far as a program can say.

The table knows the licences that model cards name by their identifiers. It is a help for people
who decide, not legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """What a licence allows, and what it demands of derived models.

    - `commercial`: commercial use is allowed.
    - `derivatives`: derived models may be passed on.
    - `kept`: a derived model must be under this licence or one of `heirs`.
    """

    commercial: bool = True
    derivatives: bool = True
    kept: bool = False
    heirs: frozenset[str] = frozenset()


FREE = Terms()
NO_COMMERCE = Terms(commercial=False)
KEPT = Terms(kept=True)

_FREE = (
    "apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "isc", "zlib",
    "unlicense", "wtfpl", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "pddl",
    "odc-by", "artistic-2.0", "bsl-1.0", "ncsa", "ecl-2.0", "cdla-permissive-1.0",
    "cdla-permissive-2.0", "afl-3.0", "postgresql", "ms-pl",
)  # fmt: skip
_KEPT = (
    "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma", "openrail",
    "openrail++", "bigscience-openrail-m", "bigscience-bloom-rail-1.0", "bigcode-openrail-m",
    "creativeml-openrail-m", "gpl", "gpl-2.0", "gpl-3.0", "agpl-3.0", "lgpl", "lgpl-2.1",
    "lgpl-3.0", "lgpl-lr", "mpl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "osl-3.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "odbl", "gfdl", "cdla-sharing-1.0", "open-mdw",
    "deepfloyd-if-license",
)  # fmt: skip

TERMS: dict[str, Terms] = dict.fromkeys(_FREE, FREE) | dict.fromkeys(_KEPT, KEPT)
TERMS |= {
    "gpl-2.0": Terms(kept=True, heirs=frozenset({"gpl-3.0"})),
    "gpl-3.0": Terms(kept=True, heirs=frozenset({"agpl-3.0"})),
    "lgpl-2.1": Terms(kept=True, heirs=frozenset({"gpl-2.0", "gpl-3.0", "lgpl-3.0"})),
    "lgpl-3.0": Terms(kept=True, heirs=frozenset({"gpl-3.0", "agpl-3.0"})),
    "mpl-2.0": Terms(kept=True, heirs=frozenset({"gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0"})),
    "cc-by-sa-3.0": Terms(kept=True, heirs=frozenset({"cc-by-sa-4.0"})),
    "cc-by-sa-4.0": Terms(kept=True, heirs=frozenset({"gpl-3.0"})),
    "cc-by-nc-2.0": NO_COMMERCE,
    "cc-by-nc-3.0": NO_COMMERCE,
    "cc-by-nc-4.0": NO_COMMERCE,
    "cc-by-nc-sa-2.0": Terms(commercial=False, kept=True),
    "cc-by-nc-sa-3.0": Terms(commercial=False, kept=True, heirs=frozenset({"cc-by-nc-sa-4.0"})),
    "cc-by-nc-sa-4.0": Terms(commercial=False, kept=True),
    "cc-by-nc-nd-3.0": Terms(commercial=False, derivatives=False),
    "cc-by-nc-nd-4.0": Terms(commercial=False, derivatives=False),
    "cc-by-nd-4.0": Terms(derivatives=False),
    "fair-noncommercial-research-license": Terms(commercial=False, kept=True),
    "apple-amlr": Terms(commercial=False, kept=True),
    "intel-research": Terms(commercial=False, kept=True),
    "h-research": Terms(commercial=False, kept=True),
}


def terms(licence: str) -> Terms | None:
    """The terms of a licence by its identifier, in any case; None if the table lacks it."""
    return TERMS.get(licence.lower())


def broken(ancestor: str, licence: str) -> str | None:
    """What an ancestor's licence demands and another licence does not keep, as a sentence.

    None if nothing is broken, or if the table does not know the ancestor's licence.
    """
    demands, given = terms(ancestor), terms(licence)
    if demands is None or ancestor.lower() == licence.lower():
        return None
    if not demands.derivatives:
        return f"{ancestor} does not allow derived models to be passed on."
    if demands.kept and licence.lower() not in demands.heirs:
        return f"{ancestor} demands that derived models stay under it; this one is {licence}."
    if not demands.commercial and given is not None and given.commercial:
        return f"{ancestor} does not allow commercial use; {licence} does."
    return None
