"""Pictures looked at by processes that may crash, hang or run out of memory without harm to anybody else."""

import asyncio
import hashlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from types import TracebackType
from typing import Self

from scraper.decoder import LENGTH, READY
from scraper.errors import DecoderError, PictureError
from scraper.library import SUFFIXES
from scraper.model import Picture
from scraper.pictures import MAX_ASPECT

SECONDS = 20.0
# A process is replaced after this many pictures, so that no leak of a decoder grows for long.
MOST_PICTURES = 2_000
# What a process needs besides the picture, and for each pixel through all conversions, in bytes.
_BASE_MEMORY = 512 * 2**20
_MEMORY_PER_PIXEL = 16
# Enough to find Python and its packages; no setting of ours, and so no secret, is among them.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")


class Inspector:
    """Checks pictures in `workers` processes, which start when they are needed and end with the context.

    Pictures smaller than `min_side` or longer than `max_aspect` are refused, as `scraper.pictures` has it.
    """

    def __init__(
        self,
        *,
        max_pixels: int,
        min_side: int,
        max_aspect: float = MAX_ASPECT,
        workers: int = 1,
        seconds: float = SECONDS,
    ) -> None:
        memory = _BASE_MEMORY + _MEMORY_PER_PIXEL * max_pixels
        self._arguments = [str(number) for number in (max_pixels, min_side, max_aspect, seconds, memory)]
        self._free = asyncio.Semaphore(workers)
        self._idle: list[_Decoder] = []
        self._starting: asyncio.Task[_Decoder] | None = None
        self._started = False

    def warm(self) -> None:
        """Start the first process, if none has been started yet, because a picture is on its way."""
        if not self._started:
            self._started = True
            self._starting = asyncio.create_task(_Decoder.start(self._arguments))

    async def inspect(self, content: bytes, sha256: str | None = None) -> Picture:
        """Return what the picture is; `sha256` is that of the content, for whoever has it already.

        Raises `PictureError`, decoder-crashed or too-slow if it cost a process.
        """
        if not content:
            raise PictureError("not-a-picture", "the file is empty")
        async with self._free:
            self._started = True
            decoder = self._alive() or await self._start()
            answered = False
            try:
                picture = await decoder.ask(content, sha256 or hashlib.sha256(content).hexdigest())
                answered = True
                return picture
            except PictureError as problem:
                answered = problem.kind not in _FATAL
                raise
            finally:
                if answered and decoder.asked < MOST_PICTURES:
                    self._idle.append(decoder)
                else:
                    await decoder.end()

    async def _start(self) -> "_Decoder":
        starting, self._starting = self._starting, None
        return await (starting or _Decoder.start(self._arguments))

    def _alive(self) -> "_Decoder | None":
        while self._idle:
            decoder = self._idle.pop()
            # One that somebody has ended meanwhile is not to be blamed on the next picture.
            if decoder.alive:
                return decoder
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._starting is not None:
            self._starting.cancel()
            # One that could not start, or just has, is nobody's concern any more.
            for started in await asyncio.gather(self._starting, return_exceptions=True):
                if isinstance(started, _Decoder):
                    self._idle.append(started)
        while self._idle:
            await self._idle.pop().end()


_FATAL = ("decoder-crashed", "too-slow")


class _Decoder:
    def __init__(self, process: Process) -> None:
        self._process, self.asked = process, 0
        assert process.stdin is not None
        assert process.stdout is not None
        self._questions, self._answers = process.stdin, process.stdout

    @classmethod
    async def start(cls, arguments: list[str]) -> Self:
        """Start a process and wait until it is ready; raises `DecoderError`."""
        # A session of its own keeps Ctrl-C, which means us, from being taken for a picture's doing.
        decoder = cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "scraper.decoder", *arguments),
                env=environment(),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
            )
        )
        try:
            if await decoder._answers.readline() == READY:
                return decoder
        except asyncio.CancelledError:
            await decoder.end()
            raise
        raise DecoderError(await decoder._process.wait())

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, content: bytes, sha256: str) -> Picture:
        self.asked += 1
        try:
            self._questions.write(LENGTH.pack(len(content)))
            self._questions.write(content)
            await self._questions.drain()
            line = await self._answers.readline()
        except (BrokenPipeError, ConnectionResetError):
            line = b""
        if not line.endswith(b"\n"):
            raise _lost(await self._process.wait())
        answer = json.loads(line)
        if "kind" in answer:
            raise PictureError(answer["kind"], answer["detail"])
        picture = Picture(**answer)
        if picture.sha256 != sha256 or picture.format not in SUFFIXES:
            raise PictureError("decoder-crashed", "the decoder answered for another picture")
        return picture

    async def end(self) -> None:
        if self.alive:
            self._process.kill()
        await self._process.wait()
        self._questions.close()


def _lost(status: int) -> PictureError:
    if status == -signal.SIGALRM:
        return PictureError("too-slow", "decoding it took longer than is allowed")
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return PictureError("decoder-crashed", f"the decoder ended with {how}")


def environment() -> dict[str, str]:
    """Return what a decoder needs of our environment, and nothing that is a secret."""
    known = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # Also where the package is used from a checkout that was never installed.
    known["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    return known
