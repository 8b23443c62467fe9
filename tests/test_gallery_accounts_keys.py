"""Where signing in may lead to, and the key of the sessions."""

import threading
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.accounts.redirects import local
from gallery.accounts.secret import secret_key
from gallery.errors import SigningInClosed
from gallery.settings import GallerySettings

pytestmark = pytest.mark.usefixtures("cheap_hashes")
BROWSER_DROPS = str.maketrans("", "", "\t\r\n")


def where_a_browser_goes(address: str) -> str:
    """Return the host, reading an address as the WHATWG's standard says: white space dropped, backslashes turned."""
    text = address.strip("".join(map(chr, range(33)))).translate(BROWSER_DROPS).replace("\\", "/")
    try:
        return urlsplit(urljoin("https://gallery.example/login", text)).netloc
    except ValueError:
        return "nowhere"


tricky = st.lists(
    st.sampled_from(
        [
            "/",
            "\\",
            "//",
            "@",
            ":",
            "evil.example",
            "gallery.example",
            "https:",
            "javascript:",
            "\t",
            "\n",
            "\r",
            " ",
            ".",
            "..",
            "?",
            "#",
        ]
        + ["%2f", "%5c", "%09", "\x00", "\u3000", "\uff0f", "admin", "data:", "a"]
    ),
    max_size=8,
).map("".join)


@given(st.one_of(tricky, st.text(), tricky.map(lambda text: "/" + text)))
@settings(max_examples=600)
def test_whatever_is_asked_for_the_way_on_stays_here(address: str) -> None:
    onward = local(address)
    assert onward is None or (onward == address and where_a_browser_goes(onward) == "gallery.example")


@given(
    st.from_regex(r"/[a-z0-9/]{0,20}(\?[a-z]=[a-z0-9%]{0,5})?", fullmatch=True).filter(lambda text: text[1:2] != "/")
)
def test_paths_of_ours_are_kept(address: str) -> None:
    assert local(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "https://evil.example",
        "/\t/evil.example",
        "",
        "admin",
        "/" + "a" * 2000,
    ],
)
def test_addresses_elsewhere_are_not(address: str) -> None:
    assert local(address) is None


def test_the_key_is_made_once_and_readable_by_us_only(tmp_path: Path) -> None:
    ours = GallerySettings(data_dir=tmp_path / "new")
    key = secret_key(ours)
    assert len(key) >= 48 and secret_key(ours) == key
    assert ours.secret_file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in ours.data_dir.iterdir()] == ["secret-key"]
    assert secret_key(GallerySettings(data_dir=tmp_path / "other")) != key


def test_processes_that_start_together_share_the_key(tmp_path: Path) -> None:
    ours = GallerySettings(data_dir=tmp_path)
    keys: list[str] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        keys.append(secret_key(ours))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8 and len(set(keys)) == 1


def test_the_key_of_the_environment_goes_first_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALLERY_SECRET_KEY", "k" * 32)
    ours = GallerySettings(data_dir=tmp_path)
    assert secret_key(ours) == "k" * 32 and list(tmp_path.iterdir()) == []
    assert "k" * 32 not in repr(ours)


def test_a_key_that_is_cut_off_or_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    ours = GallerySettings(data_dir=tmp_path)
    ours.secret_file.write_text("short\n")
    with pytest.raises(SigningInClosed, match="shorter than 32.*delete it"):
        secret_key(ours)
    (tmp_path / "file").write_text("")
    with pytest.raises(SigningInClosed, match="GALLERY_SECRET_KEY"):
        secret_key(GallerySettings(data_dir=tmp_path / "file"))
