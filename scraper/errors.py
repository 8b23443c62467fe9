"""What can go wrong while collecting pictures.

    ScraperError
    +-- ConfigError          a setting or an argument is wrong            exit 2
    +-- NotFound             the source has nothing for this query        exit 3
    +-- Blocked              the site said no: captcha, 403, robots.txt   exit 5
    |   +-- OptedOut         its header asks that this not be collected   exit 5
    +-- Changed              the page loaded, its known marks are gone    exit 5
    +-- FetchError           the network or the server failed             exit 6
    |   +-- Unavailable      for now: another try later may succeed       exit 6
    +-- StorageError         disk full, or the library cannot be written  exit 7
    +-- BrowserError         no browser, or it died                       exit 8
    +-- Refused              not a public address, or outside the root    exit 9
    +-- PictureError         bytes that are not a usable picture          (recorded, never fatal)
    +-- DecoderError         the process that decodes does not start      exit 1
    +-- DamagedRecord        a picture's JSON record cannot be read       (reported, never fatal)
    +-- AlreadyRunning       another run for this artist is going on      exit 75

Every class keeps its facts as attributes and builds its own sentence from them.
"""

from pathlib import Path


class ScraperError(Exception):
    """Base of everything this package raises on purpose; `exit_code` is what the CLI ends with."""

    exit_code = 1


class ConfigError(ScraperError):
    """A setting or an argument cannot be used."""

    exit_code = 2

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        self.name, self.problem, self.remedy = name, problem, remedy
        super().__init__(f"{name}: {problem}. {remedy}")


class NotFound(ScraperError):
    """A source answered properly and has nothing for the query."""

    exit_code = 3

    def __init__(self, source: str, query: str, remedy: str = "Check the spelling or try another source.") -> None:
        self.source, self.query, self.remedy = source, query, remedy
        super().__init__(f"{source}: nothing found for {query!r}. {remedy}")


class Blocked(ScraperError):
    """A site refuses us; nothing is retried and nothing is evaded."""

    exit_code = 5

    def __init__(self, host: str, how: str, remedy: str = "Try again tomorrow or use another source.") -> None:
        self.host, self.how, self.remedy = host, how, remedy
        super().__init__(f"{host}: {how} - stopped, nothing retried. {remedy}")


class OptedOut(Blocked):
    """The answer's own header asks that this picture or page not be collected."""

    def __init__(self, url: str, host: str, asked: str) -> None:
        self.url, self.asked = url, asked
        super().__init__(host, f"asks not to have {url} collected ({asked})", "Leave it out; others may be allowed.")


class Changed(ScraperError):
    """A page loaded but carries none of the marks its source is known by."""

    exit_code = 5

    def __init__(self, source: str, expected: str, page: bytes = b"", saved: Path | None = None) -> None:
        self.source, self.expected, self.page, self.saved = source, expected, page, saved
        where = f" Saved as {saved}." if saved else ""
        super().__init__(
            f"{source}: page loaded but no {expected} found - the page has changed.{where} "
            f"To see whether all is well again: gallery sources check {source}"
        )


class FetchError(ScraperError):
    """The network, the name service or the server failed."""

    exit_code = 6

    def __init__(self, url: str, reason: str, status: int | None = None) -> None:
        self.url, self.reason, self.status = url, reason, status
        super().__init__(f"{url}: {reason}")


class Unavailable(FetchError):
    """The server failed, or asks to come back later; `after` is its wish in seconds, None without one."""

    def __init__(self, url: str, reason: str, status: int | None = None, after: float | None = None) -> None:
        self.after = after
        super().__init__(url, reason, status)


class StorageError(ScraperError):
    """The library cannot be written: what is already in it stays."""

    exit_code = 7

    def __init__(self, path: Path, reason: str, remedy: str) -> None:
        self.path, self.reason, self.remedy = path, reason, remedy
        super().__init__(f"{path}: {reason}. {remedy}")


class BrowserError(ScraperError):
    """No browser could be started, or it died."""

    exit_code = 8

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"browser: {problem}. {remedy}")


class Refused(ScraperError):
    """An address or path that must not be touched; the sentence never says which private host answered."""

    exit_code = 9

    def __init__(self, target: str, reason: str) -> None:
        self.target, self.reason = target, reason
        super().__init__(f"refused {target}: {reason}")


class PictureError(ScraperError):
    """Bytes that are not a usable picture; `kind` is a short word for journals and counts."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind, self.detail = kind, detail
        super().__init__(f"{kind}: {detail}")


class DecoderError(ScraperError):
    """The process that decodes pictures does not even start."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(
            f"the decoder of pictures ended with status {status} as it started. To see why, run: "
            "python -m scraper.decoder 1000000 1 6 20 1000000000 </dev/null"
        )


class DamagedRecord(ScraperError):
    """A record of the library that cannot be read; the picture itself may be whole."""

    exit_code = 7

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: damaged record: {problem}. Collect the picture again to have it written anew.")


class AlreadyRunning(ScraperError):
    """Another process is collecting for the same artist."""

    exit_code = 75

    def __init__(self, artist: str, pid: int | None) -> None:
        self.artist, self.pid = artist, pid
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{artist}: {who} is already collecting for this artist. Wait for it or stop it first.")
