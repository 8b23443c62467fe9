"""The containers without an engine to run them: the Compose schema, what must hold, and their commands as processes."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import check_jsonschema
import jsonschema
import pytest
import yaml
from exhibition import Exhibition

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker")
BEHIND = ("qdrant", "postgres", "redis")
SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
PROGRAMS = Path(sys.executable).parent


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions with their arguments, continued lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def last(word: str) -> str:
    return [rest for name, rest in dockerfile() if name == word][-1]


def test_the_compose_file_is_what_the_specification_allows() -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert not [error.message for error in validator.iter_errors(COMPOSE)]
    assert [*validator.iter_errors({"services": {"web": {"imagee": "x"}}})]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_an_init_and_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    declared = {volume.split(":")[0] for volume in service["volumes"]}
    assert declared <= COMPOSE["volumes"].keys()
    assert set(service["networks"]) <= COMPOSE["networks"].keys()


def test_only_the_site_is_reached_from_outside_and_only_on_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
    assert [name for name, service in SERVICES.items() if service["networks"] == ["inside"]] == [*BEHIND]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("name", OURS)
def test_ours_cannot_write_outside_their_volumes_and_wait_for_qdrant(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["depends_on"]["qdrant"]["condition"] == "service_healthy"
    assert SERVICES[name]["environment"]["GALLERY_QDRANT_URL"] == "http://qdrant:6333"


def test_a_worker_is_there_for_jobs_and_what_answers_has_a_health_check() -> None:
    assert "profiles" not in SERVICES["worker"] and SERVICES["worker"]["restart"] == "unless-stopped"
    for name in (*BEHIND, "web"):
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_no_secret_is_written_down_and_a_missing_one_stops_the_start() -> None:
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if re.search("KEY|PASSWORD|SECRET|TOKEN", variable):
                asked = re.fullmatch(r"\$\{GALLERY_[A-Z_]+:\?[^}]+\}", value)
                assert asked or value.removeprefix("/run/secrets/") in service["secrets"], f"{name}: {variable}"
    assert all(secret.keys() == {"environment"} for secret in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_what_is_optional_is_started_when_asked_for_and_then_waited_for(name: str) -> None:
    service = SERVICES[name]
    assert service["profiles"] == [name] and service["user"] and service["read_only"] is True
    for each in OURS:
        assert SERVICES[each]["depends_on"][name] == {"condition": "service_healthy", "required": False}


@pytest.mark.parametrize("name", OURS)
def test_what_is_set_is_what_the_gallery_reads(name: str) -> None:
    from gallery.checkup.settings import known

    assert {variable for variable in SERVICES[name]["environment"] if variable.startswith("GALLERY_")} <= known()


def test_the_image_runs_as_a_user_of_its_own_and_is_made_of_files_that_exist() -> None:
    assert last("USER") == "gallery"
    assert "--uid 10001" in last("RUN") + " ".join(rest for word, rest in dockerfile() if word == "RUN")
    copied = [rest for word, rest in dockerfile() if word == "COPY" and "--from" not in rest]
    sources = {source for rest in copied for source in rest.split()[:-1]}
    assert all((ROOT / source).exists() for source in sources)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    # All is left out but what is named, so neither data nor .env can slip into an image.
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == sources
    assert not any(word == "ADD" for word, _ in dockerfile())


def test_dependencies_can_be_installed_before_the_code_is_there(tmp_path: Path) -> None:
    """The layer of the packages is made from pyproject.toml and empty packages; the code then takes their place."""
    run = next(rest for word, rest in dockerfile() if word == "RUN" and "pip install" in rest)
    before = run.partition("&& pip install")[0]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    install = f"{shlex.quote(sys.executable)} -m pip install --quiet --no-deps --no-index --no-build-isolation"
    target = tmp_path / "site"
    subprocess.run(["bash", "-ec", f"{before} && {install} --target {target} -e ."], cwd=tmp_path, check=True)
    (tmp_path / "gallery" / "late.py").write_text("print('found')")
    found = subprocess.run(
        [sys.executable, "-S", "-c", f"import site; site.addsitedir({str(target)!r}); import gallery.late"],
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert found.stdout == "found\n", found.stderr


class Probe(BaseHTTPRequestHandler):
    """Answers as Qdrant's /readyz does."""

    status = 200

    def do_GET(self) -> None:
        assert self.path == "/readyz"
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"all shards are ready" if self.status == 200 else b"not all shards are ready 200")

    def log_message(self, format: str, *args: object) -> None:
        return None


@contextlib.contextmanager
def answering(status: int) -> Iterator[int]:
    handler = type("Answer", (Probe,), {"status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def health_check(name: str, port: int) -> int:
    """Run a service's health check as it is written, against another port."""
    kind, *command = SERVICES[name]["healthcheck"]["test"]
    assert kind == "CMD"
    at_home = {"qdrant": "6333", "web": "8000"}[name]
    command = [part.replace(at_home, str(port)) for part in command]
    environment = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, capture_output=True, timeout=20, env=environment).returncode


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, False), (401, False)])
def test_qdrants_health_check_tells_ready_from_not(status: int, well: bool) -> None:
    with answering(status) as port:
        assert (health_check("qdrant", port) == 0) is well
    assert health_check("qdrant", port) != 0


@contextlib.contextmanager
def running(folder: Path, *more: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run the image's own command on a free port, with its data in `folder`."""
    command = [part.replace("0.0.0.0:8000", "127.0.0.1:0") for part in json.loads(last("CMD"))]
    process = subprocess.Popen(
        [PROGRAMS / command[0], *command[1:-1], *more, command[-1]],
        cwd=ROOT,
        env=os.environ | {"GALLERY_DATA_DIR": str(folder)} | environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stderr
    for line in process.stderr:
        if found := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise AssertionError("it ended before it listened")


def test_the_images_command_serves_the_embedded_collection_and_its_health_check_sees_it(
    tmp_path: Path, exhibition: Exhibition
) -> None:
    with running(exhibition.copy(tmp_path).data_dir) as process:
        port = port_of(process)
        # gunicorn listens before its worker is ready, and the first check may be out of time.
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            assert answer.status == 200
        assert health_check("web", port) == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert health_check("web", port) != 0


def test_several_workers_on_the_embedded_collection_end_with_a_sentence(tmp_path: Path, exhibition: Exhibition) -> None:
    with running(exhibition.copy(tmp_path).data_dir, WEB_CONCURRENCY="3") as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "serves one process: --workers 1" in said
    assert "Booting worker" not in said and "Traceback" not in said


def test_workers_forked_with_the_embedded_collection_open_end_with_a_sentence(
    tmp_path: Path, exhibition: Exhibition
) -> None:
    with running(exhibition.copy(tmp_path).data_dir, "--preload") as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "serve without --preload" in said
    assert "Traceback" not in said


def test_a_setting_that_will_not_do_ends_the_container_with_a_sentence(tmp_path: Path) -> None:
    with running(tmp_path, GALLERY_PAGE_SIZE="many") as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "gallery: GALLERY_PAGE_SIZE: " in said
    assert "Traceback" not in said


def test_a_qdrant_server_that_is_away_makes_the_container_unwell_but_not_dead(tmp_path: Path) -> None:
    with answering(503) as port, running(tmp_path, GALLERY_QDRANT_URL=f"http://127.0.0.1:{port}") as process:
        assert health_check("web", port_of(process)) != 0
        assert process.poll() is None


def test_the_workers_command_is_one_of_ours() -> None:
    service = SERVICES["worker"]
    done = subprocess.run(
        [PROGRAMS / service["entrypoint"][0], *service["command"], "--help"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
