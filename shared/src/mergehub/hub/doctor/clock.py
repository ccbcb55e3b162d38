"""Checks this machine's clock against another one."""

from __future__ import annotations

from mergehub.hub.doctor.finding import Finding, failed, ok, warning

UNSEEN_SECONDS = 2.0
HARMFUL_SECONDS = 60.0
RIGHT = (
    "Let both machines take their time from NTP. The database's clock decides about leases; this "
    "machine's about the end of tokens, sign-ins and the signatures of webhooks. Up to "
    f"{UNSEEN_SECONDS:g} s are fine, more than {HARMFUL_SECONDS:g} s break sign-ins and webhooks."
)


def check_clock(whose: str, ahead: float, unsure: float) -> Finding:
    """A finding about a clock that is `ahead` seconds ahead of ours, give or take `unsure`."""
    sure = max(0.0, abs(ahead) - unsure)
    found = f"the clock of the {whose} is {abs(ahead):.1f} s {'ahead' if ahead > 0 else 'behind'}"
    if sure > HARMFUL_SECONDS:
        return failed("clock", found, RIGHT)
    if sure > UNSEEN_SECONDS:
        return warning("clock", found, RIGHT)
    return ok("clock", found)
