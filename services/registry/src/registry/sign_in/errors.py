"""The problems of signing in."""

from __future__ import annotations

from mergehub.kit.problems.problem import BadRequest, Forbidden, NotFound, Unavailable


class SignInOff(NotFound):
    """This hub has no OpenID provider; people use tokens."""

    code, title = "sign-in-off", "Signing in is not set up"
    remedy = "Ask for a token, or ask the hub's operator to set `MERGEHUB_OIDC_ISSUER`."


class SignInInvalid(BadRequest):
    """The provider's response does not belong to a sign-in that this browser began."""

    code, title = "sign-in-invalid", "This sign-in cannot be finished"
    remedy = "Start again at `/v1/accounts/sign-in`, in one window."


class SignInRefused(Forbidden):
    """The provider or the hub refuses this person, or the account is disabled."""

    code, title = "sign-in-refused", "You may not sign in here"
    remedy = "Ask the hub's operator for access."


class ProviderAway(Unavailable):
    """The OpenID provider does not answer, or its answer is not valid."""

    code, title = "provider-away", "The OpenID provider does not answer"
    remedy = "Try again in a moment. Tokens and sessions still work."


class SessionNeeded(Forbidden):
    """A token cannot authorize a shell, since the shell's token could outlive it."""

    code, title = "session-needed", "You must be signed in with a browser to do this"
    remedy = "Sign in at `/v1/accounts/sign-in` with a browser, and do it there."


class CodeInvalid(BadRequest):
    """The one-time code was used, is older than five minutes, or is for another shell."""

    code, title = "code-invalid", "The code is not valid"
    remedy = "Run `mergehub login` again."
