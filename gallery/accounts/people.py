"""What is done to accounts, from the command line or a page, each act with its entry in the audit log."""

import unicodedata

from gallery.accounts import passwords
from gallery.accounts.throttle import account_mark
from gallery.db import Database, Session
from gallery.errors import NameRefused, PasswordRefused, UnknownUser
from gallery.models.attempts import forget_attempts_of
from gallery.models.audit import record
from gallery.models.users import LONGEST_NAME, Role, User, add_user, key_of, user_by_id, user_by_name


def add(database: Database, name: str, password: str, role: Role, by: User | None = None) -> User:
    """Create an account; raise `NameRefused`, `NameTaken` or `PasswordRefused`."""
    name = cleaned(name)
    passwords.check(password, name)
    password_hash = passwords.hash_password(password)
    with database.writing() as session:
        user = add_user(session, User(name=name, key=key_of(name), password_hash=password_hash, role=role))
        record(session, by, "added account", name, role=role)
    return user


def set_password(database: Database, name: str, password: str, by: User | None = None) -> User:
    """Change a password, end all sessions of the account and let it sign in at once; raise `PasswordRefused`."""
    passwords.check(password, find(database, name).name)
    password_hash = passwords.hash_password(password)
    with database.writing() as session:
        user = _user(session, name)
        user.password_hash = password_hash
        user.session_version += 1
        forget_attempts_of(session, account_mark(user.name))
        record(session, by, "changed password", user.name)
    return user


def find(database: Database, name: str) -> User:
    """Return the account called `name`; raise `UnknownUser`."""
    with database.reading() as session:
        return _user(session, name)


def check_repeated(password: str, repeated: str) -> None:
    """Raise `PasswordRefused` unless a new password was typed the same way twice."""
    if password != repeated:
        raise PasswordRefused("was not typed the same way twice")


def set_active(database: Database, name: str, active: bool, by: User | None = None) -> User:
    """Let an account sign in, or not any more, which also ends its sessions."""
    with database.writing() as session:
        user = _user(session, name)
        if user.active != active:
            user.active = active
            user.session_version += 1
            record(session, by, "enabled account" if active else "disabled account", user.name)
    return user


def end_sessions(database: Database, user_id: int) -> None:
    """Sign an account out of every browser."""
    with database.writing() as session:
        user = user_by_id(session, user_id)
        if user:
            user.session_version += 1
            record(session, user, "signed out everywhere", user.name)


def cleaned(name: str) -> str:
    """Return a name as it is stored; raise `NameRefused`."""
    name = unicodedata.normalize("NFC", name.strip())
    if not name:
        raise NameRefused("is empty")
    if len(name) > LONGEST_NAME:
        raise NameRefused(f"is too long: {LONGEST_NAME} characters at most")
    if not name.isprintable():
        raise NameRefused("contains characters that cannot be seen")
    return name


def _user(session: Session, name: str) -> User:
    user = user_by_name(session, name)
    if user is None:
        raise UnknownUser(name)
    return user
