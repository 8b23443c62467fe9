"""Folders: which files are pictures, what is said of them, and that no link leads out."""

import json
import os
from pathlib import Path

import pytest
from websites import jpeg

from scraper.errors import ConfigError, NotFound
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.sources.folder import Folder

UNKNOWN = Licence()


async def found_in(*folders: Path, licence: Licence = UNKNOWN) -> tuple[dict[str, Candidate], list[Skip]]:
    query = ArtistQuery("", pages=tuple(str(folder) for folder in folders))
    found = [each async for each in Folder(licence).find(query, None)]
    candidates = [each for each in found if isinstance(each, Candidate)]
    assert [each.rank for each in candidates] == list(range(1, len(candidates) + 1))
    return {str(each.source_id): each for each in candidates}, [each for each in found if isinstance(each, Skip)]


def put(path: Path, content: bytes = jpeg(1)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


async def test_pictures_are_found_by_name_or_by_bytes(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/c.PNG", "a/d.heic", "a/e", "a/f.dat"):
        put(tmp_path / name)
    for name in ("notes.txt", "a/data.json", "g.dat", ".hidden.jpg", ".git/h.jpg", "page.html"):
        put(tmp_path / name, b"text" if not name.endswith("jpg") else jpeg(1))
    candidates, skips = await found_in(tmp_path)
    assert list(candidates) == ["a/c.PNG", "a/d.heic", "a/e", "a/f.dat", "b.jpg"]
    assert not skips
    assert candidates["b.jpg"].path == str(tmp_path / "b.jpg")


async def test_a_table_in_the_folder_says_what_each_is(tmp_path: Path) -> None:
    for name in ("a.jpg", "sub/b.jpg", "c.jpg"):
        put(tmp_path / name)
    (tmp_path / "metadata.csv").write_text(
        "file,artist,title,artist_died\na.jpg,Monet,A,1926\nsub/b.jpg,Manet,B,1883\nabsent.jpg,,,\na.jpg,x,y,z\n"
    )
    candidates, skips = await found_in(tmp_path)
    assert {name: each.artist_text for name, each in candidates.items()} == {
        "a.jpg": "Monet",
        "c.jpg": None,
        "sub/b.jpg": "Manet",
    }
    assert candidates["a.jpg"].raw == {"artist_died": "1926"}
    assert [skip.detail for skip in skips] == [
        "line 4: there is no file absent.jpg",
        "line 5: a.jpg has a row already",
    ]


async def test_each_folder_may_have_its_own_table(tmp_path: Path) -> None:
    for name in ("dev/a.jpg", "hires/b.jpg"):
        put(tmp_path / name)
    (tmp_path / "dev" / "metadata.csv").write_text("file,artist\na.jpg,Monet\n")
    (tmp_path / "hires" / "metadata.csv").write_text("file,artist\nb.jpg,Manet\n../dev/a.jpg,Wrong\n")
    candidates, skips = await found_in(tmp_path)
    assert [each.artist_text for each in candidates.values()] == ["Monet", "Manet"]
    assert not skips


async def test_a_json_file_beside_a_picture_counts_before_the_table(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    put(tmp_path / "b.png")
    (tmp_path / "metadata.csv").write_text("file,artist,title,year\na.jpg,Monet,Table,1880\n")
    licence = {"code": "CC-BY-4.0", "url": "https://x.example", "credit": "C"}
    (tmp_path / "a.json").write_text(
        json.dumps({"Title": "Beside", "tags": ["x", "y"], "licence": licence, "depth": None})
    )
    (tmp_path / "b.png.json").write_text(json.dumps({"artist": "Manet", "year": 1863, "license": "cc0"}))
    candidates, _ = await found_in(tmp_path)
    first, second = candidates["a.jpg"], candidates["b.png"]
    assert (first.artist_text, first.title, first.year_text, first.tags) == ("Monet", "Beside", "1880", ("x", "y"))
    assert (first.licence.code, first.licence.url, first.licence.credit) == ("CC-BY-4.0", "https://x.example", "C")
    assert (second.artist_text, second.year_text, second.licence.code) == ("Manet", "1863", "CC0-1.0")


@pytest.mark.parametrize("beside", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
async def test_unusable_facts_are_told_of(beside: bytes, tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    put(tmp_path / "b.jpg")
    put(tmp_path / "a.json", beside)
    candidates, (skip,) = await found_in(tmp_path)
    assert list(candidates) == ["b.jpg"]
    assert (skip.reason, Path(skip.url).name) == ("bad-facts", "a.jpg")


async def test_links_that_lead_out_are_refused_and_others_followed(tmp_path: Path) -> None:
    put(tmp_path / "outside" / "secret.jpg")
    root = tmp_path / "root"
    put(root / "a.jpg")
    (root / "inside.jpg").symlink_to(root / "a.jpg")
    (root / "out.jpg").symlink_to(tmp_path / "outside" / "secret.jpg")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "round").symlink_to(root)
    (root / "loop.jpg").symlink_to(root / "loop.jpg")
    (root / "dangling.jpg").symlink_to(root / "absent.jpg")
    candidates, skips = await found_in(root)
    assert {name: each.path for name, each in candidates.items()} == {
        "a.jpg": str(root / "a.jpg"),
        "inside.jpg": str(root / "a.jpg"),
    }
    assert sorted(Path(skip.url).name for skip in skips) == ["out", "out.jpg"]
    assert {(skip.stage, skip.reason) for skip in skips} == {("guard", "outside")}


async def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path / "art" / "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "art")
    candidates, _ = await found_in(tmp_path / "link")
    assert list(candidates) == ["a.jpg"]


async def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    candidates, _ = await found_in(tmp_path)
    assert list(candidates) == ["a.jpg"]


async def test_a_folder_without_pictures_is_a_sentence(tmp_path: Path) -> None:
    put(tmp_path / "notes.txt", b"text")
    with pytest.raises(NotFound, match="It holds no JPEG, PNG") as caught:
        await found_in(tmp_path)
    assert caught.value.exit_code == 3


async def test_an_absent_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder"):
        await found_in(tmp_path / "absent")


async def test_an_unusable_table_stops_the_import(tmp_path: Path) -> None:
    """Works without their facts are not what somebody wants who wrote a table of them."""
    put(tmp_path / "a.jpg")
    (tmp_path / "metadata.csv").write_text("name,artist\na.jpg,Monet\n")
    with pytest.raises(ConfigError, match="no column file"):
        await found_in(tmp_path)


async def test_what_is_not_stated_is_filled_by_the_caller(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    candidates, _ = await found_in(tmp_path, licence=Licence("CC0-1.0", credit="Us"))
    assert (candidates["a.jpg"].licence.code, candidates["a.jpg"].licence.credit) == ("CC0-1.0", "Us")
