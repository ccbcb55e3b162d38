"""Strict reading of URLs that users write. Every refusal is a NotAUrl."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import idna

LOOPBACK_NAMES = frozenset(
    {
        "localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4",
        "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback", "loopback",
    }
)  # fmt: skip
"""The names of this machine in RFC 6761 and in `/etc/hosts` of common systems."""

LONGEST_NAME = 253
LONGEST_AUTHORITY = 1000  # encoding a long name for DNS takes long
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>[0-9]*))?", re.ASCII)
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
# Unusual forms that the C library reads as IPv4: 2130706433, 0x7f.1, 0177.0.0.1.
_ODD_IPV4 = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)\.?$", re.ASCII | re.IGNORECASE)


class NotAUrl(ValueError):
    """A text that is not an http or https URL; the message says why."""


def parsed(text: str) -> httpx.URL:
    """An http or https URL with a host that can be looked up, and without credentials.

    Raises:
        NotAUrl: it is anything else.
    """
    scheme, _, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if scheme.lower() not in ("http", "https") or not authority:
        raise NotAUrl("It must begin with https:// or http:// and a host.")
    if "@" in authority:
        raise NotAUrl("It must not have a user name or password.")
    if len(authority) > LONGEST_AUTHORITY or not (read := _AUTHORITY.fullmatch(authority)):
        raise NotAUrl("Its host and port cannot be read.")
    if read["port"] and (read["port"][0] == "0" or int(read["port"][:6]) >= 2**16):
        raise NotAUrl("Its port must be between 1 and 65535, without a leading 0.")
    try:
        url = httpx.URL(text)
        check_host(url.raw_host.decode("ascii"))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NotAUrl(f"It cannot be read: {error}.") from None
    return url


def check_host(host: str) -> None:
    """Raise NotAUrl unless an ASCII `host` is an IP address or a name that can be looked up."""
    if address_of(host) is not None:
        return
    if ":" in host:
        raise NotAUrl("Its host is not an IPv6 address, or has a zone.")
    if _ODD_IPV4.search(host):
        raise NotAUrl(f"Write the address {host} as four decimal numbers, such as 192.0.2.1.")
    if not _is_name(host):
        raise NotAUrl("Its host is not a name that can be looked up.")


def _is_name(host: str) -> bool:
    if not _NAME.fullmatch(host) or len(host.removesuffix(".")) > LONGEST_NAME:
        return False
    try:
        for label in host.split("."):
            if label.startswith("xn--"):
                idna.ulabel(label)
    except idna.IDNAError:
        return False
    return True


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is; None for a name, or for an address with a zone."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by its address or by its name (RFC 6761)."""
    address = address_of(host)
    if address is not None:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return (mapped or address).is_loopback
    return is_own_name(host)


def is_own_name(host: str) -> bool:
    """Whether a name always means the machine that looks it up."""
    name = host.lower().removesuffix(".")
    return name in LOOPBACK_NAMES or name.endswith(".localhost")


def origin_of(url: httpx.URL) -> str:
    """The origin of a URL as browsers write it: no default port, no path."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
