"""People who can sign in: admins do everything, curators review; visitors need no account."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from gallery.errors import NameTaken
from gallery.models.base import Base, now, one_of

Role = Literal["curator", "admin"]
# In rising order: each may do what those before it may.
ROLES: tuple[Role, ...] = get_args(Role)

LONGEST_NAME = 254


class User(Base):
    """An account; `key` is the name as it is compared, `session_version` grows to end all its sessions."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", ROLES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    # Folding case can make a name longer, e.g. "ß" becomes "ss".
    key: Mapped[str] = mapped_column(String(3 * LONGEST_NAME), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(String(16))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_login_at: Mapped[datetime | None]
    session_version: Mapped[int] = mapped_column(default=1)

    def may(self, role: Role) -> bool:
        """Tell whether this user may do what is left to `role`."""
        return self.active and ROLES.index(self.role) >= ROLES.index(role)


def key_of(name: str) -> str:
    """Return a name as it is compared: case, width and composition of letters make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def add_user(session: Session, user: User) -> User:
    """Store a new account; raise `NameTaken`."""
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise NameTaken(user.name) from error
    return user


def user_by_id(session: Session, user_id: int) -> User | None:
    """Return the account with this id."""
    return session.get(User, user_id)


def user_by_name(session: Session, name: str) -> User | None:
    """Return the account with this name, however its letters are written."""
    return session.scalar(select(User).where(User.key == key_of(name)))


def all_users(session: Session) -> Sequence[User]:
    """Return all accounts by name."""
    return session.scalars(select(User).order_by(User.key)).all()
