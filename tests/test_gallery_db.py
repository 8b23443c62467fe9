"""The database: tables as the models say on both engines, transactions, outages, and who may read the file."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import IntegrityError, StatementError

from gallery import migrations
from gallery.db import Database
from gallery.errors import DatabaseOutdated, DatabaseUnavailable, DatabaseUnsupported
from gallery.models import Artist, AuditEntry, Base, Job, User
from gallery.models.counts import desk_counts
from gallery.models.jobs import STATES
from gallery.models.users import add_user, all_users, user_by_name

ROOT = Path(__file__).parents[1]


def user(name: str = "ada", **more: Any) -> User:
    return User(**({"name": name, "key": name, "password_hash": "-", "role": "admin"} | more))


def shape(connection: Connection) -> dict[str, Any]:
    """Return everything a database says of its tables, in an order of its own."""
    asked = inspect(connection)
    described: dict[str, Any] = {}
    for table in sorted(set(asked.get_table_names()) - {"alembic_version"}):
        described[table] = {
            "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in asked.get_columns(table)),
            "checks": sorted((str(c["name"]), c["sqltext"]) for c in asked.get_check_constraints(table)),
            "uniques": sorted((str(c["name"]), c["column_names"]) for c in asked.get_unique_constraints(table)),
            "keys": sorted(
                (str(k["name"]), k["referred_table"], str(k["options"])) for k in asked.get_foreign_keys(table)
            ),
            "indexes": sorted(
                (
                    str(i["name"]),
                    str(i["column_names"]),
                    bool(i["unique"]),
                    str({k: str(v) for k, v in i["dialect_options"].items()}),
                )
                for i in asked.get_indexes(table)
            ),
        }
    return described


def test_the_steps_lead_to_exactly_the_models(empty_url: str) -> None:
    with closing(Database(empty_url)) as database:
        assert database.upgrade() is None
        with database.migrating() as connection:
            options = {"compare_type": True, "compare_server_default": True}
            assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
            migrated = shape(connection)
            migrations.downgrade(connection, "base")
            assert shape(connection) == {}
            Base.metadata.create_all(connection)
            assert shape(connection) == migrated
    assert {"users", "artists", "jobs", "audit_log", "takedowns", "corrections"} <= set(migrated)
    assert migrated["users"]["checks"] and migrated["jobs"]["keys"]


def test_every_step_can_be_taken_back_and_again(empty_url: str) -> None:
    with closing(Database(empty_url)) as database:
        for _ in range(2):
            assert database.upgrade() is None
            assert database.upgrade() == migrations.HEAD
            with database.migrating() as connection:
                migrations.downgrade(connection, "base")
                assert migrations.revision(connection) is None


def test_the_models_belong_to_the_newest_step() -> None:
    assert ScriptDirectory(str(ROOT / "gallery/migrations")).get_heads() == [migrations.HEAD]


def test_the_steps_are_packaged() -> None:
    folder = ROOT / "gallery/migrations"
    assert all((each.parent / "__init__.py").exists() for each in folder.rglob("*.py"))
    assert (folder / "script.py.mako").exists()


def test_sqlite_gets_its_tables_on_first_use_and_only_we_may_read_them(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "gallery.sqlite3"
    with closing(Database(f"sqlite:///{file}")) as database:
        assert not file.exists()
        with database.writing() as session:
            add_user(session, user())
            modes = {each.name: each.stat().st_mode & 0o777 for each in file.parent.iterdir()}
    assert modes == {name: 0o600 for name in ("gallery.sqlite3", "gallery.sqlite3-wal", "gallery.sqlite3-shm")}


def test_postgresql_is_left_as_it_is_and_the_command_named(cluster: Any) -> None:
    with closing(Database(cluster.new())) as database:
        with pytest.raises(DatabaseOutdated, match="no tables yet.*`gallery db upgrade`"), database.reading():
            pass
        database.upgrade()
        with database.reading() as session:
            assert all_users(session) == []


def test_tables_of_a_newer_gallery_are_refused_not_changed(empty_url: str) -> None:
    with closing(Database(empty_url)) as database:
        with database.migrating() as connection:
            migrations.upgrade(connection)
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseOutdated, match="revision 9999.*newer gallery"), database.writing():
            pass
        with pytest.raises(DatabaseOutdated, match="newer gallery"):
            database.upgrade()


def test_processes_that_start_together_make_the_tables_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(6)

    def first_use(number: int) -> None:
        try:
            with closing(Database(f"sqlite:///{tmp_path / 'gallery.sqlite3'}")) as database:
                start.wait()
                with database.writing() as session:
                    add_user(session, user(f"user {number}"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=first_use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(Database(f"sqlite:///{tmp_path / 'gallery.sqlite3'}")) as database, database.reading() as session:
        assert len(all_users(session)) == 6


def test_changes_are_stored_together_or_not_at_all(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        add_user(session, user())
        raise ZeroDivisionError
    with database.reading() as session:
        assert all_users(session) == []


def test_what_was_read_stays_usable_and_writing_while_reading_is_a_mistake(database: Database) -> None:
    with database.writing() as session:
        added = add_user(session, user())
    with database.reading() as session:
        found = user_by_name(session, "ADA")
    assert found is not None and (found.id, found.name) == (added.id, "ada")
    with pytest.raises(RuntimeError, match="writing"), database.reading() as session:
        again = user_by_name(session, "ada")
        assert again is not None
        again.name = "Ada"


def test_writers_wait_for_each_other_and_no_change_is_lost(database: Database) -> None:
    with database.writing() as session:
        add_user(session, user())

    def grow() -> None:
        for _ in range(5):
            with database.writing() as session:
                session.execute(text("UPDATE users SET session_version = session_version + 1"))
                all_users(session)

    threads = [threading.Thread(target=grow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert [each.session_version for each in all_users(session)] == [21]


def test_on_sqlite_reading_then_writing_never_meets_a_stale_snapshot(sqlite: Database) -> None:
    with sqlite.writing() as session:
        add_user(session, user())
    with sqlite.writing() as one:
        mine = user_by_name(one, "ada")
        assert mine is not None
        with closing(sqlite3.connect(sqlite.where, timeout=0)) as other, pytest.raises(sqlite3.OperationalError):
            other.execute("UPDATE users SET name = 'Eve'")
        mine.name = "Ada L."
    with sqlite.reading() as session:
        assert [each.name for each in all_users(session)] == ["Ada L."]


def test_moments_come_back_in_utc_and_need_a_zone(database: Database) -> None:
    east = timezone(timedelta(hours=9))
    with database.writing() as session:
        add_user(session, user(last_login_at=datetime(2026, 1, 2, 8, 30, tzinfo=east)))
    with database.reading() as session:
        found = all_users(session)[0].last_login_at
    assert found == datetime(2026, 1, 1, 23, 30, tzinfo=UTC) and found.tzinfo is UTC
    with pytest.raises(StatementError, match="no time zone"), database.writing() as session:
        add_user(session, user("bea", last_login_at=datetime(2026, 1, 2)))


def test_values_outside_their_list_and_broken_references_are_refused(database: Database) -> None:
    for wrong in (user(role="king"), Job(kind="scrape", state="lost"), AuditEntry(who="x", action="y", user_id=404)):
        with pytest.raises(IntegrityError), database.writing() as session:
            session.add(wrong)


def test_an_artist_has_one_live_job_and_any_number_of_past_ones(database: Database) -> None:
    with database.writing() as session:
        artist = Artist(name="Ada", slug="ada")
        session.add(artist)
        session.flush()
        session.add_all(Job(kind="scrape", artist_id=artist.id, state=state) for state in STATES[1:])
        session.add_all(Job(kind="index", artist_id=None) for _ in range(2))
    for state in ("queued", "running"):
        with pytest.raises(IntegrityError), database.writing() as session:
            session.add(Job(kind="scrape", artist_id=artist.id, state=state))
    with database.reading() as session:
        counts = desk_counts(session)
    assert (counts.live_jobs, counts.artists, counts.accounts) == (3, 1, 0)


def test_a_deleted_artist_leaves_its_jobs(database: Database) -> None:
    with database.writing() as session:
        session.add(artist := Artist(name="Ada", slug="ada", aliases=["A."], movements=["Vorticism"]))
        session.flush()
        session.add(job := Job(kind="scrape", artist_id=artist.id, asked={"limit": 5}))
    with database.writing() as session:
        session.delete(session.get(Artist, artist.id))
    with database.reading() as session:
        left = session.get(Job, job.id)
        assert left is not None and left.artist_id is None and left.asked == {"limit": 5}


def test_the_file_can_be_changed_by_a_step_without_emptying_what_refers_to_it(sqlite: Database) -> None:
    with sqlite.writing() as session:
        added = add_user(session, user())
        session.add(AuditEntry(who="ada", user_id=added.id, action="signed in"))
    with sqlite.migrating() as connection:
        connection.execute(text("CREATE TABLE renewed AS SELECT * FROM users"))
        connection.execute(text("DROP TABLE users"))
        connection.execute(text("ALTER TABLE renewed RENAME TO users"))
    with sqlite.reading() as session:
        entry = session.get(AuditEntry, 1)
        assert entry is not None and entry.user_id == added.id


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "not an address"),
        ("hunter2 is my password", "not an address"),
        ("mysql://root:hunter2@host/x", "mysql is not supported"),
        ("sqlite://", "sqlite is not supported"),
        ("postgresql://ada:hunter2@host/x?sslmode=never", "Only sslmode may be given: disable, prefer, require"),
        ("postgresql://ada:hunter2@host/x?options=-csearch_path", "Only sslmode may be given"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(address: str, says: str) -> None:
    with pytest.raises(DatabaseUnsupported, match=says) as caught:
        Database(address)
    assert "hunter2" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    with closing(Database("postgres://ada:hunter2@127.0.0.1:1/gallery")) as database:
        with pytest.raises(DatabaseUnavailable, match="127.0.0.1:1/gallery") as caught, database.reading():
            pass
    assert "hunter2" not in str(caught.value) and caught.value.__cause__ is not None


def test_a_server_is_reached_over_tls_only_if_that_is_asked_for(postgresql: Database, migrated_url: str) -> None:
    # Ours speaks none: whoever insists is refused, whoever prefers it goes on without.
    with closing(Database(f"{migrated_url}?sslmode=prefer")) as database, database.reading() as session:
        assert all_users(session) == []
    for mode in ("require", "verify-full"):
        with (
            closing(Database(f"{migrated_url}?sslmode={mode}")) as database,
            pytest.raises(DatabaseUnavailable, match="SSL"),
            database.reading(),
        ):
            pass


def test_a_server_that_stops_is_an_outage_and_one_that_is_back_is_used_again(
    cluster: Any, postgresql: Database
) -> None:
    with postgresql.writing() as session:
        add_user(session, user())
    with pytest.raises(DatabaseUnavailable), postgresql.writing() as session:
        assert all_users(session)
        cluster.stop()
        all_users(session)
    try:
        with pytest.raises(DatabaseUnavailable, match="refused"), postgresql.reading() as session:
            all_users(session)
    finally:
        cluster.start()
    with postgresql.reading() as session:
        assert [each.name for each in all_users(session)] == ["ada"]
    # Nobody asked anything while it was away: the connection that was left does not fail whoever comes next.
    cluster.stop()
    cluster.start()
    with postgresql.reading() as session:
        assert [each.name for each in all_users(session)] == ["ada"]


def test_a_file_that_is_no_database_or_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, " * 100)
    for file in (tmp_path / "text", tmp_path / "text" / "below", tmp_path):
        with closing(Database(f"sqlite:///{file}")) as database:
            with pytest.raises(DatabaseUnavailable, match=str(file)), database.reading():
                pass


def test_a_full_disk_is_an_outage_and_what_was_stored_before_stays(sqlite: Database) -> None:
    with sqlite.writing() as session:
        add_user(session, user())
    with pytest.raises(DatabaseUnavailable, match="full"), sqlite.writing() as session:
        # A limit on the file's size stands in for the disk's.
        session.execute(text("PRAGMA max_page_count = 1"))
        session.add(AuditEntry(who="ada", action="x", detail={"much": "x" * 200_000}))
    with sqlite.reading() as session:
        assert len(all_users(session)) == 1


def test_a_mistake_in_our_sql_is_not_passed_off_as_an_outage(database: Database) -> None:
    with pytest.raises(Exception, match="nonsense") as caught, database.reading() as session:
        session.execute(text("SELECT * FROM nonsense"))
    assert not isinstance(caught.value, DatabaseUnavailable)


def test_a_change_that_was_acknowledged_is_in_the_file(sqlite: Database) -> None:
    with sqlite.writing() as session:
        add_user(session, user())
    engine = create_engine(make_url(f"sqlite:///{sqlite.where}"))
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("SELECT count(*) FROM users")) == 1
    engine.dispose()
