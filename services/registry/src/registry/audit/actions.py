"""The actions that the audit trail can name."""

from __future__ import annotations

from typing import Literal, get_args

Action = Literal[
    "account.changed",
    "account.created",
    "artifact.deleted",
    "artifact.pinned",
    "artifact.unpinned",
    "comment.added",
    "comment.edited",
    "comment.removed",
    "member.removed",
    "member.set",
    "organisation.created",
    "quota.reset",
    "quota.set",
    "recipe.archived",
    "recipe.changed",
    "recipe.deleted",
    "recipe.forked",
    "recipe.made-private",
    "recipe.made-public",
    "recipe.made-unlisted",
    "recipe.published",
    "recipe.renamed",
    "recipe.unarchived",
    "retention.set",
    "run.cancelled",
    "run.retried",
    "run.submitted",
    "session.ended",
    "session.started",
    "shell.let-in",
    "token.created",
    "token.revoked",
    "webhook.changed",
    "webhook.created",
    "webhook.deleted",
    "webhook.disabled",
    "webhook.replayed",
    "webhook.rotated",
    "webhook.tested",
]

ACTIONS: tuple[Action, ...] = get_args(Action)
