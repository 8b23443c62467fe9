"""Which addresses may be visited. Nothing in here resolves a name or opens a connection."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.addresses import NOT_PUBLIC, absolute, checked_url, is_picture, plain_host, same_site, verdict
from scraper.errors import Refused

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16
    169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1
    192.88.99.1 192.168.0.1 192.175.48.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1
    255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
    64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::
    2002:a00:1::1 2620:4f:8000::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2a00:1450::1%lo
    fec0::1 ff02::1
""".split()
PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 172.15.255.255
    172.32.0.0 192.167.255.255 192.169.0.0 223.255.255.255
    ::ffff:8.8.8.8 2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450:4001:80b::200e 2001:200::1 2003::1
""".split()
NUMBERS_IN_DISGUISE = [
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "localhost",
    "",
    "1.1.1.1 ",
    "[::1]",
    "1.1.1.1:80",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert verdict(address) == NOT_PUBLIC


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_let_through(address: str) -> None:
    assert verdict(address) is None


@pytest.mark.parametrize("text", NUMBERS_IN_DISGUISE)
def test_what_is_no_plain_numeric_address_is_refused(text: str) -> None:
    assert verdict(text) == NOT_PUBLIC


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_has_one_verdict_in_all_its_spellings(address: ipaddress.IPv4Address) -> None:
    assert verdict(f"::ffff:{address}") == verdict(str(address))
    # Translated, tunnelled or merely embedded it never is a public address.
    for spelling in (
        f"64:ff9b::{address}",
        f"::{address}",
        f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::1",
    ):
        assert verdict(spelling) == NOT_PUBLIC


@given(st.ip_addresses())
def test_no_address_is_public_that_the_standard_library_calls_otherwise(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return  # Has the verdict of the IPv4 address, see above.
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_loopback:
        assert verdict(str(address)) == NOT_PUBLIC


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("HTTP://Museum.Example:80/A/b#frag", "http://museum.example/A/b"),
        ("https://museum.example:443", "https://museum.example/"),
        ("https://museum.example:80/x", "https://museum.example:80/x"),
        ("http://museum.example/a%2Fb/../c?x=1&a=%7e", "http://museum.example/a%2Fb/../c?x=1&a=%7e"),
        ("http://museum.example/a//b", "http://museum.example/a//b"),
        ("https://bücher.example/ä ö.jpg?q=ä", "https://xn--bcher-kva.example/%C3%A4%20%C3%B6.jpg?q=%C3%A4"),
        ("http://museum.example./x", "http://museum.example/x"),
        ("http://my_bucket.example/x!Large.jpg", "http://my_bucket.example/x!Large.jpg"),
        ("http://[2606:4700:4700:0::1111]/", "http://[2606:4700:4700::1111]/"),
        ("  http://museum.example/x  ", "http://museum.example/x"),
    ],
)
def test_an_address_comes_out_in_plain_form(url: str, plain: str) -> None:
    assert checked_url(url) == plain
    assert checked_url(plain) == plain


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/hostname", "only http and https"),
        ("ftp://museum.example/", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("data:image/png;base64,AAAA", "only http and https"),
        ("//museum.example/x", "only http and https"),
        ("museum.example", "only http and https"),
        ("http:///x", "only http and https"),
        ("http://user:secret@museum.example/", "user name"),
        ("http://user@museum.example/", "user name"),
        ("http://museum.example\\@10.0.0.1/", "user name"),
        ("http://museum.example/\\..\\x", "backslash"),
        ("http://museum.example/\tx", "control character"),
        ("http://museum.example/\r\nHost: x", "control character"),
        ("http://museum.example/" + "x" * 2048, "longer than 2,048"),
        ("http://museum.example:8080/", "only ports 80 and 443"),
        ("http://museum.example:22/", "only ports 80 and 443"),
        ("http://museum.example:0/", "only ports 80 and 443"),
        ("http://museum.example:99999/", "not a web address"),
        ("http://museum.example:x/", "not a web address"),
        ("http://[::1", "not a web address"),
        ("http://a..b/", "not a valid host"),
        ("http://-x.example/", "not a valid host"),
        ("http://exa mple.com/", "not a valid host"),
        ("http://" + "a" * 64 + ".example/", "not a valid host"),
        ("http://" + "a." * 130 + "example/", "not a valid host"),
        ("http://127.0.0.1/", NOT_PUBLIC),
        ("http://2130706433/", NOT_PUBLIC),
        ("http://127.1/", NOT_PUBLIC),
        ("http://①②⑦.⓪.⓪.①/", NOT_PUBLIC),
        ("http://192.168.1.4/a.jpg", NOT_PUBLIC),
        ("http://[::1]/", NOT_PUBLIC),
        ("http://[::ffff:10.0.0.1]/", NOT_PUBLIC),
        ("https://169.254.169.254/latest/meta-data/", NOT_PUBLIC),
    ],
)
def test_what_must_not_be_visited_is_refused_with_a_reason(url: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        checked_url(url)
    assert reason in str(caught.value)
    assert caught.value.exit_code == 9


def test_a_refusal_shows_neither_password_nor_control_characters() -> None:
    with pytest.raises(Refused) as caught:
        checked_url("http://user:secret@museum.example/\r\n\x1b[31m")
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text(max_size=60), st.sampled_from(["http://", "https://", "http://museum.example/", ""]))
def test_whatever_is_let_through_stays_as_it_is_when_checked_again(text: str, start: str) -> None:
    try:
        url = checked_url(start + text)
    except Refused:
        return
    assert checked_url(url) == url
    assert url.isascii() and url.isprintable() and " " not in url and "\\" not in url


@given(st.text(max_size=40))
def test_a_plain_host_is_its_own_plain_form(text: str) -> None:
    host = plain_host(text)
    assert host is None or plain_host(host) == host


def test_links_of_a_page() -> None:
    assert absolute("http://a.example/x/y", " ../b.jpg#top ") == "http://a.example/b.jpg"
    assert absolute("http://a.example/", "//b.example/c.jpg") == "http://b.example/c.jpg"
    for link in ("data:image/gif;base64,R0", "file:///etc/passwd", "mailto:a@b", "http://[", "http://a/" + "x" * 2048):
        assert absolute("http://a.example/", link) is None


def test_what_ends_like_a_picture() -> None:
    assert all(
        map(is_picture, ["http://a/b.JPG", "http://a/b.jpeg?w=1", "http://a/b.png!Large.jpg", "http://a/b.webp"])
    )
    assert not any(map(is_picture, ["http://a/b", "http://a/b.html?x=.jpg", "http://a/b.svg", "http://a/jpg"]))


def test_hosts_of_one_site() -> None:
    assert same_site("http://www.museum.example/a", "https://museum.example/b")
    assert same_site("http://museum.example/", "http://images.museum.example/x")
    assert not same_site("http://museum.example/", "http://evilmuseum.example/")
    assert not same_site("http://museum.example/", "mailto:a@b")
