"""`gallery user` and `gallery db` as real processes, questions for passwords on a real terminal; refusals in ours."""

import io
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from curators import GOOD

from gallery.accounts import passwords
from gallery.cli import main
from gallery.db import Database
from gallery.migrations import HEAD
from gallery.models.audit import audit_page
from gallery.models.users import all_users, user_by_name


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GALLERY_")}
    return kept | {"GALLERY_DATA_DIR": str(folder / "data"), "COLUMNS": "120"} | more


def gallery(folder: Path, *arguments: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gallery", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        env=environment(folder, **more),
        cwd=Path(__file__).parents[1],
        timeout=60,
    )


Refused = Callable[..., tuple[int, str, str]]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Do the same in this process, where no more is wanted than what is said before anything is done."""
    for name in [name for name in os.environ if name.startswith("GALLERY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GALLERY_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gallery", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(str(ended.value.code or 0)), said.out, said.err

    return run


def at_a_terminal(folder: Path, answers: list[tuple[str, str]], *arguments: str) -> tuple[int, str]:
    """Return the exit code and all that was shown, giving each answer once its question is there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gallery", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(folder),
        cwd=Path(__file__).parents[1],
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown, seen, end = "", 0, time.monotonic() + 60
        while time.monotonic() < end:
            if answers and answers[0][0] in shown[seen:]:
                seen = len(shown)
                os.write(ours, (answers.pop(0)[1] + "\n").encode())
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # Linux reports a closed terminal as an error
                break
        code = process.wait(10)
    os.close(ours)
    assert not answers, shown
    return code, shown


def opened(folder: Path) -> Any:
    return closing(Database(f"sqlite:///{folder / 'data' / 'gallery.sqlite3'}"))


def test_the_first_admin_is_added_to_a_gallery_that_has_nothing_yet(tmp_path: Path) -> None:
    code, shown = at_a_terminal(
        tmp_path,
        [
            ("Password: ", "too short"),
            ("Password: ", GOOD),
            ("Again: ", "something else"),
            ("Password: ", GOOD),
            ("Again: ", GOOD),
        ],
        *("user", "add", " Ada ", "--role", "admin"),
    )
    assert code == 0 and "Added admin Ada." in shown
    assert "The password is too short: 12 characters at least." in shown and "The two are not the same." in shown
    assert GOOD not in shown and "too short\r" not in shown
    with opened(tmp_path) as database, database.reading() as session:
        user = user_by_name(session, "ada")
        assert user is not None and passwords.matches(user.password_hash, GOOD)
        assert "m=65536,t=3,p=4" in user.password_hash


def test_accounts_are_listed_disabled_and_given_new_passwords(tmp_path: Path) -> None:
    nobody = gallery(tmp_path, "user", "list")
    assert nobody.returncode == 0 and "gallery user add NAME --role admin" in nobody.stdout
    for name, role in (("Ada", "admin"), ("[red]Cleo", "curator")):
        added = gallery(tmp_path, "user", "add", name, "--role", role, "--password-stdin", typed=GOOD + "\n")
        assert added.returncode == 0, added.stderr
    assert gallery(tmp_path, "user", "disable", "ADA").stdout == "Disabled Ada.\n"
    changed = gallery(tmp_path, "user", "password", "ada", "--password-stdin", typed="nine tin whistles")
    assert changed.stdout == "Changed the password of Ada.\n"
    shown = gallery(tmp_path, "user", "list").stdout
    assert "[red]Cleo" in shown and "disabled" in shown and "never" in shown
    assert gallery(tmp_path, "user", "enable", "ada").stdout == "Enabled Ada.\n"
    with opened(tmp_path) as database, database.reading() as session:
        ada = all_users(session)[1]
        log = [(each.who, each.action, each.subject) for each in audit_page(session, 1, 10).entries]
    assert ada.active and ada.session_version == 4 and passwords.matches(ada.password_hash, "nine tin whistles")
    assert log == [
        ("command line", "enabled account", "Ada"),
        ("command line", "changed password", "Ada"),
        ("command line", "disabled account", "Ada"),
        ("command line", "added account", "[red]Cleo"),
        ("command line", "added account", "Ada"),
    ]


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "says"),
    [
        (["add", "Ada", "--role", "admin"], "", 2, "--password-stdin"),
        (["add", "Ada", "--role", "king"], "", 2, "--role"),
        (["add", "Ada", "--role", "admin", "--password-stdin"], "short\n", 2, "12 characters at least"),
        (["add", "Ada", "--role", "admin", "--password-stdin"], "", 2, "12 characters at least"),
        (["add", "A\nda", "--role", "admin", "--password-stdin"], GOOD, 2, "cannot be seen"),
        (["disable", "nobody"], "", 3, "no account called 'nobody'"),
        (["password", "nobody", "--password-stdin"], GOOD, 3, "no account called 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    refused: Refused, arguments: list[str], typed: str, code: int, says: str
) -> None:
    status, out, err = refused("user", *arguments, typed=typed)
    assert status == code and says in err and "Traceback" not in err
    assert GOOD not in err + out


def test_there_is_no_way_to_give_a_password_where_others_can_read_it(refused: Refused) -> None:
    for verb in ("add", "password"):
        assert refused("user", verb, "Ada", "--password", GOOD)[0] == 2


def test_a_gallery_whose_folder_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    done = gallery(tmp_path, "user", "list")
    assert done.returncode == 6 and "gallery.sqlite3" in done.stderr and "Traceback" not in done.stderr


def test_postgresql_is_upgraded_by_command_and_used_after(tmp_path: Path, cluster: Any) -> None:
    url = {"GALLERY_DATABASE_URL": cluster.new()}
    before = gallery(tmp_path, "user", "list", **url)
    assert before.returncode == 2 and "Run `gallery db upgrade`" in before.stderr
    upgraded = gallery(tmp_path, "db", "upgrade", **url)
    assert upgraded.returncode == 0 and f"new tables, now at {HEAD}" in upgraded.stdout
    assert f"up to date at revision {HEAD}" in gallery(tmp_path, "db", "upgrade", **url).stdout
    added = gallery(tmp_path, "user", "add", "Ada", "--role", "admin", "--password-stdin", typed=GOOD, **url)
    assert added.stdout == "Added admin Ada.\n"
    assert not (tmp_path / "data").exists()
