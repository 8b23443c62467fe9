"""The processes that decode: bounded, replaceable, and gone when nobody needs them."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from websites import jpeg

from scraper import inspector as module
from scraper.decoder import LENGTH, READY
from scraper.errors import DecoderError, PictureError
from scraper.inspector import Inspector
from scraper.pictures import inspect

LIMITS = {"max_pixels": 60_000_000, "min_side": 10}


def noise(side: int) -> bytes:
    """A picture that takes its time: about a tenth of a second for 1,500 pixels."""
    pixels = np.random.default_rng(3).integers(0, 255, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def decoders() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "scraper.decoder" in child.cmdline()]


async def refusal(inspector: Inspector, content: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        await inspector.inspect(content)
    return caught.value.kind


async def test_it_says_what_a_plain_call_says() -> None:
    async with Inspector(**LIMITS) as inspector:
        assert await inspector.inspect(jpeg(7)) == inspect(jpeg(7), **LIMITS)
        assert await refusal(inspector, b"<html>") == "not-a-picture"
        assert await refusal(inspector, b"") == "not-a-picture"
        assert await refusal(inspector, jpeg(7)[:-20]) == "damaged"
        assert await refusal(inspector, jpeg(7, (9, 9))) == "too-small"
        assert await refusal(inspector, jpeg(7, (700, 100))) == "too-long"
        # None of these cost the process.
        assert len(decoders()) == 1
    assert not decoders()


async def test_a_process_may_be_started_ahead_and_is_the_one_that_is_asked() -> None:
    async with Inspector(**LIMITS, workers=2) as inspector:
        inspector.warm()
        inspector.warm()
        assert await inspector.inspect(jpeg(7), hashlib.sha256(jpeg(7)).hexdigest()) == inspect(jpeg(7), **LIMITS)
        inspector.warm()
        await asyncio.sleep(0)
        assert len(decoders()) == 1
    async with Inspector(**LIMITS) as inspector:
        inspector.warm()
        await asyncio.sleep(0)
    assert not decoders()


async def test_an_answer_for_other_bytes_is_not_believed() -> None:
    async with Inspector(**LIMITS) as inspector:
        with pytest.raises(PictureError, match="another picture"):
            await inspector.inspect(jpeg(7), "0" * 64)
        assert (await inspector.inspect(jpeg(8))).width == 640


async def test_a_decoder_that_dies_is_replaced() -> None:
    async with Inspector(**LIMITS) as inspector:
        await inspector.inspect(jpeg(1))
        (first,) = decoders()
        asked = asyncio.create_task(refusal(inspector, noise(3_000)))
        await asyncio.sleep(0.02)
        first.kill()
        assert await asked == "decoder-crashed"
        assert await inspector.inspect(jpeg(2)) == inspect(jpeg(2), **LIMITS)
        assert decoders() != [first]


async def test_one_that_dies_unasked_costs_no_picture() -> None:
    async with Inspector(**LIMITS) as inspector:
        await inspector.inspect(jpeg(1))
        decoders()[0].kill()
        await asyncio.sleep(0.3)
        assert (await inspector.inspect(jpeg(2))).width == 640


async def test_a_picture_that_takes_too_long_is_given_up() -> None:
    async with Inspector(**LIMITS, seconds=0.02) as inspector:
        assert await refusal(inspector, noise(2_000)) == "too-slow"
        assert (await inspector.inspect(jpeg(3))).width == 640


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no limit on a process's memory")
def test_memory_is_bounded() -> None:
    content = io.BytesIO()
    Image.new("RGBA", (6_000, 6_000)).save(content, "PNG")
    arguments = ["60000000", "10", "6", "20", str(160 * 2**20)]
    questions = b"".join(LENGTH.pack(len(each)) + each for each in (content.getvalue(), jpeg(1)))
    done = subprocess.run(
        [sys.executable, "-m", "scraper.decoder", *arguments], input=questions, capture_output=True, timeout=60
    )
    ready, bomb, picture = done.stdout.splitlines()
    assert ready + b"\n" == READY
    assert b"more memory than is allowed" in bomb
    # The next picture finds the memory free again.
    assert b'"width": 640' in picture
    assert done.returncode == 0


async def test_what_it_is_asked_meanwhile_waits_for_a_free_process() -> None:
    async with Inspector(**LIMITS, workers=2) as inspector:
        pictures = await asyncio.gather(*[inspector.inspect(jpeg(shade)) for shade in range(40)])
        assert len(decoders()) == 2
    assert [picture.sha256 for picture in pictures] == [inspect(jpeg(n), **LIMITS).sha256 for n in range(40)]


async def test_a_process_is_replaced_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PICTURES", 2)
    seen = set()
    async with Inspector(**LIMITS) as inspector:
        for shade in range(5):
            await inspector.inspect(jpeg(shade))
            seen |= {process.pid for process in decoders()}
    assert len(seen) == 3


async def test_giving_up_a_question_leaves_no_answer_behind() -> None:
    async with Inspector(**LIMITS) as inspector:
        asked = asyncio.create_task(inspector.inspect(noise(2_000)))
        await asyncio.sleep(0.3)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert await inspector.inspect(jpeg(5)) == inspect(jpeg(5), **LIMITS)


async def test_it_knows_no_secret_and_hears_no_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GALLERY_QDRANT_API_KEY", "secret")
    async with Inspector(**LIMITS) as inspector:
        await inspector.inspect(jpeg(1))
        (decoder,) = decoders()
        assert not [name for name in decoder.environ() if name.startswith("GALLERY_")]
        assert os.getpgid(decoder.pid) != os.getpgid(0)
        decoder.send_signal(signal.SIGINT)
        assert (await inspector.inspect(jpeg(2))).width == 640


async def test_a_decoder_that_does_not_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    async with Inspector(**LIMITS) as inspector:
        with pytest.raises(DecoderError, match="ended with status 1 as it started"):
            await inspector.inspect(jpeg(1))


HOLDER = """
import asyncio, sys
from scraper.inspector import Inspector

async def main():
    async with Inspector(max_pixels=10**8, min_side=1) as inspector:
        await inspector.inspect(sys.stdin.buffer.read())
        print("inspected", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(jpeg(1))
    with (
        picture.open("rb") as content,
        subprocess.Popen([sys.executable, "-c", HOLDER], stdin=content, stdout=subprocess.PIPE) as parent,
    ):
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"inspected\n"
        (decoder,) = psutil.Process(parent.pid).children()
        parent.kill()
    gone, alive = psutil.wait_procs([decoder], timeout=10)
    assert (gone, alive) == ([decoder], [])
