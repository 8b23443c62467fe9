"""Uploads of pictures and of zips: what is taken, what is refused, and that nothing leaves its folder."""

import io
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.errors import AskRefused
from gallery.jobs import uploads

LIMITS = uploads.Limits(picture=2**20, whole=8 * 2**20, keep_free=0)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in entries:
            archive.writestr(name, content, compress_type=how)
    out.seek(0)
    return out


def received(tmp_path: Path, content: io.BytesIO, name: str = "works.zip") -> set[str]:
    token = uploads.receive([SimpleNamespace(filename=name, stream=content)], tmp_path / "uploads", LIMITS)
    folder = tmp_path / "uploads" / token
    assert uploads.is_token(token)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_pictures_of_a_zip_are_kept_under_plain_names_and_the_rest_is_left(tmp_path: Path) -> None:
    content = zipped(
        *(("a/Harbour.JPG", b"1"), ("b/Harbour.JPG", b"2"), ("a/harbour.jpg", b"3"), ("metadata.csv", b"file\n")),
        *(("__MACOSX/x.jpg", b"4"), (".hidden.jpg", b"5"), ("run.sh", b"6"), ("x/no:good*name?.png", b"7")),
    )
    found = received(tmp_path, content)
    assert found == {"a/Harbour.jpg", "b/Harbour.jpg", "a/harbour.jpg", "metadata.csv", "x/no_good_name_.png"}


BAD = {
    "a path upwards": (zipped(("../../evil.jpg", b"x")), "leads out of it"),
    "an absolute path": (zipped(("/etc/evil.jpg", b"x")), "leads out of it"),
    "a path of Windows": (zipped(("C:evil.jpg", b"x")), "leads out of it"),
    "a link": (zipped((link("evil.jpg"), b"/etc/passwd")), "holds a link"),
    "a bomb": (zipped(*((f"{n}.jpg", b"\0" * 2**20) for n in range(9))), "unpacked|far more"),
    "one huge file": (zipped(("a.jpg", b"\0" * (2**20 + 1))), "larger than 1 MB"),
    "too many files": (zipped(*((f"{n}.jpg", b"") for n in range(2001))), "2,001 files"),
    "deep folders": (zipped(("a/" * 9 + "b.jpg", b"x")), "too many folders"),
    "no pictures": (zipped(("readme.txt", b"x")), "holds no JPEG"),
    "no zip": (io.BytesIO(b"PK\x03\x04 rubbish"), "cannot be read"),
    "a zip cut short": (io.BytesIO(zipped(("a.jpg", b"x" * 999)).getvalue()[:-30]), "cannot be read"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_zip_that_is_a_trap_is_refused_and_leaves_nothing(tmp_path: Path, what: str) -> None:
    content, says = BAD[what]
    content.seek(0)
    with pytest.raises(AskRefused, match=says):
        received(tmp_path, content)
    assert not list((tmp_path / "uploads").iterdir())


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("place", [0, 9, 40])
def test_a_damaged_zip_is_refused_however_it_is_packed(tmp_path: Path, how: int, place: int) -> None:
    raw = bytearray(zipped(("a.jpg", bytes(range(256)) * 40), how=how).getvalue())
    begin = 30 + len("a.jpg") + place
    raw[begin : begin + 8] = bytes(255 - each for each in raw[begin : begin + 8])
    with pytest.raises(AskRefused, match="cannot be read"):
        received(tmp_path, io.BytesIO(raw))
    assert not list((tmp_path / "uploads").iterdir())


def test_sizes_are_counted_and_not_believed(tmp_path: Path) -> None:
    raw = bytearray(zipped(("a.jpg", b"\0" * 3 * 2**20)).getvalue())
    at = raw.rindex(b"PK\x01\x02") + 24
    raw[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(AskRefused):
        received(tmp_path, io.BytesIO(raw))


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6))
def test_whatever_names_a_zip_has_nothing_leaves_its_folder(tmp_path_factory: Any, names: list[str]) -> None:
    root = tmp_path_factory.mktemp("zip")
    names = [name.replace("\0", "") + ".jpg" for name in names]
    try:
        content = zipped(*((name, b"x") for name in dict.fromkeys(names)))
    except (UnicodeEncodeError, ValueError):
        return
    try:
        received(root, content)
    except AskRefused:
        pass
    assert {path.name for path in root.iterdir()} <= {"uploads"}
