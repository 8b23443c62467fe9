"""Whether a name and a password belong together; whoever is refused learns nothing else."""

from gallery.accounts import passwords, throttle
from gallery.accounts.throttle import Caller
from gallery.db import Database
from gallery.errors import WrongPassword
from gallery.models.attempts import forget_attempt, forget_attempts_of
from gallery.models.audit import record
from gallery.models.base import now
from gallery.models.users import User, user_by_id, user_by_name


def verify(database: Database, name: str, password: str, caller: Caller) -> User:
    """Return the active account that a name and a password belong to; raise `WrongPassword` or `TooManyAttempts`.

    One hash is verified whether the account exists, is disabled or neither, so that the time taken tells nothing.
    """
    attempt = throttle.enter(database, caller)
    with database.reading() as session:
        user = user_by_name(session, name)
    right = passwords.matches(user.password_hash if user else None, password)
    if user is None or not right or not user.active:
        raise WrongPassword()
    with database.writing() as session:
        forget_attempt(session, attempt)
        forget_attempts_of(session, caller.account, caller.address)
    return user


def sign_in(database: Database, name: str, password: str, caller: Caller) -> User:
    """Do as `verify` does, and note that the account was signed in to."""
    verified = verify(database, name, password, caller)
    renewed = passwords.hash_password(password) if passwords.is_outdated(verified.password_hash) else None
    with database.writing() as session:
        user = user_by_id(session, verified.id)
        if user is None or not user.active or user.session_version != verified.session_version:
            # Disabled, or its password changed, while the old one was being looked at.
            raise WrongPassword()
        user.last_login_at = now()
        user.password_hash = renewed or user.password_hash
        record(session, user, "signed in", user.name)
    return user
