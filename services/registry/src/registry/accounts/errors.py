"""The problems of requests about accounts."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Forbidden, Invalid, NotFound


class AccountNotFound(NotFound):
    """No account has this handle, or you asked for what only its members may see."""

    code, title = "account-not-found", "Account not found, or not visible to you"
    remedy = "Check the handle. Only members see an organisation's members: send the token of one."


class NoAccount(Forbidden):
    """The token is the hub's own; it belongs to a program and not to a person."""

    code, title = "no-account", "The token belongs to no account"
    remedy = "Use a person's token: sign in, or use the operator's token."


class HandleTaken(Conflict):
    """An account has this handle, models are named after it, or the hub reserves it."""

    code, title = "handle-taken", "The handle is taken"
    remedy = "Choose another handle."


class MemberInvalid(Invalid):
    """Only persons with an account here can be members, and only organisations have members."""

    code, title = "member-invalid", "The member is not valid"
    remedy = "Give the handle of an organisation, and that of a person who has signed in here."


class OwnerInvalid(Invalid):
    """The `owner` of the new object is not an account."""

    code, title = "owner-invalid", "Owner not found"
    remedy = "Omit `owner`, or give your own handle or that of an organisation that you write for."


class CannotDisable(Conflict):
    """Organisations do not act by themselves, and the hub needs its operator's account."""

    code, title = "cannot-disable", "This account cannot be disabled"
    remedy = "Disable the accounts of the persons who must lose access."


class LastOwner(Conflict):
    """Without an owner, no member could change the organisation."""

    code, title = "last-owner", "The last owner cannot leave"
    remedy = "Make another member an owner first."


class QuotaExceeded(Forbidden):
    """The account has as many objects of the kind that the detail names as its quota allows."""

    code, title = "quota-exceeded", "The account has reached a quota"
    remedy = "Delete or revoke what you no longer need, or ask an administrator for a higher quota."
