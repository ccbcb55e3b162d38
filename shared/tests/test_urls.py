"""Every text is read as a URL or refused with one typed error; none crashes the reader."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mergehub.cli.main import main
from mergehub.kit.outbound.addresses import AddressRefused, checked_url
from mergehub.kit.settings.service import ServiceSettings, WorkerSettings
from mergehub.urls import NotAUrl, is_loopback, parsed

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]

NO_URLS = [
    "", "http://", "http:///path", "//example.com/", "example.com", "ftp://example.com/",
    "javascript:alert(1)", "http:example.com",
    "http://xn--/", "http://xn--a.com/", "http://a.xn--/", "http://XN--.example/",
    "http://a..b/", "http://.a/", f"http://{'a' * 64}.example/", f"http://{'a.' * 130}example/",
    "http://example.com:0/", "http://example.com:65536/", "http://example.com:99999999999999/",
    "http://example.com:-1/", "http://example.com:+80/", "http://example.com: 80/",
    "http://example.com:８０/", "http://example.com:0x50/", "http://example.com:80:80/",
    "http://user@example.com/", "http://:@example.com/", "http://user:secret@example.com/",
    "http://[::1", "http://::1/", "http://[::1]evil.com/", "http://[example.com]/",
    "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[v1.x]/", "http://[]/",
    "http://%31%32%37.0.0.1/", "http://example.com%2f.evil.com/",
    "http://exa mple.com/", " http://example.com/", "http://example.com\t/",
    "http://example.com\r\nHost: x/", "http://example.com\\@127.0.0.1/", "http://a\x00b/",
    "http://\ud800/", "http://a\u00adb.example/", "http://①②⑦.⓪.⓪.①/", "http://٠.1/",
    "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/", "http://256.1.1.1/",
    f"http://example.com/{'a' * 70_000}",
]  # fmt: skip

labels = st.sampled_from(
    ["a", "example", "xn--", "xn--a", "xn--bcher-kva", "", "-", "a" * 63, "a" * 64, "bücher",
     "１２", "127", "0x7f", "0", "localhost", "%61", "a_b", "\u00ad", "\u200d", "\ud800",
     "é" * 60, "🙂"]
)  # fmt: skip
names = st.lists(labels, max_size=5).map(".".join)
literals = st.ip_addresses(v=6).map(str) | st.sampled_from(["", "::1%25lo", "v1.a", "::1]["])
hosts = names | literals.map("[{}]".format) | st.ip_addresses(v=4).map(str) | st.text()
ports = st.sampled_from(["", ":", ":80", ":0", ":65536", ":-1", ":８０", ":" + "9" * 5000, ":a"])
users = st.sampled_from(["", "@", "me@", "me:x@", "a@b@"])
schemes = st.sampled_from(["http://", "https://", "HTTP://", "http:/", "ftp://", "", "http:\\\\"])
ends = (
    st.sampled_from(["", "/", "/%", "/%zz", "?", "#", "/a b", "/\\", "\r\n", "/\ud800"]) | st.text()
)
urls = st.builds("{}{}{}{}{}".format, schemes, users, hosts, ports, ends) | st.text()


@pytest.mark.parametrize("text", NO_URLS)
def test_what_is_not_a_url_is_refused_wherever_one_is_read(text: str) -> None:
    with pytest.raises(NotAUrl):
        parsed(text)
    with pytest.raises(AddressRefused):
        checked_url(text, LOOPBACK)
    for name in ("hub_url", "oidc_issuer", "public_url"):
        with pytest.raises(ValidationError):
            ServiceSettings.model_validate({name: text})
    with pytest.raises(ValidationError):
        ServiceSettings.model_validate({"cors_origins": [text]})
    with pytest.raises(ValidationError):
        WorkerSettings.model_validate({"hub_url": text, "worker_token": "mgh_x"})


@given(urls)
def test_any_text_is_a_url_or_refused_and_nothing_else(text: str) -> None:
    try:
        url = parsed(text)
    except NotAUrl:
        return
    assert url.scheme in ("http", "https")
    assert url.host
    assert not url.userinfo
    assert parsed(str(url)) == url


@given(urls)
def test_any_text_is_a_webhooks_url_or_refused_and_nothing_else(text: str) -> None:
    try:
        sent = checked_url(text, [])
    except AddressRefused:
        return
    assert checked_url(sent, []) == sent
    assert not is_loopback(parsed(sent).host)


@given(urls)
def test_any_text_is_an_origin_or_refused_and_nothing_else(text: str) -> None:
    try:
        (origin,) = ServiceSettings.model_validate({"cors_origins": [text]}).cors_origins
    except ValidationError:
        return
    assert origin == origin.lower()
    assert ServiceSettings(cors_origins=[origin]).cors_origins == [origin]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Hub.Example.org:443/", "https://hub.example.org"),
        ("http://localhost:80", "http://localhost"),
        ("https://bücher.example:8443", "https://xn--bcher-kva.example:8443"),
        ("https://[2606:4700::1111]", "https://[2606:4700::1111]"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(text: str, origin: str) -> None:
    assert ServiceSettings(cors_origins=[text]).cors_origins == [origin]
    assert ServiceSettings(public_url=text).public_url == origin


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "app.localhost", "ip6-localhost", "ip6-loopback", "127.3.2.1",
     "localhost.localdomain", "::1", "::ffff:127.0.0.1"],
)  # fmt: skip
def test_names_and_addresses_of_this_machine_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["example.org", "localhost.example.org", "notlocalhost", "1.1.1.1"]
)
def test_others_are_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("text", [each for each in NO_URLS if each.isprintable() and each])
def test_the_shell_says_that_the_hubs_address_is_wrong(text: str, tmp_path: Path) -> None:
    env = {"MERGEHUB_DATA": str(tmp_path), "MERGEHUB_URL": text}
    done = CliRunner().invoke(main, ["workers"], env=env)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "MERGEHUB_URL" in done.stderr


def test_the_shell_says_that_a_proxys_address_is_wrong(tmp_path: Path) -> None:
    env = {"MERGEHUB_DATA": str(tmp_path), "MERGEHUB_URL": "https://hub.example.org"}
    for proxy in ("http://[::1", "gopher://proxy.example.org"):
        done = CliRunner().invoke(main, ["workers"], env=env | {"HTTPS_PROXY": proxy})
        assert (done.exit_code, type(done.exception)) == (1, SystemExit)
        assert "HTTPS_PROXY" in done.stderr
