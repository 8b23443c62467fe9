"""`gallery serve` as a process: it opens, says where, serves, ends cleanly, and says what is wrong when it cannot."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from exhibition import Exhibition

from gallery.cli.serve import address, listen
from gallery.errors import CannotListen
from indexer.store import open_store

GALLERY = Path(sys.executable).parent / "gallery"


@contextmanager
def serving(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the site over a data folder on a free port, until the end of the block."""
    with started(folder, "--port", "0", *more) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.fullmatch(r"The gallery is open at http://127\.0\.0\.1:(\d+) \(Ctrl-C closes it\)\n", line)
        assert found, (line, process.stderr and process.stderr.read())
        yield process, int(found[1])


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"GALLERY_DATA_DIR": str(folder)}
    process = subprocess.Popen(
        [GALLERY, "serve", *arguments],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def get(port: int, path: str) -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop_and_lets_go_of_the_collection(
    how: signal.Signals, tmp_path: Path, exhibition: Exhibition
) -> None:
    own = exhibition.copy(tmp_path)
    with serving(own.data_dir) as (process, port):
        status, body = get(port, f"/artworks/{own.works[0].id}")
        assert status == 200
        assert own.works[0].title.encode() in body
        process.send_signal(how)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "The gallery is closed.\n", "")
    with closing(open_store(own.settings())) as store:
        assert store.stats().artworks == len(own.works)


def test_a_request_under_way_is_answered_before_it_ends(tmp_path: Path, exhibition: Exhibition) -> None:
    own = exhibition.copy(tmp_path)
    with serving(own.data_dir) as (process, port), closing(HTTPConnection("127.0.0.1", port, timeout=20)) as slow:
        slow.connect()
        # The head comes in two parts, with the signal between them.
        slow.sock.sendall(b"GET /artists HTTP/1.1\r\nHost: here\r\n")
        assert get(port, "/health")[0] == 200
        slow.sock.sendall(b"\r\n")
        assert slow.sock.recv(12) == b"HTTP/1.1 200"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_many_visitors_at_once_are_all_answered(tmp_path: Path, exhibition: Exhibition) -> None:
    own = exhibition.copy(tmp_path)
    with serving(own.data_dir) as (_, port):
        answers: list[int] = []

        def visit(number: int) -> None:
            work = own.works[number % len(own.works)]
            answers.append(get(port, f"/artworks/{work.id}")[0])
            answers.append(get(port, f"/pictures/{work.sha256}/240.webp")[0])

        visitors = [threading.Thread(target=visit, args=(number,)) for number in range(40)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
    assert answers == [200] * 80


def test_a_large_body_gets_a_page_and_a_huge_one_is_not_even_taken_in(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port), closing(HTTPConnection("127.0.0.1", port, timeout=20)) as sender:
        sender.request("POST", "/search", body=b"x" * 200_000)
        answer = sender.getresponse()
        assert (answer.status, b"A request may carry at most" in answer.read()) == (413, True)
        assert answer.headers["Content-Security-Policy"]
        assert "Server" not in answer.headers
        # Announced, never sent: were it waited for, this would not be answered.
        sender.close()
        sender.putrequest("POST", "/search")
        sender.putheader("Content-Length", str(5 * 2**30))
        sender.endheaders()
        assert sender.getresponse().status == 413
        assert get(port, "/health")[0] == 200


def test_a_second_site_on_the_same_collection_names_the_first(tmp_path: Path, exhibition: Exhibition) -> None:
    own = exhibition.copy(tmp_path)
    with serving(own.data_dir) as (first, _), started(own.data_dir, "--port", "0") as second:
        out, err = second.communicate(timeout=20)
    assert second.returncode == 75
    assert f"already open in process {first.pid}" in err
    assert "GALLERY_QDRANT_URL" in err
    assert "Traceback" not in out + err


def test_a_gallery_without_a_collection_opens_too(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port):
        status, body = get(port, "/")
        assert (status, b"The walls are still bare" in body) == (200, True)


def test_a_taken_port_is_said_before_anything_is_opened(tmp_path: Path) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        with started(tmp_path, "--port", str(port)) as process:
            _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err == (
        f"gallery: 127.0.0.1:{port}: the port is taken. Stop what listens there, or choose another: "
        f"--port {port % 65535 + 1}.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_will_not_do_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GALLERY_PORT=eighty\n")
    with started(tmp_path) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith("gallery: GALLERY_PORT: ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("host", "reason"), [("no-such-host.invalid", "no such address"), ("192.0.2.1", "cannot assign requested address")]
)
def test_an_address_that_is_not_ours_is_said(host: str, reason: str) -> None:
    with pytest.raises(CannotListen, match=reason) as caught:
        listen(host, 8000)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("a.b", "http://a.b:80"),
    ],
)
def test_the_address_that_is_shown_can_be_typed(host: str, shown: str) -> None:
    assert address(host, 80) == shown
