"""The problems of requests about webhooks."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Invalid, NotFound


class EndpointNotFound(NotFound):
    """No endpoint has this id, or the endpoint was deleted."""

    code, title = "webhook-not-found", "Webhook endpoint not found"
    remedy = "List the endpoints with `GET /v1/webhooks`."


class DeliveryNotFound(NotFound):
    """The endpoint has no delivery of this id, or the delivery was forgotten."""

    code, title = "delivery-not-found", "Delivery not found"
    remedy = "List the endpoint's deliveries; the hub keeps them for 30 days."


class EndpointDisabled(Conflict):
    """The endpoint was disabled: by hand, by its own answer 410, or after days of failures."""

    code, title = "webhook-disabled", "The webhook endpoint is disabled"
    remedy = 'Fix the receiver, then send `PATCH` with `{"enabled": true}`.'


class UrlRefused(Invalid):
    """Deliveries may not go to this URL, because of its form or the address of its host."""

    code, title = "webhook-url-refused", "The webhook URL is not allowed"
    remedy = (
        "Give a public https URL. For an address in your own network, ask the hub's operator to "
        'add the network to `MERGEHUB_WEBHOOK_ALLOW`, such as `["10.20.0.0/16"]`.'
    )
