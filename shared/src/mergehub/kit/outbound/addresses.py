"""The network addresses that a user's URL may lead to: public ones, and those allowed."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from mergehub.urls import NotAUrl, address_of, is_own_name, parsed

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291: nothing else of IPv6 is routed in public
TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4, Teredo: IPv4 inside
LOOPBACKS: dict[str, Network] = {
    "127.0.0.1": IPv4Network("127.0.0.0/8"),
    "::1": IPv6Network("::1/128"),
}


class AddressRefused(ValueError):
    """A URL or an address to which the hub sends nothing; the message says why."""


def checked_address(text: str, allowed: Collection[Network]) -> str:
    """The IP address `text`, if connections to it are allowed.

    Raises:
        AddressRefused: it is not public, and not in one of the `allowed` networks.
    """
    address = _unmapped(ip_address(text.partition("%")[0]))
    if not _is_public(address) and not any(address in network for network in allowed):
        raise AddressRefused(f"{address} is not a public address. {_how_to_allow(address)}")
    return text


def checked_url(text: str, allowed: Collection[Network]) -> str:
    """An http or https URL, normalised for the request.

    A name is not looked up here, since its address may have changed when the request is sent. Names
    of this machine are checked here, since they always lead to it.

    Raises:
        AddressRefused: it is not a URL, or its host is an address or a name that is refused.
    """
    try:
        url = parsed(text)
    except NotAUrl as error:
        raise AddressRefused(str(error)) from None
    host = url.raw_host.decode("ascii")
    if address_of(host) is not None:
        checked_address(host, allowed)
    else:
        own_addresses(host, allowed)
    return str(url.copy_with(fragment=None))


def own_addresses(host: str, allowed: Collection[Network]) -> list[str]:
    """The addresses of a name of this machine, such as `localhost`; empty for other names.

    Raises:
        AddressRefused: none of them is in the `allowed` networks.
    """
    if not is_own_name(host):
        return []
    found = [each for each in LOOPBACKS if any(ip_address(each) in network for network in allowed)]
    if not found:
        how = _how_to_allow(ip_address("127.0.0.1"))
        raise AddressRefused(f"{host} is the hub's own machine, not a public address. {how}")
    return found


def _how_to_allow(address: Address) -> str:
    """How the operator of the hub allows webhooks to an address."""
    networks: list[Network] = [each for each in LOOPBACKS.values() if address in each]
    network = networks[0] if networks else address
    return (
        "To allow it, the operator of the hub sets "
        f"MERGEHUB_WEBHOOK_ALLOW='[\"{network}\"]' and restarts the hub."
    )


def _unmapped(address: Address) -> Address:
    """The IPv4 address inside of ::ffff:0:0/96, which the kernel would connect to."""
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in GLOBAL_UNICAST and not any(address in tunnel for tunnel in TUNNELS)
