"""What can be wrong with a request about webhooks."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Invalid, NotFound


class EndpointNotFound(NotFound):
    """No endpoint has this id, or it was deleted."""

    code, title = "webhook-not-found", "There is no such webhook endpoint"
    remedy = "List the endpoints with `GET /v1/webhooks`."


class DeliveryNotFound(NotFound):
    """The endpoint has no delivery of this id, or no longer."""

    code, title = "delivery-not-found", "There is no such delivery"
    remedy = "List the endpoint's deliveries, which are kept for a while."


class EndpointDisabled(Conflict):
    """The endpoint was disabled: by hand, by its own answer 410, or after days of failures."""

    code, title = "webhook-disabled", "Nothing is sent to a disabled endpoint"
    remedy = 'Fix the receiver, then send `PATCH` with `{"enabled": true}`.'


class UrlRefused(Invalid):
    """Deliveries may not be sent to this URL, by its form or by the address behind its name."""

    code, title = "webhook-url-refused", "Nothing can be sent to this URL"
    remedy = (
        "Give a public https URL. For an address inside your own network, have whoever runs the "
        'hub add the network to `MERGEHUB_WEBHOOK_ALLOW`, such as `["10.20.0.0/16"]`.'
    )
