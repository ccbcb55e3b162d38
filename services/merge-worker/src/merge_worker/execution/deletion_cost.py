"""Reports to Kubernetes how costly it is to delete this worker's pod: a busy one goes last."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import structlog

from mergehub.kit.settings.environment import BadSettings
from mergehub.kit.telemetry.loops import turned

log = structlog.get_logger()

ANNOTATION = "controller.kubernetes.io/pod-deletion-cost"
BUSY, IDLE = "1000", "0"
LOOK_SECONDS = 1.0
AGAIN_SECONDS = 10.0
ANSWER_SECONDS = 5.0


class DeletionCost:
    """Keeps the annotation of a pod equal to what `busy` says.

    `account` is a folder with the files `token`, `ca.crt` and `namespace` of a service account that
    may patch the pod; if it lacks one, BadSettings is raised. Nothing depends on the annotation: a
    busy worker that is asked to stop drains.
    """

    def __init__(
        self,
        pod: str,
        account: Path,
        busy: Callable[[], bool],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        try:
            host, port = (environment[f"KUBERNETES_SERVICE_{part}"] for part in ("HOST", "PORT"))
        except KeyError as error:
            raise BadSettings(
                f"MERGEHUB_POD_NAME is set outside of a pod: Kubernetes sets {error.args[0]}."
            ) from None
        try:
            namespace = (account / "namespace").read_text().strip()
            self._tls = ssl.create_default_context(cadata=(account / "ca.crt").read_text())
        except OSError as error:
            raise BadSettings(
                f"MERGEHUB_POD_ACCOUNT must have token, ca.crt and namespace: {error}."
            ) from None
        host = f"[{host}]" if ":" in host else host
        self._url = f"https://{host}:{port}/api/v1/namespaces/{namespace}/pods/{pod}"
        self._token = account / "token"
        self._busy = busy

    async def run(self) -> None:
        """Report each change, for ever; repeat what Kubernetes did not accept."""
        reported: bool | None = None
        async with httpx.AsyncClient(verify=self._tls, timeout=ANSWER_SECONDS) as client:
            while True:
                turned()
                if (busy := self._busy()) != reported:
                    reported = busy if await self._report(client, busy) else None
                await asyncio.sleep(LOOK_SECONDS if reported == busy else AGAIN_SECONDS)

    async def _report(self, client: httpx.AsyncClient, busy: bool) -> bool:
        patch = {"metadata": {"annotations": {ANNOTATION: BUSY if busy else IDLE}}}
        try:
            headers = {  # the token is renewed every hour
                "Authorization": f"Bearer {self._token.read_text().strip()}",
                "Content-Type": "application/merge-patch+json",
            }
            answer = await client.patch(self._url, json=patch, headers=headers)
            answer.raise_for_status()
        except (httpx.HTTPError, OSError) as error:
            log.warning("deletion-cost.unreported", error=f"{type(error).__name__}: {error}")
            return False
        return True
