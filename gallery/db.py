"""The one door to SQL: a SQLite file by default, PostgreSQL by URL; its failures leave here as `DatabaseError`.

Only this module, gallery/models and gallery/migrations know SQLAlchemy. A database is opened on first use, and
a SQLite file brings its tables up to date by itself.
"""

import getpass
import logging
import os
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from gallery import migrations
from gallery.errors import DatabaseOutdated, DatabaseUnavailable, DatabaseUnsupported

__all__ = ["Database", "Session", "open_database"]

WAIT_SECONDS = 10
# Any number will do, as long as every gallery takes the same.
MIGRATION_LOCK = 7_205_759_403

# What SQLite says when the file is the trouble; other codes mean that the SQL is, which is our mistake.
_SQLITE_OUTAGES = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


# Classes of PostgreSQL's error codes: a constraint; a server that ends or ended; one that lets nobody in, or no more.
_BROKEN_RULE, _GONE, _CLOSED = "23", {"08", "57"}, {"28", "3D", "53"}

_TLS: dict[str, Callable[[], Any]] = {
    "disable": lambda: False,
    "prefer": lambda: None,
    "require": lambda: True,
    "verify-full": ssl.create_default_context,
}
"""Modes of `sslmode` in the words of the driver."""


class Database:
    """A database with our tables; made without touching it, and safe to use from several threads."""

    def __init__(self, address: str) -> None:
        """Take the address of a database; raise `DatabaseUnsupported` if it cannot be one."""
        self._url = _url(address)
        self._file = Path(self._url.database or "") if self._url.get_backend_name() == "sqlite" else None
        self.where = str(self._file or self._url.set(drivername="postgresql").render_as_string(hide_password=True))
        self._engine = _engine(self._url)
        self._for_writing = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._lock, self._ready = Lock(), False
        self.version = object()
        """Another one after each write of this process, so that what was read before need not be read again."""

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session to read in; what it returned stays usable afterwards."""
        self.prepare()
        with self._failures_named(), Session(self._engine, autoflush=False) as session:
            yield session
            if session.new or session.dirty or session.deleted:
                raise RuntimeError("a session for reading was written to: use Database.writing()")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session whose changes are stored together at the end, or not at all if something is raised.

        On SQLite one writes at a time and the others wait; on PostgreSQL two may write different rows at once.
        """
        self.prepare()
        with self._failures_named(), Session(self._for_writing, expire_on_commit=False) as session, session.begin():
            yield session
        self.version = object()

    def prepare(self) -> None:
        """Make sure that the tables are up to date: SQLite's are made so, PostgreSQL's lead to `DatabaseOutdated`."""
        if self._ready:
            return
        with self._lock:
            if not self._ready:
                self._check()
                self._ready = True

    def upgrade(self) -> str | None:
        """Bring the tables up to date and return the revision they had before."""
        with self.migrating() as connection:
            before = migrations.revision(connection)
            self._refuse_newer(before)
            migrations.upgrade(connection)
        return before

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Yield a connection for changing tables, in a transaction that no other migration can overlap."""
        if self._file:
            self._create_private(self._file)
        # Making a SQLite table anew drops the old one, which would empty every table that refers to it.
        engine = _engine(self._url, foreign_keys=False, poolclass=NullPool).execution_options(begin="BEGIN IMMEDIATE")
        with self._failures_named(), engine.begin() as connection:
            if not self._file:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            yield connection

    def close(self) -> None:
        """Close all connections; using the database again opens new ones."""
        self._engine.dispose()

    def _check(self) -> None:
        if self._file:
            self._create_private(self._file)
        with self._failures_named(), self._engine.connect() as connection:
            found = migrations.revision(connection)
        if found == migrations.HEAD:
            return
        self._refuse_newer(found)
        if not self._file:
            raise DatabaseOutdated(self.where, found, migrations.HEAD, "Run `gallery db upgrade`.")
        self.upgrade()

    def _refuse_newer(self, found: str | None) -> None:
        if not migrations.known(found):
            remedy = "A newer gallery made them: install that version, or restore a copy from before."
            raise DatabaseOutdated(self.where, found, migrations.HEAD, remedy)

    def _create_private(self, file: Path) -> None:
        # The file holds password hashes: it is readable to us only. SQLite gives its side files the same mode.
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDONLY, 0o600))
        except OSError as error:
            raise DatabaseUnavailable(self.where, (error.strerror or str(error)).lower()) from error

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except NoConnectionFree as error:
            raise DatabaseUnavailable(self.where, "all connections are in use") from error
        except DBAPIError as error:
            if not _is_outage(error):
                raise
            raise DatabaseUnavailable(self.where, _first_line(error.orig)) from error


def open_database(address: str) -> Database:
    """Return a database whose tables are up to date; raise `DatabaseOutdated` or `DatabaseUnsupported`.

    One that is out of reach is only warned of: visitors need none, and it is asked again whenever it is needed.
    """
    database = Database(address)
    try:
        database.prepare()
    except DatabaseUnavailable as error:
        logging.getLogger(__name__).warning("%s Until then the site is open to visitors only.", error)
    return database


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError as error:
        # The address is not repeated: it may hold a password.
        raise DatabaseUnsupported("not an address", "Write postgresql://user:password@host/name.") from error
    backend = url.get_backend_name()
    if backend in ("postgres", "postgresql"):
        if any(name != "sslmode" or value not in _TLS for name, value in url.query.items()):
            raise DatabaseUnsupported("its options", f"Only sslmode may be given: {', '.join(_TLS)}.")
        return url.set(drivername="postgresql+pg8000")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise DatabaseUnsupported(
        f"{backend} is not supported here", "Use PostgreSQL, or leave it empty for a SQLite file in the data folder."
    )


def _engine(url: URL, *, foreign_keys: bool = True, **options: Any) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS}, **options)
        event.listen(engine, "connect", _configure_with_keys if foreign_keys else _configure)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        # A connection that died with a restarted server is noticed and replaced before it is used.
        engine = create_engine(url.set(query={}), pool_pre_ping=True, **options)
    except ModuleNotFoundError as error:
        remedy = "Install it: pip install 'semantic-gallery[postgres]'."
        raise DatabaseUnsupported("PostgreSQL's driver pg8000 is missing", remedy) from error
    event.listen(engine, "do_connect", partial(_dial, url))
    event.listen(engine, "handle_error", _name_by_code)
    return engine


def _dial(url: URL, dialect: object, record: object, arguments: list[Any], named: dict[str, Any]) -> Any:
    """Return a connection to a server; waits for it only so long, and speaks TLS as the address's `sslmode` says."""
    from pg8000 import dbapi

    named.setdefault("user", getpass.getuser())
    tls = _TLS[str(url.query.get("sslmode", "prefer"))]()
    try:
        with ExitStack() as stack:
            door = socket.create_connection((url.host or "localhost", url.port or 5432), timeout=WAIT_SECONDS)
            stack.callback(door.close)
            # Left on, the limit would hold for every statement.
            door.settimeout(None)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            made = dbapi.Connection(**named, sock=door, ssl_context=tls, application_name="semantic-gallery")
            stack.pop_all()
    except OSError as error:
        raise dbapi.InterfaceError(str(error)) from error
    return made


def _name_by_code(context: ExceptionContext) -> DBAPIError | None:
    """Return what a server's refusal is by its code, which the driver does not tell: a broken rule, or an outage."""
    error = context.original_exception
    said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    kind = str(said.get("C", ""))[:2]
    if kind in _GONE:
        context.is_disconnect = True
    if kind == _BROKEN_RULE:
        return IntegrityError(context.statement, context.parameters, error)
    return OperationalError(context.statement, context.parameters, error) if kind in _GONE | _CLOSED else None


def _configure(connection: sqlite3.Connection, _: object) -> None:
    # Python's driver would begin transactions late and not at all for reading: `_begin` does it instead.
    connection.isolation_level = None
    _write_ahead(connection)
    # With WAL, the default (FULL) is what keeps an acknowledged change through a power cut.
    connection.execute("PRAGMA synchronous = FULL")


def _configure_with_keys(connection: sqlite3.Connection, record: object) -> None:
    _configure(connection, record)
    connection.execute("PRAGMA foreign_keys = ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work at once (WAL); the file remembers it."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # Of processes that start on a new file together one succeeds; SQLite does not let the others wait.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    # Who will write says so at once (IMMEDIATE): a reader that turns writer cannot wait and fails instead.
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _is_outage(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _SQLITE_OUTAGES
    return isinstance(error, (OperationalError, InterfaceError))


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
