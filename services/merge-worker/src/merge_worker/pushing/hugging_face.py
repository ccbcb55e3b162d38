"""Pushes to a repository of the Hugging Face Hub, in one commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, ModelInfo
from huggingface_hub.errors import (
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils.tqdm import disable_progress_bars

from mergehub import __version__
from mergehub.artifacts.record import BLOCK, described_file
from mergehub.contracts.destinations import PushTo, Repository

from .pushed import OnProgress, Pushed, PushFault, other_content

MADE_BY_THE_HUB = {".gitattributes"}
MESSAGE = "Push a model made with Mergehub"
MEANWHILE = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def push_to_repository(
    files: Mapping[str, Path],
    where: Repository,
    to: PushTo,
    token: str | None,
    on_progress: OnProgress,
) -> Pushed:
    """Commit the files to a branch; a repository or branch that is missing is made.

    The commit names the one that it was compared with, so that a change in between refuses it.
    """
    disable_progress_bars()
    if token == "":
        raise PushFault("This worker has no token for the Hub: set MERGEHUB_PUSH_HF_TOKEN")
    api = HfApi(token=token, library_name="mergehub", library_version=__version__)
    with _explained(where):
        head = _head(api, where, to.private)
        there = _files(api, where, head)
        changed = [name for name, path in files.items() if not _is_same(there.get(name), path)]
        foreign = sorted(there.keys() - files.keys() - MADE_BY_THE_HUB)
        others = [*foreign, *(name for name in changed if name in there)]
        if others and not to.replace:
            raise other_content(to.destination, others)
        commit = str(head.sha)
        if others or changed:
            commit = _commit(api, where, files, changed, foreign, commit, on_progress)
        sizes = [path.stat().st_size for path in files.values()]
        return Pushed(
            url=f"{api.endpoint}/{where.id}/tree/{commit}",
            commit=commit,
            visibility="private" if head.private else "public",
            files=len(files),
            bytes=sum(sizes),
            sent=len(changed),
        )


def _head(api: HfApi, where: Repository, private: bool) -> ModelInfo:
    """The newest commit of the branch, which is made if it is missing.

    A new branch begins at the first commit, not with what the repository has now.
    """
    try:
        return api.model_info(where.id, revision=where.branch)
    except RevisionNotFoundError:
        pass
    except RepositoryNotFoundError:
        api.create_repo(where.id, private=private, exist_ok=True)
        if where.branch == "main":
            return api.model_info(where.id, revision=where.branch)
    first = api.list_repo_commits(where.id)[-1].commit_id
    api.create_branch(where.id, branch=where.branch, revision=first, exist_ok=True)
    return api.model_info(where.id, revision=where.branch)


def _files(api: HfApi, where: Repository, head: ModelInfo) -> dict[str, RepoFile]:
    tree = api.list_repo_tree(where.id, recursive=True, revision=head.sha)
    return {each.path: each for each in tree if isinstance(each, RepoFile)}


def _is_same(there: RepoFile | None, path: Path) -> bool:
    """Whether the repository has the bytes of a file."""
    if there is None:
        return False
    if there.lfs is not None:
        here = described_file(path)
        return (there.lfs.size, there.lfs.sha256) == (here.bytes, here.sha256)
    return there.size == path.stat().st_size and there.blob_id == _git_digest(path)


def _git_digest(path: Path) -> str:
    """The name that git gives to the content of a file."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _commit(
    api: HfApi,
    where: Repository,
    files: Mapping[str, Path],
    changed: list[str],
    foreign: list[str],
    parent: str,
    on_progress: OnProgress,
) -> str:
    """Upload the changed files, then make all of it visible at once; return the commit.

    Uploaded content that no commit names yet stays at the Hub for a later attempt.
    """
    additions = [CommitOperationAdd(name, files[name]) for name in changed]
    sizes = [each.upload_info.size for each in additions]
    done = 0
    for number, (addition, size) in enumerate(zip(additions, sizes, strict=True)):
        on_progress(number, len(additions), done, sum(sizes))
        api.preupload_lfs_files(where.id, [addition], revision=where.branch, free_memory=False)
        done += size
    on_progress(len(additions), len(additions), done, sum(sizes))
    made = api.create_commit(
        where.id,
        [*additions, *map(CommitOperationDelete, foreign)],
        commit_message=MESSAGE,
        revision=where.branch,
        parent_commit=parent,
    )
    return made.oid


@contextmanager
def _explained(where: Repository) -> Iterator[None]:
    """Raise a PushFault for each error of the library."""
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise PushFault("HF_HUB_OFFLINE is set, so nothing is pushed to Hugging Face") from error
    except HfHubHTTPError as error:
        raise _refusal(where, error) from error
    except RuntimeError as error:  # the library's, about one file; the cause says more
        if isinstance(error.__cause__, HfHubHTTPError):
            raise _refusal(where, error.__cause__) from error
        raise PushFault(f"{error} ({error.__cause__})", retryable=True) from error
    except ValueError as error:
        raise PushFault(f"{where.id}: {_line(str(error))}") from error
    except OSError as error:
        raise PushFault(f"The Hugging Face Hub does not answer: {error}", retryable=True) from error


def _refusal(where: Repository, error: HfHubHTTPError) -> PushFault:
    status = error.response.status_code
    said = _line(error.server_message or str(error))
    if status in MEANWHILE:
        return PushFault(f"{where.id} has changed meanwhile: {said}", retryable=True)
    if status in REFUSED:
        return PushFault(
            f"The Hugging Face Hub refuses ({status}): {said}. The token must exist and have the "
            f"right to write to {where.id}: MERGEHUB_PUSH_HF_TOKEN of the worker, or HF_TOKEN in "
            "the shell"
        )
    later = status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return PushFault(f"The Hugging Face Hub answered {status}: {said}", retryable=later)


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
