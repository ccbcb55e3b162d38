"""What can go wrong while somebody signs in."""

from __future__ import annotations

from mergehub.kit.problems.problem import BadRequest, Forbidden, NotFound, Unavailable


class SignInOff(NotFound):
    """This hub knows no OpenID provider; its people have tokens."""

    code, title = "sign-in-off", "Nobody signs in here"
    remedy = "Ask for a token, or have whoever runs the hub set `MERGEHUB_OIDC_ISSUER`."


class SignInInvalid(BadRequest):
    """What came back from the provider does not belong to a sign-in that this browser began."""

    code, title = "sign-in-invalid", "This sign-in cannot be finished"
    remedy = "Begin again at `/v1/accounts/sign-in`, in one window."


class SignInRefused(Forbidden):
    """The provider did not let the person in, or the hub does not, or its account is disabled."""

    code, title = "sign-in-refused", "You may not sign in here"
    remedy = "Ask whoever runs the hub."


class ProviderAway(Unavailable):
    """The OpenID provider does not answer, or answers what no provider should."""

    code, title = "provider-away", "The OpenID provider does not answer"
    remedy = "Try again in a moment; tokens and sessions go on working meanwhile."


class SessionNeeded(Forbidden):
    """A token cannot let a shell in, which would have a token that lasts longer."""

    code, title = "session-needed", "Only somebody who signed in may do this"
    remedy = "Do it in a browser, signed in at `/v1/accounts/sign-in`."


class CodeInvalid(BadRequest):
    """The one-time code was used, is older than five minutes, or is for another shell."""

    code, title = "code-invalid", "The code is of no use"
    remedy = "Run `mergehub login` again."
