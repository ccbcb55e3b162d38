"""Whether a program of the hub is healthy: `python -m mergehub.probe [URL]` ends with 0 or 1."""

from __future__ import annotations

import http.client
import sys
import urllib.request

DEFAULT = "http://127.0.0.1:8000/healthz"
SECONDS = 4.0


def main() -> int:
    """The exit status: 0 if the URL answers 200 in time."""
    url = sys.argv[1] if len(sys.argv) > 1 else DEFAULT
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=SECONDS):
            return 0
    except (OSError, http.client.HTTPException, ValueError) as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
