"""A stand-in for the Hugging Face Hub's repositories: the endpoints by which models are pushed.

It keeps commits as the Hub does: whole trees, each with a parent. Large files go by Git LFS.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_of-the-tests"
ATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
NAME = re.compile(r"^(?:[\w-]+/)?[\w.-]+$")
"""What the Hub takes for the name of a base model."""
Answer = tuple[int, Any]


@dataclass
class Repo:
    """A repository: its commits, oldest first, and the commit of each branch."""

    private: bool
    trees: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, tree: dict[str, bytes]) -> str:
        basis = json.dumps([self.branches.get(branch), len(self.trees), sorted(tree)])
        oid = hashlib.sha1(basis.encode(), usedforsecurity=False).hexdigest()
        self.trees[oid], self.branches[branch] = tree, oid
        return oid

    def tree(self, revision: str) -> dict[str, bytes] | None:
        return self.trees.get(self.branches.get(revision, revision))


class Repositories(ThreadingHTTPServer):
    """`uploads` are the SHA-256 of the large files that arrived; `refusals`, by the kind of
    request, are answered instead, one each."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self.asked: list[str] = []
        self.refusals: dict[str, list[int | None]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def make(self, name: str, *, private: bool = True, **files: bytes) -> Repo:
        repo = self.repos[name] = Repo(private)
        repo.commit("main", {".gitattributes": ATTRIBUTES})
        if files:
            repo.commit("main", {".gitattributes": ATTRIBUTES, **files})
        return repo

    def files(self, name: str, branch: str = "main") -> dict[str, bytes]:
        """What a branch has, without what the Hub makes itself."""
        tree = self.repos[name].tree(branch) or {}
        return {path: content for path, content in tree.items() if path != ".gitattributes"}

    def commits(self, name: str) -> int:
        """How many commits a repository has after its first one."""
        return len(self.repos[name].trees) - 1


class _Handler(BaseHTTPRequestHandler):
    server: Repositories
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None: ...

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(f"{self.command} {path}")
        status, content = self._refused(path) or self._routed(path, body)
        told = json.dumps({"error": content} if isinstance(content, str) else content).encode()
        self.send_response(status)
        if isinstance(content, str):
            self.send_header("X-Error-Code", content)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = answer

    def _refused(self, path: str) -> Answer | None:
        for part, planned in self.server.refusals.items():
            if part in path and planned and (status := planned.pop(0)):
                return status, {"error": "Refused by the test"}
        return None

    def _routed(self, path: str, body: bytes) -> Answer:
        if path.startswith("/upload/"):
            return self._upload(path.removeprefix("/upload/"), body)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "Invalid username or password."}
        if path == "/api/repos/create":
            wanted = json.loads(body)
            name = f"{wanted['organization']}/{wanted['name']}"
            self.server.make(name, private=wanted.get("visibility") == "private")
            return 200, {"url": f"{self.server.url}/{name}", "name": name}
        if path == "/api/validate-yaml":
            return _validated(json.loads(body)["content"])
        if found := re.fullmatch(r"/([\w.-]+/[\w.-]+)\.git/info/lfs/objects/batch", path):
            return self._batch(json.loads(body)["objects"])
        found = re.fullmatch(r"/api/models/([\w.-]+/[\w.-]+)(?:/(\w+)/(.+))?", path)
        assert found, path
        repo = self.server.repos.get(found[1])
        if repo is None:
            return 404, "RepoNotFound"
        return self._of_repo(found[1], repo, found[2] or "revision", found[3] or "main", body)

    def _of_repo(self, name: str, repo: Repo, verb: str, revision: str, body: bytes) -> Answer:
        if verb == "branch":
            start = json.loads(body)["startingPoint"]
            repo.branches[revision] = repo.branches.get(start, start)
            return 200, {}
        tree = repo.tree(revision)
        if tree is None:
            return 404, "RevisionNotFound"
        match verb:
            case "revision":
                sha = repo.branches.get(revision, revision)
                return 200, {"id": name, "sha": sha, "private": repo.private, "tags": []}
            case "commits":
                newest = reversed(repo.trees)
                made = {"title": "t", "date": "2026-11-25T12:00:00.000Z", "authors": []}
                return 200, [{"id": oid, "message": "", **made} for oid in newest]
            case "tree":
                return 200, [_described(path, content) for path, content in tree.items()]
            case "preupload":
                asked = json.loads(body)["files"]
                return 200, {"files": [_mode(each["path"]) for each in asked]}
            case "commit":
                return self._commit(name, repo, revision, tree, body)
        raise AssertionError(verb)

    def _batch(self, objects: list[dict[str, Any]]) -> Answer:
        told = []
        for each in objects:
            actions = {"upload": {"href": f"{self.server.url}/upload/{each['oid']}"}}
            have = each["oid"] in self.server.objects
            told.append({**each, **({} if have else {"actions": actions})})
        return 200, {"transfer": "basic", "objects": told}

    def _upload(self, oid: str, body: bytes) -> Answer:
        assert hashlib.sha256(body).hexdigest() == oid
        assert "Authorization" not in self.headers
        self.server.objects[oid] = body
        self.server.uploads.append(oid)
        return 200, {}

    def _commit(
        self, name: str, repo: Repo, branch: str, before: dict[str, bytes], body: bytes
    ) -> Answer:
        head, *changes = map(json.loads, body.splitlines())
        if head["value"].get("parentCommit") != repo.branches[branch]:
            return 412, {"error": "A commit has happened since"}
        tree = dict(before)
        for each in changes:
            value = each["value"]
            match each["key"]:
                case "file":
                    tree[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    tree[value["path"]] = self.server.objects[value["oid"]]
                case "deletedFile":
                    del tree[value["path"]]
        oid = repo.commit(branch, tree)
        url = f"{self.server.url}/{name}/commit/{oid}"
        return 200, {"commitUrl": url, "commitOid": oid, "success": True}


def _mode(path: str) -> dict[str, Any]:
    mode = "lfs" if path.endswith(".safetensors") else "regular"
    return {"path": path, "uploadMode": mode, "shouldIgnore": False}


def _described(path: str, content: bytes) -> dict[str, Any]:
    size = len(content)
    blob = hashlib.sha1(b"blob %d\0%b" % (size, content), usedforsecurity=False).hexdigest()
    told = {"type": "file", "path": path, "size": size, "oid": blob}
    if path.endswith(".safetensors"):
        lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 134}
        return {**told, "oid": "0" * 40, "lfs": lfs}
    return told


def _validated(card: str) -> Answer:
    """What the Hub says of a card's metadata: a base model must have a name of the Hub's form."""
    import yaml  # few tests need it

    front = yaml.safe_load(card.split("---")[1])
    wrong = [each for each in front.get("base_model", []) if not NAME.match(each)]
    errors = [{"message": f'"base_model" with value "{each}" fails'} for each in wrong]
    return (400 if errors else 200), {"errors": errors, "warnings": []}


@contextmanager
def repositories() -> Iterator[Repositories]:
    """The server for a block."""
    with Repositories() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
