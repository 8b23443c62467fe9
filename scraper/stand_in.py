"""The stand-in map: real host names played by servers on this machine, for tests and the demo.

While a map is set, nothing but its hosts can be reached; without one, nothing private can. The two
never mix. It is read from the process environment alone, never from a form, a page, a table or `.env`.
"""

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scraper.addresses import PORTS, plain_host
from scraper.errors import ConfigError

VARIABLE = "GALLERY_STAND_IN"
_REMEDY = 'It must look like {"ca": "ca.pem", "hosts": {"www.example.org:443": "127.0.0.1:40123"}}; "ca" may be absent.'


@dataclass(frozen=True, slots=True)
class StandIn:
    """Where each "name:port" leads on this machine, and the authority that signs for the names."""

    hosts: Mapping[str, tuple[str, int]]
    ca: Path | None = None

    def __post_init__(self) -> None:
        for name, (address, _) in self.hosts.items():
            host, _, port = name.rpartition(":")
            if plain_host(host) != host or port not in {str(number) for number in PORTS.values()}:
                raise ConfigError(VARIABLE, f"{name!r} is not a lower-case host with port 80 or 443", _REMEDY)
            if not _is_loopback(address):
                raise ConfigError(VARIABLE, f"{address!r} is not a loopback address", _REMEDY)


def read_stand_in() -> StandIn | None:
    """Return the map named by GALLERY_STAND_IN in the process environment, None when there is none."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    path = Path(named)
    try:
        said = json.loads(path.read_bytes())
        hosts = {name: _address(target) for name, target in said["hosts"].items()}
        ca = path.parent / said["ca"] if said.get("ca") else None
    except OSError as error:
        raise ConfigError(VARIABLE, f"{path} cannot be read ({error.strerror})", _REMEDY) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(VARIABLE, f"{path} is not a stand-in map", _REMEDY) from error
    if ca is not None and not ca.is_file():
        raise ConfigError(VARIABLE, f"{ca} does not exist", _REMEDY)
    return StandIn(hosts, ca)


def write_stand_in(stand_in: StandIn, path: Path) -> Path:
    """Write a map to a file for GALLERY_STAND_IN of other processes, and return where it lies; raises OSError."""
    hosts = {name: f"{address}:{port}" for name, (address, port) in stand_in.hosts.items()}
    ca = {"ca": str(stand_in.ca.resolve())} if stand_in.ca else {}
    path.write_text(json.dumps({**ca, "hosts": hosts}))
    return path.resolve()


def _address(target: str) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    return host.strip("[]"), int(port)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
