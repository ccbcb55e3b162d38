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


class TypeWithoutForm(Invalid):
    """The endpoint's format has no form for events of this type, so none would ever be sent."""

    code, title = "webhook-type-without-form", "The format has no form for this type of event"
    remedy = "Leave `types` empty to get everything that the format has a form for."


class BearerTokenNeeded(Invalid):
    """The URL would move to another origin, and the bearer token with it, unseen.

    Someone who may change the endpoint, but does not know the token, could have it sent to them.
    """

    code, title = "webhook-bearer-token-needed", "Another origin needs the bearer token again"
    remedy = "Give `bearer_token` beside `url`: the token for the new receiver, or an empty one."


class UrlRefused(Invalid):
    """Deliveries may not go to this URL, because of its form or the address of its host."""

    code, title = "webhook-url-refused", "The webhook URL is not allowed"
    remedy = (
        "Give a public https URL. For an address in your own network, ask the hub's operator to "
        'add the network to `MERGEHUB_WEBHOOK_ALLOW`, such as `["10.20.0.0/16"]`.'
    )
