"""Keeps the cache of Hugging Face models below a size (`python -m merge_worker.model_cache`)."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import click
from huggingface_hub import constants, scan_cache_dir
from huggingface_hub.errors import CacheNotFound
from pydantic import ByteSize, TypeAdapter, ValidationError

KEPT = timedelta(days=2)  # longer than a merge; `relatime` notes the first read of each day


def evict(cache: Path, limit: int, kept: timedelta = KEPT) -> list[str]:
    """Remove the models that were read least recently until `limit` bytes are not exceeded.

    Models that were read within `kept` stay, whatever their size. Returns the ids of those removed.
    """
    try:
        found = scan_cache_dir(cache)
    except CacheNotFound:
        return []
    size, removed = found.size_on_disk, []
    for repo in sorted(found.repos, key=lambda repo: repo.last_accessed):
        if size <= limit or repo.last_accessed > time.time() - kept.total_seconds():
            break
        found.delete_revisions(*(each.commit_hash for each in repo.revisions)).execute()
        size -= repo.size_on_disk
        removed.append(repo.repo_id)
    return removed


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(TypeAdapter(ByteSize).validate_python(value))
        except ValidationError:
            self.fail(f"{value!r} is not a size such as 400GB or 300GiB.", param, ctx)


@click.command()
@click.argument("limit", type=_Size())
@click.option(
    "--hours",
    type=click.FloatRange(0),
    default=KEPT.total_seconds() / 3600,
    show_default=True,
    help="Models that were read within so many hours stay.",
)
def main(limit: int, hours: float) -> None:
    """Remove the least recently read models until the cache has at most LIMIT bytes."""
    for model in evict(Path(constants.HF_HUB_CACHE), limit, timedelta(hours=hours)):
        click.echo(f"removed {model}")


if __name__ == "__main__":
    sys.exit(main())
