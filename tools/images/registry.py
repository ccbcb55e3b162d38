"""How this machine reaches package registries: pip's configuration, as scripts/setup reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tools.images.build import Registry

LINKS = "find-links"
OPTIONS = ("index-url", LINKS, "cert")
FOR_OTHERS = {
    "index-url": ("UV_DEFAULT_INDEX",),
    LINKS: ("UV_FIND_LINKS",),
    "cert": ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"),
}
"""The same for uv and npm."""


def registry(links: bool = True) -> Registry:
    """The variables that pip, uv and npm need in a build, and the local folders that they name.

    `links` is whether the folders of links are among them.
    """
    environment, folders = {}, []
    for option in OPTIONS if links else [each for each in OPTIONS if each != LINKS]:
        value = os.environ.get(f"PIP_{option.upper().replace('-', '_')}") or _configured(option)
        if value:
            environment[f"PIP_{option.upper().replace('-', '_')}"] = value
            environment |= dict.fromkeys(FOR_OTHERS[option], value)
            folders += [Path(urlsplit(place).path) for place in value.split()]
    return Registry(environment, tuple(each for each in folders if each.is_dir()))


def _configured(option: str) -> str:
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{option}"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return asked.stdout.strip()
