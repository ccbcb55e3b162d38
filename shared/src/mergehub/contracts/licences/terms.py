"""What the licences of models demand of what is made from them, as far as a program can say.

The table knows the licences that model cards name by their identifiers, and those that cards with
`license: other` name in `license_name`. It is a help for people who decide, not legal advice.

The demands are in these clauses of the texts:

- Creative Commons 4.0 (https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode): BY-NC 2(a)(1),
  BY-ND 2(a)(1)(B), BY-SA 3(b), and the list of licences that are compatible with BY-SA.
- GNU (https://www.gnu.org/licenses/gpl-faq.html#AllCompatibility): GPL-3.0 section 5(c), AGPL-3.0
  section 13, LGPL-2.1 section 3. Identifiers do not say whether later versions are allowed; it is
  assumed. MPL-2.0 3.3, and the appendix of EUPL, name the licences that may follow.
- Llama (https://www.llama.com/llama3_1/license), 1(b) in all versions: who gets a derived model
  also gets the agreement, and by it the policy on its use. Terms of one's own may be added (5).
- Gemma (https://ai.google.dev/gemma/terms), 3.1: the restrictions and a copy of the terms go along;
  different terms may be added.
- OpenRAIL-M (https://huggingface.co/spaces/CompVis/stable-diffusion-license), 4 and 5, also in the
  licences of BigScience, BigCode and DeepSeek: the restrictions of use go along.
- Qwen (https://huggingface.co/Qwen/Qwen2.5-72B-Instruct/blob/main/LICENSE), 3: a copy goes along.
- The research licences of Qwen, Mistral (https://mistral.ai/licenses/MRL-0.1.md), Apple, Intel,
  Meta (FAIR) and DeepFloyd also go along, and allow no commercial use.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """What a licence allows, and what it demands of derived models.

    - `commercial`: commercial use is allowed.
    - `derivatives`: derived models may be passed on.
    - `share_alike`: a derived model as a whole must be under this licence or one of `heirs`, and
      no further demands may be made of those who get it.
    - `goes_along`: those who get a derived model get this licence or its restrictions, too; other
      terms may be added.
    """

    commercial: bool = True
    derivatives: bool = True
    share_alike: bool = False
    goes_along: bool = False
    heirs: frozenset[str] = frozenset()


def _share_alike(*heirs: str, commercial: bool = True) -> Terms:
    return Terms(commercial=commercial, share_alike=True, heirs=frozenset(heirs))


FREE = Terms()
NO_COMMERCE = Terms(commercial=False)
NO_DERIVATIVES = Terms(derivatives=False)
GOES_ALONG = Terms(goes_along=True)
RESEARCH = Terms(commercial=False, goes_along=True)
GPL = ("gpl-3.0", "agpl-3.0")

_FREE = (
    "apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "isc", "zlib",
    "unlicense", "wtfpl", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "pddl",
    "odc-by", "artistic-2.0", "bsl-1.0", "ncsa", "ecl-2.0", "cdla-permissive-1.0",
    "cdla-permissive-2.0", "afl-3.0", "postgresql", "ms-pl", "open-mdw", "etalab-2.0", "apple-ascl",
)  # fmt: skip
_GO_ALONG = (
    "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma", "openrail",
    "openrail++", "bigscience-openrail-m", "bigscience-bloom-rail-1.0", "bigcode-openrail-m",
    "creativeml-openrail-m", "qwen", "tongyi-qianwen", "deepseek", "deepseek-license",
)  # fmt: skip
_RESEARCH = (
    "mrl", "mnpl", "qwen-research", "tongyi-qianwen-research", "apple-amlr", "intel-research",
    "h-research", "fair-noncommercial-research-license", "deepfloyd-if-license",
)  # fmt: skip
_SHARE_ALIKE = (
    "agpl-3.0", "osl-3.0", "epl-1.0", "epl-2.0", "odbl", "gfdl", "cdla-sharing-1.0", "ofl-1.1",
    "lgpl-lr",
)  # fmt: skip

TERMS: dict[str, Terms] = {
    **dict.fromkeys(_FREE, FREE),
    **dict.fromkeys(_GO_ALONG, GOES_ALONG),
    **dict.fromkeys(_RESEARCH, RESEARCH),
    **dict.fromkeys(_SHARE_ALIKE, _share_alike()),
    "gpl": _share_alike("gpl-2.0", *GPL),
    "gpl-2.0": _share_alike(*GPL),
    "gpl-3.0": _share_alike("agpl-3.0"),
    "lgpl": _share_alike("lgpl-2.1", "lgpl-3.0", "gpl-2.0", *GPL),
    "lgpl-2.1": _share_alike("lgpl-3.0", "gpl-2.0", *GPL),
    "lgpl-3.0": _share_alike(*GPL),
    "mpl-2.0": _share_alike("lgpl-2.1", "lgpl-3.0", "gpl-2.0", *GPL),
    "eupl-1.1": _share_alike("eupl-1.2", "gpl-2.0", "osl-3.0", "epl-1.0"),
    "eupl-1.2": _share_alike(
        "gpl-2.0", *GPL, "osl-3.0", "epl-1.0", "cc-by-sa-3.0", "mpl-2.0", "lgpl-2.1", "lgpl-3.0"
    ),
    "cc-by-sa-3.0": _share_alike("cc-by-sa-4.0"),
    "cc-by-sa-4.0": _share_alike("gpl-3.0"),
    "cc-by-nc-2.0": NO_COMMERCE,
    "cc-by-nc-3.0": NO_COMMERCE,
    "cc-by-nc-4.0": NO_COMMERCE,
    "cc-by-nc-sa-2.0": _share_alike("cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", commercial=False),
    "cc-by-nc-sa-3.0": _share_alike("cc-by-nc-sa-4.0", commercial=False),
    "cc-by-nc-sa-4.0": _share_alike(commercial=False),
    "cc-by-nd-4.0": NO_DERIVATIVES,
    "cc-by-nc-nd-3.0": Terms(commercial=False, derivatives=False),
    "cc-by-nc-nd-4.0": Terms(commercial=False, derivatives=False),
}


def terms(licence: str) -> Terms | None:
    """The terms of a licence by its identifier, in any case; None if the table lacks it."""
    return TERMS.get(licence.lower())


def broken(ancestor: str, licence: str) -> str | None:
    """What an ancestor's licence demands and another licence does not keep, as a sentence.

    None if nothing is broken, or if the table lacks one of them: `other` may be any licence.
    """
    demands, given = terms(ancestor), terms(licence)
    if demands is None or given is None or ancestor.lower() == licence.lower():
        return None
    if not demands.derivatives:
        return f"{ancestor} does not allow derived models to be passed on."
    if demands.share_alike and licence.lower() not in demands.heirs:
        return f"{ancestor} demands that derived models stay under it; this one is {licence}."
    if not demands.commercial and given.commercial:
        return f"{ancestor} does not allow commercial use; {licence} does."
    if demands.goes_along:
        return f"{ancestor} must be passed on with derived models; this one names {licence} alone."
    return None


def exclude(one: str, other: str) -> bool:
    """Whether no licence of a merge can keep both; False if the table lacks one of them.

    Licences that allow no derived models are not looked at, since they exclude every merge.
    """
    first, second = terms(one), terms(other)
    if first is None or second is None or one.lower() == other.lower():
        return False
    if first.share_alike and second.share_alike:
        return not ({one.lower()} | first.heirs) & ({other.lower()} | second.heirs)
    return _shuts_out(first, second) or _shuts_out(second, first)


def _shuts_out(whole: Terms, part: Terms) -> bool:
    """Whether a licence for the whole model leaves no place for the demands of another."""
    more = part.goes_along or (whole.commercial and not part.commercial)
    return whole.share_alike and more


def forbids(licence: str) -> bool:
    """Whether a licence allows no derived models to be passed on, so no merge either."""
    known = terms(licence)
    return known is not None and not known.derivatives
