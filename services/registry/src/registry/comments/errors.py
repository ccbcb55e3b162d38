"""The problems of requests about comments."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Invalid, NotFound, Problem


class CommentNotFound(NotFound):
    """The recipe has no comment of this number, or the comment was removed."""

    code, title = "comment-not-found", "Comment not found"
    remedy = "List the comments with `GET /v1/recipes/{id}/comments`."


class ParentInvalid(Invalid):
    """The `parent` is not the first comment of a thread, or was removed."""

    code, title = "parent-invalid", "The parent cannot be answered"
    remedy = "Give the number of the first comment of the thread, or omit `parent`."


class TooManyComments(Conflict):
    """The recipe has as many comments as one recipe may have; removed ones count."""

    code, title = "too-many-comments", "The recipe has too many comments"
    remedy = "Continue in another place, such as the comments on another recipe."


class CommentQuotaExceeded(Problem):
    """The account has written as many comments in the last 24 hours as its quota allows."""

    status, code, title = 429, "comment-quota-exceeded", "The account has commented a lot today"
    remedy = "Wait until fewer comments lie within the last 24 hours."
