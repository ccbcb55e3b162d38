"""`python -m mergehub.probe [URL]`: ask a program whether it is well, for the probes of containers.

It uses the standard library only, and exits with 0 if the answer is 200, else with 1.
"""

from __future__ import annotations

import http.client
import sys
from urllib.parse import urlsplit

DEFAULT = "http://127.0.0.1:8000/healthz"
SECONDS = 3.0
CHARACTERS = 1000


def fault(url: str) -> str | None:
    """What is wrong with the program at `url`; None if it answers 200."""
    try:
        parts = urlsplit(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname:
            return f"{url} is not an address: use one such as {DEFAULT}"
        connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=SECONDS)
        connection.request("GET", f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}")
        answer = connection.getresponse()
        text = answer.read(CHARACTERS).decode(errors="replace").strip()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"{url} does not answer: {type(error).__name__}: {error}"
    return None if answer.status == http.client.OK else f"{url}: {answer.status} {text}"


def main() -> str | None:
    """Return the message to exit with; None is success."""
    arguments = sys.argv[1:]
    if len(arguments) > 1:
        return "usage: python -m mergehub.probe [URL]"
    return fault(*(arguments or [DEFAULT]))


if __name__ == "__main__":
    sys.exit(main())
