"""What tests of several files share: a small gallery with a real collection, databases, and folders in memory.

The databases are a SQLite file, and a PostgreSQL cluster of our own where Debian's package is installed.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from curators import CHEAP, copied, signed_in
from exhibition import Exhibition, hang
from flask import Flask
from flask.testing import FlaskClient
from holdings import Holding
from jinja2.bccache import Bucket, BytecodeCache
from pg8000.native import Connection
from PIL import Image
from playwright.async_api import Browser
from reported import case_of, put_back
from serving import a_browser
from werkzeug.test import TestResponse

from gallery.accounts import passwords
from gallery.app import create_app
from gallery.db import Database
from gallery.models import Base
from gallery.report.model import Case
from indexer.atlas.keeping import MapHome, make_map
from indexer.store import ArtworkStore, open_store

pytest_plugins = ["clustered", "packing", "runs", "stocked", "store_engines"]

ABSENT = "no PostgreSQL programs here: apt-get install postgresql"

MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 6 * 2**30:
    # All that is kept is synced to its disk, and waiting for that would be a good part of the tests' time.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None


class Compiled(BytecodeCache):
    """Templates compiled once for all sites of a process, of which nearly every test has one of its own."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": Compiled()}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Give each of several processes one thread for its numbers: with more they wait for one another's cores."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


FOR_ALL = ("exhibition", "mapped", "template", "test_")


@pytest.fixture(scope="module", autouse=True)
def _folders_of_a_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove what the fixtures of a file made for it alone: a collection takes 200 MB, here of memory."""
    base = tmp_path_factory.getbasetemp()
    before = set(base.iterdir())
    yield
    for folder in set(base.iterdir()) - before:
        if not folder.name.startswith(FOR_ALL):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_limit_of_pixels() -> Iterator[None]:
    """Decoding sets Pillow's limit, which is the process's: give it back for the next test."""
    before = Image.MAX_IMAGE_PIXELS
    yield
    Image.MAX_IMAGE_PIXELS = before


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_chromium() -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(one_chromium: Browser) -> AsyncIterator[Browser]:
    """A browser that knows nothing of the tests before; to start one takes a second, so that it is one for all."""
    yield one_chromium
    for context in one_chromium.contexts:
        await context.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have those who share the browser share its loop of events."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


class Cluster:
    """A PostgreSQL server on a free port of this machine, its files in a temporary folder."""

    def __init__(self, programs: Path, folder: Path, account: str | None) -> None:
        self.programs, self.folder, self.account = programs, folder, account
        self.made = 0
        self.run("initdb", "-U", "gallery", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D", "data")
        self.port = free_port()
        self.start()

    def run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root: it is then given to another account.
        log = self.folder / f"{program}.log"
        with log.open("wb") as output:
            done = subprocess.run(
                [self.programs / program, *arguments],
                cwd=self.folder,
                user=self.account,
                group=pwd.getpwnam(self.account).pw_gid if self.account else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=60,
            )
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {log.read_text()[-500:]}")

    def start(self) -> None:
        options = f"-F -p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=40"
        self.run("pg_ctl", "-D", "data", "-l", "server.log", "-w", "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def url(self, name: str) -> str:
        return f"postgresql://gallery@127.0.0.1:{self.port}/{name}"

    def tell(self, name: str, statement: str) -> None:
        """Carry out a statement in a database."""
        with closing(Connection("gallery", host="127.0.0.1", port=self.port, database=name)) as connection:
            connection.run(statement)

    def new(self) -> str:
        """Make a database without tables and return its address."""
        self.made += 1
        self.tell("postgres", f"CREATE DATABASE t{self.made}")
        return self.url(f"t{self.made}")


def free_port() -> int:
    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def programs() -> Path | None:
    places = [Path(found).resolve().parent for found in [shutil.which("pg_ctl")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


@contextmanager
def running_cluster(place: Path) -> Iterator[Cluster]:
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = ("postgres" if "postgres" in names else "nobody") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="gallery-pg-"))
    try:
        if account:
            shutil.chown(folder, account, pwd.getpwnam(account).pw_gid)
        cluster = Cluster(place, folder, account)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running PostgreSQL server; the test is skipped, saying why, where there is none to start."""
    place = programs()
    if place is None:
        pytest.skip(ABSENT)
    with running_cluster(place) as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database without tables, once for each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gallery.sqlite3'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new()


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables."""
    file = tmp_path_factory.mktemp("template") / "gallery.sqlite3"
    with closing(Database(f"sqlite:///{file}")) as database:
        database.upgrade()
    return file


@pytest.fixture(scope="session")
def migrated_url(cluster: Cluster) -> str:
    """Address of a PostgreSQL database with our tables, one for all tests."""
    url = cluster.new()
    with closing(Database(url)) as database:
        database.upgrade()
    return url


@pytest.fixture
def postgresql(cluster: Cluster, migrated_url: str) -> Iterator[Database]:
    """A PostgreSQL database with our tables and nothing in them."""
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
    cluster.tell(migrated_url.rpartition("/")[2], f"TRUNCATE {tables} RESTART IDENTITY")
    with closing(Database(migrated_url)) as database:
        yield database


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with next to no work: a real hash takes 64 MiB and a tenth of a second."""
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


@pytest.fixture
def sqlite(tmp_path: Path, template_file: Path) -> Iterator[Database]:
    """A SQLite database with our tables and nothing in them."""
    shutil.copyfile(template_file, tmp_path / "gallery.sqlite3")
    with closing(Database(f"sqlite:///{tmp_path / 'gallery.sqlite3'}")) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with our tables and nothing in them, once for each engine."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def exhibition(tmp_path_factory: pytest.TempPathFactory) -> Exhibition:
    """A small gallery; copy it before it is opened."""
    return hang(tmp_path_factory.mktemp("exhibition"))


@pytest.fixture
def holding(hung: Path, tmp_path: Path) -> Iterator[Holding]:
    """What the module has hung, opened for one test."""
    with copied(hung, tmp_path / "gallery") as holding:
        yield holding


@pytest.fixture(scope="module")
def shared(hung: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holding]:
    """What the module has hung, opened for all tests that leave it as it is."""
    with copied(hung, tmp_path_factory.mktemp("desk") / "gallery") as holding:
        yield holding


@pytest.fixture(scope="module")
def shared_site(shared: Holding) -> Flask:
    """The site of what the module has hung."""
    return create_app(shared.settings, shared.store, shared.database)


@pytest.fixture
def admin(shared_site: Flask) -> FlaskClient:
    return signed_in(shared_site, "Ada")


@pytest.fixture
def curator(shared_site: Flask) -> FlaskClient:
    return signed_in(shared_site, "Cleo")


@pytest.fixture(scope="session")
def mapped(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Exhibition:
    """The same gallery with a map; copy it before it is opened."""
    own = exhibition.copy(tmp_path_factory.mktemp("mapped"))
    with closing(open_store(own.settings())) as store:
        make_map(store, MapHome(own.settings().map_dir, own.settings().thumbnails_dir))
    return own


@pytest.fixture(scope="module")
def site(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The web site over a small gallery of the module's own."""
    own = exhibition.copy(tmp_path_factory.mktemp("site"))
    with closing(open_store(own.settings())) as store:
        yield create_app(own.settings(), store)


class Visitor(FlaskClient):
    """A client that reads every answer to its end, so that no file stays open."""

    def open(self, *arguments: Any, **more: Any) -> TestResponse:
        return super().open(*arguments, **more | {"buffered": True})


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    """Somebody who looks at the site."""
    site.test_client_class = Visitor
    return site.test_client()


@pytest.fixture(scope="module")
def own(exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory) -> Exhibition:
    """A gallery of a file's own."""
    return exhibition.copy(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def collection(own: Exhibition) -> Iterator[ArtworkStore]:
    """Its collection, open for all tests of the file."""
    with closing(open_store(own.settings())) as opened:
        yield opened


@pytest.fixture
def store(own: Exhibition, collection: ArtworkStore) -> Iterator[ArtworkStore]:
    """The same, which the next test finds as it was hung."""
    yield collection
    put_back(own, collection)


@pytest.fixture
def case(own: Exhibition, store: ArtworkStore, sqlite: Database) -> Case:
    """What a report of it is made from."""
    return case_of(own, store, sqlite)
