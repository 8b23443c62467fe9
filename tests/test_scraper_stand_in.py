"""The stand-in map: what it may hold and where it is read from."""

import json
from pathlib import Path

import pytest
from websites import Websites

from scraper.errors import ConfigError
from scraper.stand_in import StandIn, read_stand_in, write_stand_in


def named(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv("GALLERY_STAND_IN", str(path))


def test_without_the_variable_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY_STAND_IN", raising=False)
    assert read_stand_in() is None


def test_it_is_not_read_from_the_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GALLERY_STAND_IN", raising=False)
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("GALLERY_STAND_IN=map.json\n")
    assert read_stand_in() is None


def test_a_written_map_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with Websites("museum.example") as sites:
        named(monkeypatch, sites.write_map())
        assert read_stand_in() == sites.stand_in


def test_the_authority_lies_beside_the_map_and_may_be_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"hosts": {"museum.example:80": "[::1]:40123"}}))
    named(monkeypatch, path)
    assert read_stand_in() == StandIn({"museum.example:80": ("::1", 40123)})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a stand-in map"),
        ("[]", "not a stand-in map"),
        ('{"hosts": []}', "not a stand-in map"),
        ('{"ca": "ca.pem"}', "not a stand-in map"),
        ('{"hosts": {"museum.example:80": 40123}}', "not a stand-in map"),
        ('{"hosts": {"museum.example:80": "127.0.0.1"}}', "not a stand-in map"),
        ('{"hosts": {}, "ca": "absent.pem"}', "does not exist"),
        ('{"hosts": {"museum.example:80": "10.0.0.5:80"}}', "'10.0.0.5' is not a loopback address"),
        ('{"hosts": {"museum.example:80": "192.168.1.1:80"}}', "not a loopback address"),
        ('{"hosts": {"museum.example:80": "8.8.8.8:80"}}', "not a loopback address"),
        ('{"hosts": {"museum.example:80": "localhost:80"}}', "not a loopback address"),
        ('{"hosts": {"museum.example": "127.0.0.1:80"}}', "not a lower-case host with port 80 or 443"),
        ('{"hosts": {"museum.example:8080": "127.0.0.1:80"}}', "not a lower-case host with port 80 or 443"),
        ('{"hosts": {"Museum.example:80": "127.0.0.1:80"}}', "not a lower-case host with port 80 or 443"),
        ('{"hosts": {"*:80": "127.0.0.1:80"}}', "not a lower-case host with port 80 or 443"),
    ],
)
def test_a_map_that_could_open_a_door_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "map.json"
    path.write_text(text)
    named(monkeypatch, path)
    with pytest.raises(ConfigError) as caught:
        read_stand_in()
    assert problem in str(caught.value)
    assert "GALLERY_STAND_IN" in str(caught.value) and "It must look like" in str(caught.value)


def test_a_map_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named(monkeypatch, tmp_path / "absent.json")
    with pytest.raises(ConfigError, match="No such file"):
        read_stand_in()


def test_what_we_write_ourselves_is_read_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Websites("museum.example") as sites:
        named(monkeypatch, write_stand_in(sites.stand_in, tmp_path / "map.json"))
        assert read_stand_in() == sites.stand_in
    plain = StandIn({"museum.example:80": ("127.0.0.1", 40123)})
    named(monkeypatch, write_stand_in(plain, tmp_path / "map.json"))
    assert read_stand_in() == plain
