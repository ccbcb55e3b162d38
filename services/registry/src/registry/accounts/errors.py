"""What can be wrong with a request about accounts."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Forbidden, Invalid, NotFound


class AccountNotFound(NotFound):
    """No account has this handle, or what was asked of it is for its members alone."""

    code, title = "account-not-found", "There is no such account, or it is not yours to see"
    remedy = "Compare the handle; members are seen by members, so send the token of one."


class NoAccount(Forbidden):
    """The token is one of the hub's own programs, which are nobody."""

    code, title = "no-account", "The token belongs to no account"
    remedy = "Use the token of a person: sign in, or take the owner's."


class HandleTaken(Conflict):
    """A person or an organisation has this handle, or the hub keeps it for itself."""

    code, title = "handle-taken", "The handle is taken"
    remedy = "Choose another one."


class MemberInvalid(Invalid):
    """Only persons that have an account here can be members, and only organisations have any."""

    code, title = "member-invalid", "This cannot be a member"
    remedy = "Give the handle of somebody who has signed in here, and that of an organisation."


class OwnerInvalid(Invalid):
    """Something new was to belong to an account that does not exist."""

    code, title = "owner-invalid", "There is no such owner"
    remedy = "Leave `owner` out, or give your handle, or that of an organisation you write for."


class CannotDisable(Conflict):
    """Organisations do nothing by themselves, and without its own account nobody ran the hub."""

    code, title = "cannot-disable", "This account cannot be disabled"
    remedy = "Disable the persons who should do nothing any more."


class LastOwner(Conflict):
    """An organisation without an owner could not be changed by anybody."""

    code, title = "last-owner", "The last owner cannot leave"
    remedy = "Make somebody else an owner first."


class QuotaExceeded(Forbidden):
    """The account has as many of the things that the detail names as it may have."""

    code, title = "quota-exceeded", "The account has as much as it may have"
    remedy = "Delete or revoke what is no longer needed, or ask an administrator for more."
