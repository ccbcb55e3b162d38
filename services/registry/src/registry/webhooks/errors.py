"""What can be wrong with a request about webhooks."""

from __future__ import annotations

from mergehub.kit.problems import Conflict, Invalid, NotFound


class EndpointNotFound(NotFound):
    code, title = "webhook-not-found", "There is no such webhook endpoint"


class DeliveryNotFound(NotFound):
    code, title = "delivery-not-found", "There is no such delivery"


class EndpointDisabled(Conflict):
    code, title = "webhook-disabled", "Nothing is sent to a disabled endpoint"


class UrlRefused(Invalid):
    code, title = "webhook-url-refused", "Nothing can be sent to this URL"
