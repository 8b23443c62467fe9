"""Accounts without the web: names, signing in, and limits on guessing."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from curators import GOOD
from hypothesis import given
from hypothesis import strategies as st

from gallery.accounts import passwords, people, signing_in, throttle
from gallery.accounts.throttle import KNOWN_BROWSER, STRANGER, WINDOW, Caller
from gallery.db import Database
from gallery.errors import NameRefused, NameTaken, PasswordRefused, TooManyAttempts, UnknownUser, WrongPassword
from gallery.models import Attempt, User
from gallery.models.audit import audit_page
from gallery.models.users import key_of

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that moves the clock of the limits on."""
    passed = [timedelta()]
    present = throttle.now

    def forward(by: timedelta) -> None:
        passed[0] += by

    monkeypatch.setattr(throttle, "now", lambda: present() + passed[0])
    yield forward


def attempt(database: Database, name: str = "ada", password: str = "wrong", **more: Any) -> User:
    return signing_in.sign_in(
        database, name, password, Caller.of(name, more.get("address", "192.0.2.1"), more.get("device"))
    )


def fail(database: Database, times: int, **more: Any) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            attempt(database, **more)


def left(database: Database) -> int:
    with database.reading() as session:
        return session.query(Attempt).count()


@pytest.mark.parametrize("name", ["", "  ", "x" * 255, "a\nb", "a\u202eb", "a\x00"])
def test_a_name_nobody_can_read_is_refused(sqlite: Database, name: str) -> None:
    with pytest.raises(NameRefused):
        people.add(sqlite, name, GOOD, "admin")


@pytest.mark.parametrize("again", ["ada", "ADA", " Ada ", "\uff21da"])
def test_a_name_is_taken_however_it_is_written(database: Database, again: str) -> None:
    people.add(database, "Ada", GOOD, "admin")
    with pytest.raises(NameTaken):
        people.add(database, again, GOOD, "curator")
    with pytest.raises(UnknownUser, match="user list"):
        people.find(database, "bea")
    assert people.find(database, again).role == "admin"


@given(st.text())
def test_the_key_of_a_name_is_settled(name: str) -> None:
    assert key_of(key_of(name)) == key_of(name) == key_of(f" {name}\n")


def test_signing_in_returns_the_account_and_notes_it(database: Database) -> None:
    people.add(database, "Ada", GOOD, "curator")
    user = attempt(database, "ada", GOOD)
    assert (user.name, user.role) == ("Ada", "curator") and user.last_login_at is not None
    with database.reading() as session:
        entries = audit_page(session, 1, 10)
    assert [(each.who, each.action, each.subject) for each in entries.entries] == [
        ("Ada", "signed in", "Ada"),
        ("command line", "added account", "Ada"),
    ]
    assert entries.total == 2 and entries.entries[1].detail == {"role": "curator"}


def test_every_refusal_is_alike_and_costs_one_verification(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted instead of timed: whoever is refused cannot learn whether the account exists."""
    people.add(database, "ada", GOOD, "admin")
    people.add(database, "bea", GOOD, "curator")
    people.set_active(database, "bea", False)
    costs: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Any:
            costs.append(str(hash).rpartition("p=")[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=1, memory_cost=64, parallelism=1))
    refusals = []
    for name, password in (
        ("ada", "wrong"),
        ("nobody", "wrong"),
        ("bea", "wrong"),
        ("bea", GOOD),
        ("", ""),
        ("ada", ""),
    ):
        with pytest.raises(WrongPassword) as caught:
            attempt(database, name, password, address="198.51.100.7")
            pytest.fail("let in")
        refusals.append((type(caught.value), str(caught.value)))
    assert len(set(refusals)) == 1
    assert costs == ["$argon2id$v=19$m=64,t=1,"] * 6


def test_a_hash_of_weaker_parameters_is_renewed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    old = people.add(database, "ada", GOOD, "admin").password_hash
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    new = attempt(database, "ada", GOOD)
    assert new.password_hash != old and "t=2" in new.password_hash and new.session_version == 1
    assert attempt(database, "ada", GOOD).password_hash == new.password_hash


def test_a_changed_password_and_a_disabled_account_end_its_sessions(database: Database) -> None:
    people.add(database, "ada", GOOD, "admin")
    assert people.set_password(database, "ADA", "nine tin whistles", None).session_version == 2
    with pytest.raises(WrongPassword):
        attempt(database, "ada", GOOD)
    assert people.set_active(database, "ada", False).session_version == 3
    assert people.set_active(database, "ada", False).session_version == 3
    with pytest.raises(WrongPassword):
        attempt(database, "ada", "nine tin whistles")
    with pytest.raises(WrongPassword):
        signing_in.verify(database, "ada", "nine tin whistles", Caller.of("ada", "192.0.2.1"))
    assert people.set_active(database, "ada", True).session_version == 4
    assert attempt(database, "ada", "nine tin whistles").session_version == 4
    with pytest.raises(PasswordRefused):
        people.set_password(database, "ada", "ada ada ada ada", None)


def test_an_account_disabled_while_its_password_is_looked_at_stays_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add(database, "ada", GOOD, "admin")
    right = passwords.matches

    def meanwhile(password_hash: str | None, password: str) -> bool:
        people.set_active(database, "ada", False)
        return right(password_hash, password)

    monkeypatch.setattr(passwords, "matches", meanwhile)
    with pytest.raises(WrongPassword):
        attempt(database, "ada", GOOD)


def test_a_stranger_gets_a_few_attempts_and_then_has_to_wait(database: Database, clock: Any) -> None:
    people.add(database, "ada", GOOD, "admin")
    fail(database, 5)
    for password in ("wrong", GOOD):
        with pytest.raises(TooManyAttempts, match="15 minutes") as caught:
            attempt(database, "ada", password)
        assert 890 <= caught.value.wait <= 900
    # The same for an account that does not exist.
    fail(database, 5, name="nobody")
    with pytest.raises(TooManyAttempts):
        attempt(database, "nobody")
    # What was refused did not prolong the wait.
    clock(WINDOW - timedelta(seconds=30))
    with pytest.raises(TooManyAttempts, match="1 minute\\.") as caught:
        attempt(database, "ada", GOOD)
    clock(timedelta(seconds=caught.value.wait + 1))
    assert attempt(database, "ada", GOOD).name == "ada"
    assert left(database) == 0


def test_signing_in_forgives_what_was_mistyped_there(database: Database) -> None:
    people.add(database, "ada", GOOD, "admin")
    for _ in range(3):
        fail(database, 4)
        attempt(database, "ada", GOOD)
    assert left(database) == 0


def test_an_address_has_a_limit_over_all_names(database: Database) -> None:
    for number in range(20):
        fail(database, 1, name=f"name {number}")
    with pytest.raises(TooManyAttempts):
        attempt(database, "another")
    fail(database, 1, name="another", address="198.51.100.1")


def test_an_account_has_a_limit_over_all_addresses_but_not_for_the_browsers_it_knows(database: Database) -> None:
    people.add(database, "ada", GOOD, "admin")
    for number in range(50):
        fail(database, 1, address=f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts):
        attempt(database, "ada", GOOD, address="203.0.113.1")
    # Its owner is not locked out, even from an address of the attackers.
    assert attempt(database, "ada", GOOD, device="mine", address="198.51.100.1").name == "ada"
    fail(database, 10, device="mine")
    with pytest.raises(TooManyAttempts):
        attempt(database, "ada", GOOD, device="mine")
    assert attempt(database, "ada", GOOD, device="my other one").name == "ada"


def test_a_new_password_lifts_every_wait(database: Database) -> None:
    people.add(database, "ada", GOOD, "admin")
    fail(database, 5)
    people.set_password(database, "ada", GOOD + "!", None)
    assert attempt(database, "ada", GOOD + "!").name == "ada"


def test_attempts_made_at_once_do_not_slip_past_the_limit(database: Database) -> None:
    looked_at: list[int] = []
    start = threading.Barrier(20)

    def try_it() -> None:
        start.wait()
        try:
            looked_at.append(throttle.enter(database, Caller.of("ada", "192.0.2.1")))
        except TooManyAttempts:
            pass

    threads = [threading.Thread(target=try_it) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) <= 5
    assert left(database) == len(looked_at)


def test_limits_are_those_of_the_database_not_of_a_process(sqlite: Database) -> None:
    fail(sqlite, 5)
    with closing(Database(f"sqlite:///{sqlite.where}")) as another, pytest.raises(TooManyAttempts):
        attempt(another)


def test_what_was_typed_as_a_name_is_not_kept(sqlite: Database) -> None:
    fail(sqlite, 1, name="hunter2hunter2")
    with sqlite.reading() as session:
        kept = session.query(Attempt).one()
    assert "hunter2" not in f"{kept.account}{kept.address}{kept.device}"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "unknown"),
        ("@", "unknown"),
    ],
)
def test_neighbouring_addresses_of_one_customer_count_as_one(address: str | None, counted: str) -> None:
    assert throttle.network(address) == counted


def test_no_limit_lasts_longer_than_its_window() -> None:
    assert timedelta(minutes=1) <= WINDOW <= timedelta(minutes=30)
    assert all(limit.most > 1 for limit in (*KNOWN_BROWSER, *STRANGER))
