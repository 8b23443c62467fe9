"""`gallery scrape` as people run it: a real page in a real browser, and every way a run can end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websites import Answer, Websites, picture

from gallery.cli import main
from scraper.library import Library
from scraper.locks import only_run

PAGE = "https://museum.example/monet"
WORKS = """<html><body><h1>Claude Monet</h1>{}</body></html>"""
WORK = (
    '<figure><img src="/{0}.jpg" width=640 height=480 alt="Work {0}"><figcaption>Work {0}, 1890</figcaption></figure>'
)


@pytest.fixture
def sites() -> Iterator[Websites]:
    with Websites("museum.example", "closed.example") as standing:
        standing.add(PAGE, WORKS.format("".join(map(WORK.format, range(1, 5)))))
        for shade in range(1, 5):
            standing.add(f"https://museum.example/{shade}.jpg", picture(shade))
        yield standing


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "gallery", "scrape", *map(str, arguments)]


def environment(data: Path, sites: Websites | None, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GALLERY_")}
    ours = {"GALLERY_DATA_DIR": str(data), "GALLERY_KEEP_FREE_GB": "0", "GALLERY_PER_SECOND": "1000"}
    if sites is not None:
        ours["GALLERY_STAND_IN"] = str(sites.write_map())
    return {**plain, **ours, "PYTHONPATH": str(Path(__file__).parents[1]), **more}


def scrape(*arguments: object, data: Path, sites: Websites | None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=data.parent,
        env=environment(data, sites, **more),
    )


def titles(data: Path) -> list[str]:
    return sorted(record.title for record in Library(data / "library").records())


@pytest.mark.browser
def test_a_page_is_scraped_and_then_known(sites: Websites, tmp_path: Path) -> None:
    first = scrape("Claude Monet", "--page", PAGE, data=tmp_path / "data", sites=sites)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[0] == "4 found: 4 new."
    assert first.stdout.splitlines()[-1] == "Next: gallery index"
    assert titles(tmp_path / "data") == ["Work 1", "Work 2", "Work 3", "Work 4"]
    (record, *_) = Library(tmp_path / "data" / "library").records()
    assert (record.artist, record.sightings[0].candidate.page_url) == ("Claude Monet", PAGE)
    second = scrape("Claude Monet", "--page", PAGE, data=tmp_path / "data", sites=sites)
    assert second.stdout == "4 found: 4 known.\n"
    assert sites.times("https://museum.example/1.jpg") == 1


@pytest.mark.browser
def test_a_dry_run_and_a_limit(sites: Websites, tmp_path: Path) -> None:
    dry = scrape("Claude Monet", "--page", PAGE, "--dry-run", data=tmp_path / "data", sites=sites)
    assert dry.returncode == 0
    assert "https://museum.example/1.jpg" in dry.stdout
    assert not (tmp_path / "data").exists()
    some = scrape("Claude Monet", "--page", PAGE, "--limit", 2, "--json", data=tmp_path / "data", sites=sites)
    assert json.loads(some.stdout.splitlines()[-1])["new"] == 2


@pytest.mark.browser
@pytest.mark.parametrize(
    ("page", "code", "sentence"),
    [
        ("https://museum.example/empty", 3, "nothing found for 'Claude Monet'"),
        ("https://closed.example/", 5, "robots.txt"),
        ("https://museum.example/gone", 6, "404"),
        ("http://192.168.1.4/a.html", 9, "refused http://192.168.1.4/a.html: not a public address."),
        ("file:///etc/passwd", 9, "only http and https addresses are visited"),
    ],
)
def test_a_page_that_gives_nothing_says_why(
    page: str, code: int, sentence: str, sites: Websites, tmp_path: Path
) -> None:
    sites.add("https://museum.example/empty", "<html><body>Nothing here.</body></html>")
    sites.add("https://closed.example/robots.txt", Answer("User-agent: *\nDisallow: /", type="text/plain"))
    done = scrape("Claude Monet", "--page", page, data=tmp_path / "data", sites=sites)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert sentence in done.stderr


@pytest.mark.browser
def test_one_bad_page_among_good_ones_is_partly_done(sites: Websites, tmp_path: Path) -> None:
    pages = ("--page", "https://museum.example/gone", "--page", PAGE)
    done = scrape("Claude Monet", *pages, data=tmp_path / "data", sites=sites)
    assert (done.returncode, len(titles(tmp_path / "data"))) == (4, 4)


def test_no_browser_is_exit_code_8(sites: Websites, tmp_path: Path) -> None:
    absent = {"GALLERY_BROWSER": str(tmp_path / "no-browser")}
    done = scrape("Claude Monet", "--page", PAGE, data=tmp_path / "data", sites=sites, **absent)
    assert (done.returncode, "Traceback" in done.stderr) == (8, False), done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Missing argument"),
        (("Claude Monet", "--source", "webpage"), "no page was named"),
        (("Claude Monet", "--source", "commons,bing"), "Whoever runs this gallery can switch it on"),
        (("  ", "--page", PAGE), "Name the artist"),
        (("Claude Monet", "--source", "louvre", "--page", PAGE), "there is no source 'louvre'"),
        (("Claude Monet", "--source", "webpage,folder", "--page", PAGE), "Use: gallery import PATH"),
        (("Claude Monet", "--page", PAGE, "--limit", "0"), "0 is not in the range"),
        (("Claude Monet", "--page", PAGE, "--deadline", "soon"), "is no length of time"),
        (("Claude Monet", *["--page", PAGE] * 21), "at most 20 at a time"),
        (("Claude Monet", "--page", PAGE), "GALLERY_CONTACT"),
    ],
)
def test_a_wrong_call_is_exit_code_2(
    arguments: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in [name for name in os.environ if name.startswith("GALLERY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GALLERY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gallery", "scrape", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_wrong_call_ends_the_process_with_2(sites: Websites, tmp_path: Path) -> None:
    done = scrape("Claude Monet", "--source", "louvre", "--page", PAGE, data=tmp_path / "data", sites=sites)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "there is no source 'louvre'" in done.stderr and not (tmp_path / "data").exists()


def test_a_second_run_for_the_artist_is_exit_code_75(sites: Websites, tmp_path: Path) -> None:
    with only_run(tmp_path / "data" / "library" / "artists" / "claude-monet" / "lock", "Claude Monet"):
        done = scrape("claude  monet", "--page", PAGE, data=tmp_path / "data", sites=sites)
    assert done.returncode == 75
    assert f"process {os.getpid()} is already collecting" in done.stderr


@pytest.mark.browser
def test_out_of_time_is_exit_code_124(sites: Websites, tmp_path: Path) -> None:
    sites.add("https://museum.example/4.jpg", lambda asked: Answer(sites.hang(), type="image/jpeg"))
    done = scrape("Claude Monet", "--page", PAGE, "--deadline", "3s", data=tmp_path / "data", sites=sites)
    assert done.returncode == 124, done.stderr
    assert "Out of time (0:03). The same command goes on from here." in done.stdout


@pytest.mark.browser
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_once_finishes_and_twice_ends(times: int, sites: Websites, tmp_path: Path) -> None:
    sites.add("https://museum.example/4.jpg", lambda asked: Answer(sites.hang(), type="image/jpeg"))
    data = tmp_path / "data"
    with subprocess.Popen(
        command("Claude Monet", "--page", PAGE),
        env=environment(data, sites),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        until(lambda: len(titles(data)) == 3)
        for _ in range(times):
            # To the whole group, as a terminal does it: the browser and the decoder must not mind.
            os.killpg(run.pid, signal.SIGINT)
            time.sleep(0.3)
        out, err = run.communicate(timeout=60)
    assert run.returncode == 130, err
    assert "what is under way is finished first" in err
    assert ("Stopped. The same command goes on from here." in out) is (times == 1)
    sites.add("https://museum.example/4.jpg", picture(4))
    done = scrape("Claude Monet", "--page", PAGE, data=data, sites=sites)
    assert (done.returncode, titles(data)) == (0, ["Work 1", "Work 2", "Work 3", "Work 4"])


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
