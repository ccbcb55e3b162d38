"""How this machine reaches package registries: pip's configuration, as scripts/setup reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tools.images.build import Registry

OPTIONS = ("index-url", "find-links", "cert")
FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


def registry() -> Registry:
    """The variables that pip and uv need in a build, and the local folders that they name."""
    environment, folders = {}, []
    for option in OPTIONS:
        value = os.environ.get(f"PIP_{option.upper().replace('-', '_')}") or _configured(option)
        if value:
            environment[f"PIP_{option.upper().replace('-', '_')}"] = value
            environment[FOR_UV[option]] = value
            folders += [Path(urlsplit(place).path) for place in value.split()]
    return Registry(environment, tuple(each for each in folders if each.is_dir()))


def _configured(option: str) -> str:
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{option}"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return asked.stdout.strip()
