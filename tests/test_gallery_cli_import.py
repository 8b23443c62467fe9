"""`gallery import` as people run it: sums, exit codes, sentences."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websites import Websites, jpeg, picture

from gallery.cli import main
from scraper.library import Library
from scraper.locks import only_run

SHARED = Path(__file__).parents[2] / "shared"


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


Gallery = Callable[..., Done]


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gallery:
    """Run the command with the library in `tmp_path`, and with nothing of ours in the environment but what is given."""
    for name in [name for name in os.environ if name.startswith("GALLERY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GALLERY_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object, **settings: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["gallery", *map(str, arguments)])
        with monkeypatch.context() as here:
            for name, value in {"KEEP_FREE_GB": "0", **settings}.items():
                here.setenv(f"GALLERY_{name}", value)
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsys.readouterr()
        return Done(int(str(ended.value.code or 0)), said.out, said.err)

    return run


@pytest.fixture
def art(tmp_path: Path) -> Path:
    folder = tmp_path / "art"
    folder.mkdir()
    for shade in (1, 2, 3):
        (folder / f"{shade}.jpg").write_bytes(jpeg(shade))
    (folder / "metadata.csv").write_text(
        "file,artist,title\n1.jpg,Claude Monet,Haystacks\n2.jpg,Claude Monet,Poplars\n3.jpg,Berthe Morisot,The Cradle\n"
    )
    return folder


def records(data: Path) -> list[Any]:
    return list(Library(data / "library").records())


def test_a_folder_with_a_table_is_imported_and_then_known(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    first = gallery("import", art)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == ["3 found: 3 new.", "Next: gallery index"]
    assert "folder 3" in first.stderr
    second = gallery("import", art)
    assert (second.returncode, second.stdout) == (0, "3 found: 3 known.\n")
    assert {record.title: record.artist for record in records(tmp_path / "data")} == {
        "Haystacks": "Claude Monet",
        "Poplars": "Claude Monet",
        "The Cradle": "Berthe Morisot",
    }


def test_bad_files_and_rows_are_named_and_the_rest_is_kept(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    (art / "cut.jpg").write_bytes(jpeg(4)[:-300])
    with (art / "metadata.csv").open("a") as table:
        table.write("absent.jpg,Monet,x\n")
    done = gallery("import", art, "--artist", "Monet")
    assert done.returncode == 4
    assert "4 found: 3 new, 2 skipped." in done.stdout
    assert "line 5: there is no file absent.jpg" in done.stdout
    assert "cut.jpg: damaged - OSError" in done.stdout


def test_without_an_artist_it_says_what_to_add(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    (art / "metadata.csv").unlink()
    done = gallery("import", art)
    assert done.returncode == 2
    assert "3 pictures have no artist. Add --artist NAME, or a metadata.csv" in done.stdout
    named = gallery("import", art, "--artist", "Claude Monet", "--licence", "CC0", "--credit", "Us")
    assert named.returncode == 0
    (record, *_) = records(tmp_path / "data")
    assert (record.artist, record.licence.code, record.licence.credit) == ("Claude Monet", "CC0-1.0", "Us")


def test_a_dry_run_names_what_there_is_and_touches_nothing(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    done = gallery("import", art, "--dry-run")
    assert done.returncode == 0
    assert f"Haystacks, Claude Monet  {art / '1.jpg'}" in done.stdout
    assert "dry run" in done.stdout
    assert not (tmp_path / "data").exists()


def test_events_come_as_json(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    (art / "cut.jpg").write_bytes(jpeg(4)[:-300])
    done = gallery("import", art, "--json", "--artist", "Monet")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events].count("found") == 4
    assert {event["artist"] for event in events if event["event"] == "stored"} == {"Claude Monet", "Berthe Morisot"}
    assert [event["reason"] for event in events if event["event"] == "skipped"] == ["damaged"]
    assert events[-1] | {"event": "done", "new": 3, "skipped": 1, "exit_code": 4} == events[-1]
    assert "Next: gallery index" in done.stderr


def test_a_table_goes_to_the_web_through_the_guard(gallery: Gallery, tmp_path: Path) -> None:
    table = tmp_path / "works.csv"
    table.write_text(
        "url,artist,title\nhttps://museum.example/1.jpg,Claude Monet,Haystacks\n"
        "http://127.0.0.1:80/secret.jpg,Claude Monet,Local\nhttp://elsewhere.example/a.jpg,Claude Monet,Far\n"
    )
    with Websites("museum.example") as sites:
        sites.add("https://museum.example/1.jpg", picture(1))
        done = gallery("import", table, STAND_IN=str(sites.write_map()), PER_SECOND="1000")
    assert done.returncode == 4
    assert "Stand-in map is set" in done.stderr
    assert "3 found: 1 new, 2 skipped." in done.stdout
    (record,) = records(tmp_path / "data")
    assert record.sightings[0].stand_in
    mixed = gallery("import", table)
    assert mixed.returncode == 2
    assert "the two are never mixed" in mixed.stderr


@pytest.mark.parametrize(
    ("name", "content", "code", "sentence"),
    [
        ("notes.txt", b"text", 2, "neither a folder nor a .csv file"),
        ("works.csv", b"name\nx\n", 2, "no column file or url"),
        ("works.csv", b"\xff\xfe", 2, "not UTF-8 text"),
        ("empty/notes.txt", b"text", 3, "It holds no JPEG, PNG"),
    ],
)
def test_what_cannot_be_imported_is_a_sentence(
    name: str, content: bytes, code: int, sentence: str, gallery: Gallery, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    done = gallery("import", path.parent if "/" in name else path)
    assert done.returncode == code
    assert sentence in done.stderr


def test_a_link_out_of_the_folder_is_refused(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    only = tmp_path / "only"
    only.mkdir()
    (only / "link.jpg").symlink_to(art / "1.jpg")
    done = gallery("import", only, "--artist", "Monet")
    assert done.returncode == 9
    assert f"leads out of {only}" in done.stdout


def test_no_room_is_exit_code_7(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    done = gallery("import", art, KEEP_FREE_GB="1000000")
    assert done.returncode == 7
    assert "GB kept back" in done.stderr
    assert gallery("import", art).returncode == 0


def test_a_library_that_cannot_be_written_is_exit_code_7(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    done = gallery("import", art)
    assert done.returncode == 7
    assert str(tmp_path / "data") in done.stderr


def test_another_run_is_exit_code_75(gallery: Gallery, art: Path, tmp_path: Path) -> None:
    lock = tmp_path / "data" / "library" / "import.lock"
    with only_run(lock, "an import"):
        done = gallery("import", art)
    assert done.returncode == 75
    assert f"process {os.getpid()} is already collecting" in done.stderr


@pytest.mark.shared
def test_the_real_paintings_are_imported_with_their_duplicates(gallery: Gallery, tmp_path: Path) -> None:
    art = SHARED / "art" / "dev"
    if not art.exists():
        pytest.skip("the real paintings are not beside the project")
    first = gallery("import", art)
    assert first.stdout.splitlines()[0] == "2,400 found: 2,397 new, 3 duplicate."
    assert gallery("import", art).stdout == "2,400 found: 2,397 known, 3 duplicate.\n"
    found = records(tmp_path / "data")
    assert len({record.artist for record in found}) == 30
    assert sum(len(record.sightings) == 2 for record in found) == 3
