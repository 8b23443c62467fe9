"""Tables: good rows become candidates, each bad one is named by its line."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websites import jpeg

from scraper.errors import ConfigError
from scraper.model import ArtistQuery, Candidate, Licence, Skip
from scraper.sources import SOURCES
from scraper.sources.csv_table import CsvTable, Row, read_table

UNKNOWN = Licence()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "art").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "art" / name).write_bytes(jpeg(1))
    (tmp_path / "outside.jpg").write_bytes(jpeg(2))
    return tmp_path / "art" / "works.csv"


async def found_in(table: Path, licence: Licence = UNKNOWN) -> tuple[list[Candidate], list[Skip]]:
    found = [each async for each in CsvTable(licence).find(ArtistQuery("", pages=(str(table),)), None)]
    return [each for each in found if isinstance(each, Candidate)], [each for each in found if isinstance(each, Skip)]


async def test_every_column_arrives(table: Path) -> None:
    table.write_text(
        "\ufefffile,url,Artist,title,year,movement,medium,institution,tags,licence,licence_url,credit,holder,page_url,depth\n"
        'a.jpg,,Claude Monet,"Hay, stacks",1890,Impressionism,oil,Orsay,hay; field,cc0,https://x.example/l,C,H,'
        "https://x.example/p,3 cm\n"
        ",https://x.example/b.jpg,,,,,,,,,,,,,\n"
    )
    (first, second), skips = await found_in(table)
    assert not skips
    assert first == Candidate(
        "csv",
        1,
        path=str(table.parent / "a.jpg"),
        source_id="a.jpg",
        page_url="https://x.example/p",
        title="Hay, stacks",
        artist_text="Claude Monet",
        year_text="1890",
        movement="Impressionism",
        medium="oil",
        institution="Orsay",
        tags=("hay", "field"),
        licence=Licence("CC0-1.0", "https://x.example/l", "H", "C", False, "csv"),
        raw={"depth": "3 cm"},
    )
    assert (second.image_urls, second.path, second.rank) == (("https://x.example/b.jpg",), None, 2)
    assert second.licence == Licence()


async def test_bad_rows_are_named_and_the_others_go_on(table: Path) -> None:
    table.write_text(
        "file,artist,title\n"
        "a.jpg,Monet,one\n"
        ",Monet,no file\n"
        "absent.jpg,Monet,no such file\n"
        "b.jpg,Monet,too,many cells\n"
        "../outside.jpg,Monet,outside\n"
        "/etc/hostname,Monet,absolute\n"
        "\n"
        '"b.jpg",Monet,"two\nlines"\n'
        "bad\0name,Monet,nul\n"
        "b.jpg\n"
    )
    candidates, skips = await found_in(table)
    assert [(each.source_id, each.title) for each in candidates] == [
        ("a.jpg", "one"),
        ("b.jpg", "two\nlines"),
        ("b.jpg", None),
    ]
    assert [skip.url.rpartition(":")[2] for skip in skips] == ["3", "4", "5", "6", "7", "11"]
    assert [skip.reason for skip in skips] == ["bad-row", "bad-row", "bad-row", "outside", "outside", "outside"]
    assert "line 4: there is no file absent.jpg" in skips[1].detail
    assert "a cell with commas needs quotes" in skips[2].detail


async def test_a_link_out_of_the_folder_is_outside(table: Path) -> None:
    (table.parent / "link.jpg").symlink_to(table.parents[1] / "outside.jpg")
    (table.parent / "loop.jpg").symlink_to(table.parent / "loop.jpg")
    table.write_text("file\nlink.jpg\nloop.jpg\n")
    candidates, skips = await found_in(table)
    assert not candidates
    assert [skip.stage for skip in skips][0] == "guard"
    # Newer versions of Python follow a link to itself to the end, and find nothing there.
    assert skips[1].reason in ("outside", "bad-row")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_of_all_countries_are_read(delimiter: str, table: Path) -> None:
    table.write_text(
        delimiter.join(["file", "title"]) + "\r\n" + delimiter.join(["a.jpg", "A, B"]).replace("A, B", '"A, B"')
    )
    assert list(read_table(table, ("file",))) == [Row(2, {"file": "a.jpg", "title": "A, B"})]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no column file or url"),
        (b"name,title\na,b\n", "no column file or url"),
        (b"file,title,title\na,b,c\n", "two columns have the same name"),
        ("file,title\na.jpg,Caf\u00e9\n".encode("latin-1"), "not UTF-8 text"),
        (b"\xff\xd8\xff\xe0 a picture", "not UTF-8 text"),
    ],
)
async def test_what_is_no_table_is_a_sentence(content: bytes, problem: str, table: Path) -> None:
    table.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as caught:
        await found_in(table)
    assert str(table) in str(caught.value)
    assert caught.value.exit_code == 2


async def test_an_absent_table_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        await found_in(tmp_path / "absent.csv")


async def test_licences_are_named_as_elsewhere(table: Path) -> None:
    lines = ["public domain", "CC BY-SA 4.0", "https://creativecommons.org/publicdomain/zero/1.0/", "my own words", ""]
    table.write_text("file,licence\n" + "".join(f"a.jpg,{line}\n" for line in lines))
    candidates, _ = await found_in(table, Licence("CC-BY-4.0", credit="us", stated_by="import"))
    codes = [each.licence.code for each in candidates]
    assert codes == ["PDM-1.0", "CC-BY-SA-4.0", "CC0-1.0", "my own words", "CC-BY-4.0"]
    assert {each.licence.credit for each in candidates} == {"us"}


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=12), min_size=3, max_size=3)
    )
)
def test_whatever_is_written_is_read(rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["file", "title", "note"], *([f"f{row[0]}", *row[1:]] for row in rows)])
    path = tmp_path_factory.mktemp("table") / "works.csv"
    path.write_text(text.getvalue(), newline="")
    read = list(read_table(path, ("file",)))
    assert [row.cells["file"] for row in read if isinstance(row, Row)] == [f"f{row[0]}".strip() for row in rows]


def test_the_registry_knows_every_source_by_its_name() -> None:
    assert {"csv", "folder", "webpage"} <= set(SOURCES)
    assert all(SOURCES[name].name == name for name in SOURCES)
    with pytest.raises(KeyError):
        SOURCES["os"]
