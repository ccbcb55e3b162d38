"""URLs as strangers write them, read strictly: what cannot be asked for is one typed refusal."""

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
"""RFC 6761 and what `/etc/hosts` of the usual systems calls this machine."""

LONGEST_NAME = 253
LONGEST_AUTHORITY = 1000  # before it is encoded for DNS, which takes long for long names
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>[0-9]*))?", re.ASCII)
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
# What the C library takes for IPv4 though nobody writes it so: 2130706433, 0x7f.1, 0177.0.0.1.
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
        raise NotAUrl("It must carry no user name or password.")
    if len(authority) > LONGEST_AUTHORITY or not (read := _AUTHORITY.fullmatch(authority)):
        raise NotAUrl("Its host and port cannot be read.")
    if read["port"] and (read["port"][0] == "0" or int(read["port"][:6]) >= 2**16):
        raise NotAUrl("Its port must lie between 1 and 65535, and begins with no 0.")
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
    """The IP address that a host is, without a zone, or None for a name."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host leads to this machine itself, by its address or by the rule of RFC 6761."""
    address = address_of(host)
    if address is not None:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return (mapped or address).is_loopback
    return is_own_name(host)


def is_own_name(host: str) -> bool:
    """Whether a name stands for the machine that looks it up."""
    name = host.lower().removesuffix(".")
    return name in LOOPBACK_NAMES or name.endswith(".localhost")


def origin_of(url: httpx.URL) -> str:
    """The origin of a URL as browsers write it: no default port, no path."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
