"""Pushes a folder to a destination of either kind."""

from __future__ import annotations

from pathlib import Path

from mergehub.artifacts.record import regular_files
from mergehub.contracts.destinations import PushTo, repository

from .bucket import push_to_bucket
from .hugging_face import push_to_repository
from .pushed import Means, OnProgress, Pushed, PushFault


def push(folder: Path, to: PushTo, means: Means, on_progress: OnProgress) -> Pushed:
    """Have the destination hold the files of a folder and nothing else.

    What is there already is not sent again, so that an interrupted push continues.

    Raises:
        PushFault: the destination has other content, refuses, or does not answer.
        OSError: a file cannot be read.
    """
    try:
        files = {path.relative_to(folder).as_posix(): path for path in regular_files(folder)}
    except ValueError as error:
        raise PushFault(f"{error}, so the model is not pushed") from error
    if not files:
        raise PushFault(f"{folder} has no files, so there is nothing to push")
    if where := repository(to.destination):
        return push_to_repository(files, where, to, means.hf_token, on_progress)
    return push_to_bucket(files, to, means, on_progress)
