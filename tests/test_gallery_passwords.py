"""Passwords: which are refused, and what is kept of the others."""

import pytest
from argon2 import PasswordHasher
from curators import GOOD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gallery.accounts import passwords
from gallery.errors import PasswordRefused

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "12 characters at least"),
        ("x" * 257, "256 characters at most"),
        ("ada lovelace", "the name"),
        ("Ada Lovelace 1", "the name"),
        ("passwordpassword", "guessed"),
        ("Password-12345", "guessed"),
        ("1234 5678 9012", "guessed"),
        ("abababababababab", "guessed"),
        ("eleven \x00 bells", "cannot be typed"),
        ("eleven \udcff bells", "cannot be typed"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused(password: str, says: str) -> None:
    with pytest.raises(PasswordRefused, match=says):
        passwords.check(password, "Ada Lovelace")


@pytest.mark.parametrize("name", ["Ada Lovelace", "susan@example.org", "a", ""])
@pytest.mark.parametrize("password", [GOOD, "susannas loud opera", "Ünïcödé ist schön", "絵を描くのが好きです、毎日"])
def test_a_good_password_is_taken_whatever_the_name(name: str, password: str) -> None:
    passwords.check(password, name)


def test_an_address_is_no_password_with_or_without_its_domain() -> None:
    for password in ("susan@example.org", "susansusan12"):
        with pytest.raises(PasswordRefused, match="the name"):
            passwords.check(password, "susan@example.org")


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_hash_fits_its_own_password_only(one: str, other: str) -> None:
    try:
        hashed = passwords.hash_password(one)
    except UnicodeEncodeError:
        with pytest.raises(PasswordRefused):
            passwords.check(one + "x" * 12, "")
        return
    assert passwords.matches(hashed, one)
    assert one not in hashed or len(one) < 4
    assert passwords.hash_password(one) != hashed
    same = passwords._written(one) == passwords._written(other)
    assert passwords.matches(hashed, other) == same


def test_a_password_is_the_same_from_every_keyboard() -> None:
    assert passwords.matches(passwords.hash_password("caf\u00e9 au lait fort"), "cafe\u0301 au lait fort")


def test_nobodys_hash_costs_as_much_as_somebodys_and_fits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher())
    made, nobodys = passwords.hash_password(GOOD), passwords._nobodys_hash()
    assert made.split("$")[:4] == nobodys.split("$")[:4]
    assert [len(part) for part in made.split("$")] == [len(part) for part in nobodys.split("$")]
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not passwords.matches(None, GOOD)
