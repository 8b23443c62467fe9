"""`gallery sources`: the list, the check of each source, and the record of what it was told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakeweb import CLOUDFLARE, bing, commons, google, met, site
from websites import Websites

from scraper.sources import SOURCES

CHECKED = sorted(set(SOURCES) - {"csv", "folder", "webpage"})


def sources(
    *arguments: object, folder: Path, sites: Websites | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GALLERY_")}
    ours = {"GALLERY_DATA_DIR": str(folder / "data"), "GALLERY_PER_SECOND": "1000"}
    if sites is not None:
        ours |= {"GALLERY_STAND_IN": str(sites.write_map()), "GALLERY_SOURCES_ON": "artic, bing,google"}
    return subprocess.run(
        [sys.executable, "-m", "gallery", "sources", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env={**plain, **ours, "PYTHONPATH": str(Path(__file__).parents[1]), **more},
    )


@pytest.fixture
def everywhere() -> Websites:
    modules = [site(name) for name in CHECKED]
    sites = Websites(*dict.fromkeys(host for module in modules for host in module.HOSTS))
    for module in modules:
        module.build(sites)
    return sites


def test_the_list_says_of_each_whether_it_is_on(tmp_path: Path) -> None:
    done = sources("list", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, source in SOURCES.sites().items():
        state = "with --page" if name == "webpage" else "on" if source.default_on else "off"
        assert f"{name:12} {source.title} ({state})" in done.stdout
    assert "its terms forbid programs" in " ".join(done.stdout.split())
    switched = sources("list", folder=tmp_path, GALLERY_SOURCES_ON="bing")
    assert "Bing Images (on)" in switched.stdout and "Google Images (off)" in switched.stdout


@pytest.mark.browser
def test_every_source_is_checked_and_recorded(everywhere: Websites, tmp_path: Path) -> None:
    with everywhere as sites:
        # Its works are of the artist that the check asks for.
        sites.add("https://data.rijksmuseum.nl/search/collection", lambda asked: site("rijksmuseum").first_page())
        done = sources("check", "--record", tmp_path / "records", folder=tmp_path, sites=sites)
        assert done.returncode == 0, done.stdout + done.stderr
        said = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
        assert sorted(said) == CHECKED
        assert all(words.startswith("ok: found ") for words in said.values()), said
        # No picture was fetched, and nothing went into the library.
        assert not [asked.url for asked in sites.asked if asked.url.endswith(".jpg")]
        assert not (tmp_path / "data" / "library").exists()
    for name in CHECKED:
        answers = json.loads((tmp_path / "records" / name / "answers.json").read_text())
        assert all((tmp_path / "records" / name / answer["file"]).stat().st_size for answer in answers)
    (page,) = json.loads((tmp_path / "records" / "google" / "answers.json").read_text())
    assert page["url"].startswith("https://www.google.com/search?")
    assert b"/imgres?imgurl=" in (tmp_path / "records" / "google" / page["file"]).read_bytes()


@pytest.mark.browser
def test_what_is_wrong_is_told_apart(everywhere: Websites, tmp_path: Path) -> None:
    with everywhere as sites:
        sites.add(google.SEARCH, google.CHANGED)
        sites.add(bing.FRAGMENTS, bing.CAPTCHA)
        sites.add(commons.API, commons.as_json({"batchcomplete": True}))
        sites.add(f"{met.ROOT}/search", CLOUDFLARE)
        names = ("google", "bing", "commons", "met", "openverse", "webpage")
        done = sources("check", *names, folder=tmp_path, sites=sites)
        assert done.returncode == 4, done.stderr
        said = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
        expected = {"google": "changed", "bing": "blocked", "commons": "empty", "met": "blocked", "openverse": "ok"}
        assert {name: said[name].partition(":")[0] for name in expected} == expected
        assert said["webpage"].endswith("there is nothing to check.")
        (saved,) = (tmp_path / "data" / "failed").iterdir()
        assert str(saved.relative_to(tmp_path)) in said["google"].replace(str(tmp_path) + "/", "")
        for name, code in (("bing", 5), ("commons", 3)):
            assert sources("check", name, folder=tmp_path, sites=sites).returncode == code


def test_a_source_that_is_off_or_none_is_said_so(tmp_path: Path) -> None:
    with Websites("www.bing.com") as sites:
        off = sources("check", "bing", folder=tmp_path, sites=sites, GALLERY_SOURCES_ON="")
        assert (off.returncode, "GALLERY_SOURCES_ON=bing" in off.stderr) == (2, True), off.stderr
    none = sources("check", "louvre", folder=tmp_path)
    assert (none.returncode, "there is no source 'louvre'" in none.stderr) == (2, True), none.stderr
    strange = sources("list", folder=tmp_path, GALLERY_SOURCES_ON="bong")
    assert (strange.returncode, "GALLERY_SOURCES_ON: there is no source 'bong'" in strange.stderr) == (2, True)
