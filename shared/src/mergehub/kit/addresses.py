"""Which network addresses a stranger's URL may lead us to: public ones, and those allowed."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291: nothing else of IPv6 is routed in public
TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4, Teredo: IPv4 inside

# What the C library takes for IPv4 though nobody writes it so: 2130706433, 0x7f.1, 0177.0.0.1.
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_ODD_IPV4 = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$", re.IGNORECASE)


class AddressRefused(ValueError):
    """A URL or an address that we do not send to; the message says why."""


def checked_address(text: str, allowed: Collection[Network]) -> str:
    """`text`, an IP address, where it may be connected to.

    Raises:
        AddressRefused: it is not public and in none of the `allowed` networks.
    """
    address = _unmapped(ip_address(text.partition("%")[0]))
    if not _is_public(address) and not any(address in network for network in allowed):
        raise AddressRefused(f"{address} is not a public address.")
    return text


def checked_url(text: str, allowed: Collection[Network]) -> str:
    """An http or https URL as it will be requested.

    A name is not looked up here, since its address may be another one when it counts.

    Raises:
        AddressRefused: the scheme, credentials, a fragment, or an address that is refused.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused(f"It is no URL: {error}.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise AddressRefused("It must begin with https:// or http:// and a host.")
    if url.userinfo or "@" in re.split(r"[/?#]", text.partition("://")[2])[0]:
        raise AddressRefused("It must carry no user name or password.")
    if url.port is not None and not 0 < url.port < 2**16:
        raise AddressRefused("Its port must lie between 1 and 65535.")
    _check_host(url.raw_host.decode("ascii"), allowed)
    return str(url.copy_with(fragment=None))


def _check_host(host: str, allowed: Collection[Network]) -> None:
    try:
        ip_address(host)
    except ValueError:
        if _ODD_IPV4.search(host):
            raise AddressRefused(
                f"Write the address {host} as four decimal numbers, such as 192.0.2.1."
            ) from None
        if not _NAME.fullmatch(host):
            raise AddressRefused("Its host is no name that can be looked up.") from None
        return
    checked_address(host, allowed)


def _unmapped(address: Address) -> Address:
    """The IPv4 address inside of ::ffff:0:0/96, which the kernel would connect to."""
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in GLOBAL_UNICAST and not any(address in tunnel for tunnel in TUNNELS)
