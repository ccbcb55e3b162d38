"""A user's URL may lead only to public addresses, however it is written."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergehub.kit.outbound.addresses import (
    AddressRefused,
    checked_address,
    checked_url,
    own_addresses,
)

LOOPBACK = [ip_network("127.0.0.0/8")]

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "64:ff9b::127.0.0.1",  # NAT64
    "64:ff9b:1::127.0.0.1",
    "2002:7f00:1::",  # 6to4
    "2001:0:7f00:1::1",  # Teredo
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        checked_address(address, [])


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"]
)
def test_public_address_is_taken_as_it_is(address: str) -> None:
    assert checked_address(address, []) == address


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::ffff:127.0.0.1"])
def test_allowed_network_may_be_reached_however_it_is_written(address: str) -> None:
    assert checked_address(address, LOOPBACK) == address
    with pytest.raises(AddressRefused):
        checked_address("10.0.0.1", LOOPBACK)


@given(st.ip_addresses(v=6))
def test_no_ipv6_address_beyond_global_unicast_is_public(address: IPv6Address) -> None:
    try:
        checked_address(str(address), [])
    except AddressRefused:
        return
    assert address in ip_network("2000::/3") or address in ip_network("::ffff:0:0/96")


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://example.com", "https://example.com"),
        ("HTTPS://Example.COM/Hook?a=b@c#fragment", "https://example.com/Hook?a=b@c"),
        ("https://example.com?mail=a@b", "https://example.com?mail=a@b"),
        ("http://example.com:8080/a/../b", "http://example.com:8080/b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://1.1.1.1/", "http://1.1.1.1/"),
        ("http://[2606:4700:4700::1111]:80/", "http://[2606:4700:4700::1111]/"),
        ("http://a_b.example./", "http://a_b.example./"),
    ],
)
def test_url_is_kept_as_it_will_be_requested(url: str, sent: str) -> None:
    assert checked_url(url, []) == sent


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//example.com/",
        "javascript:alert(1)",
        "ftp://example.com/",
        "http://",
        "http:///hook",
        "http://user:secret@example.com/",
        "http://user@example.com/",
        "http://:@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com%40127.0.0.1/",
        "http://127.0.0.1%2f@example.com/",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://exa mple.com/",
        "http://example.com\r\nHost: x/",
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0X7F.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://①②⑦.⓪.⓪.①/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
        *(f"http://{each}/" for each in PRIVATE if ":" not in each),
    ],
)
def test_url_that_leads_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        checked_url(url, [])


@given(st.text())
def test_any_text_is_a_url_or_refused(text: str) -> None:
    try:
        sent = checked_url(text, [])
    except AddressRefused:
        return
    assert checked_url(sent, []) == sent


@pytest.mark.parametrize(
    "host",
    ["localhost", "Localhost.", "app.localhost", "ip6-localhost", "127.0.0.1", "[::1]",
     "[::ffff:127.0.0.1]", "10.1.2.3"],
)  # fmt: skip
def test_the_refusal_of_this_machine_says_how_it_is_allowed(host: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        checked_url(f"http://{host}:9000/", [])
    (network,) = re.findall(r"""MERGEHUB_WEBHOOK_ALLOW='\["(.+)"\]'""", str(refused.value))
    assert checked_url(f"http://{host}:9000/", [ip_network(network)])


def test_names_of_this_machine_lead_where_they_are_allowed_to() -> None:
    assert own_addresses("localhost", LOOPBACK) == ["127.0.0.1"]
    assert own_addresses("localhost", [*LOOPBACK, ip_network("::1/128")]) == ["127.0.0.1", "::1"]
    assert own_addresses("example.com", []) == []
