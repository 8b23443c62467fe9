"""Stand-ins of the real sites, a module each: the same hosts, addresses and shapes of answers, with works drawn here.

    HOSTS            the names it plays
    build(sites)     puts it on a `Websites`
    EXPECTED         what the library holds after `gallery scrape "Claude Monet" --source X`, no more and no less

What the real sites do to those who collect is played too: works by others, works that are not free, files that are
missing, and pages that repeat. How they turn somebody away has functions of its own.
"""

import importlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

from PIL import Image, ImageDraw
from websites import Answer, Asked, Websites

NAMES = ("artic", "bing", "cleveland", "commons", "google", "met", "openverse", "rijksmuseum", "wikiart")


@dataclass(frozen=True, order=True)
class Work:
    """What a record says, in the words that matter: `match` is of its artist, `licence` a code."""

    title: str
    year: int | None = None
    match: str = "exact"
    licence: str = "unknown"
    size: tuple[int, int] = (640, 480)


def site(name: str) -> ModuleType:
    return importlib.import_module(f"fakeweb.{name}")


@cache
def drawing(seed: int, size: tuple[int, int] = (640, 480), format: str = "JPEG") -> bytes:
    """Draw a picture of some thirty coloured shapes, another one for each seed, the same in every size."""
    chance = random.Random(seed)
    image = Image.new("RGB", size, tuple(chance.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        x, y, w, h = (chance.random() for _ in range(4))
        box = [size[0] * x, size[1] * y, size[0] * (x + w / 2), size[1] * (y + h / 2)]
        shape = draw.ellipse if chance.random() < 0.5 else draw.rectangle
        shape(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    out = BytesIO()
    image.save(out, format)
    return out.getvalue()


def drawn(seed: int, size: tuple[int, int] = (640, 480), format: str = "JPEG") -> Answer:
    return Answer(drawing(seed, size, format), type=f"image/{format.lower()}")


def said(asked: Asked, name: str) -> str:
    """Return a parameter of a request, the empty text when it is absent."""
    return parse_qs(asked.query).get(name, [""])[0]


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(value), status, "application/json", headers)


CLOUDFLARE = Answer(
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>"
    '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>',
    403,
    headers={"cf-mitigated": "challenge", "server": "cloudflare"},
)
INCAPSULA = Answer(
    '<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body><iframe id="main-iframe" '
    'src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=1">Request unsuccessful. Incapsula incident ID: 1-2</iframe></body>',
    403,
)


def turned_away_after(requests: int, answer: Answer, otherwise: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Let an address answer as it does, until it has been asked that often."""
    times = 0

    def say(asked: Asked) -> Answer:
        nonlocal times
        times += 1
        return answer if times > requests else otherwise(asked)

    return say


def nowhere(sites: Websites, *hosts: str) -> None:
    """Let robots.txt of the hosts disallow everything."""
    for host in hosts:
        sites.add(f"https://{host}/robots.txt", Answer("User-agent: *\nDisallow: /", type="text/plain"))
