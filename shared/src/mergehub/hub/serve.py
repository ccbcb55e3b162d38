"""The HTTP process of a hub: `python -m mergehub.hub.serve FD`, FD a socket that listens."""

from __future__ import annotations

import socket
import sys

from mergehub.quick_start import quick_start

with quick_start():
    import uvicorn

    from mergehub.hub.origin import create_app
    from mergehub.kit.http.server import PatientProtocol

SECONDS_FOR_OPEN_REQUESTS = 2


def main() -> None:
    """Serve on an inherited socket, which stays open, so that clients wait through a restart."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    with quick_start():
        app = create_app()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=PatientProtocol,
        log_config=None,  # our log takes its lines
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_FOR_OPEN_REQUESTS,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
