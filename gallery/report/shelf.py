"""Where reports are kept, whole or not at all, and for how long.

    <folder>/2026-11-25T094512Z.json    the facts of a report, with a hash by which damage is noticed
    <folder>/<sha256>.works.gz          a line of JSON for each work; reports of the same works share one

They cannot be made again: what the collection was is known nowhere else.
"""

import gzip
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from gallery.errors import NoReport, ReportDamaged, ReportUnwritable
from gallery.report.model import VERSION, Line, Report, mark_of
from scraper.disk import LOCK, flush, whole_file
from scraper.locks import exclusive

ALL_FOR, DAILY_FOR = timedelta(days=7), timedelta(days=90)
"""How long all reports are kept, and how long the last of each day; of what is older, the last of each month."""

_MARK = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")
_NEW = "works.new"


class Shelf:
    """The reports of a gallery; making one touches nothing, and an absent folder holds none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def moments(self) -> list[datetime]:
        """Return when reports were made, the latest first, without reading any."""
        names = (path.stem for path in self.folder.glob("*.json"))
        found = (_moment(name) for name in names)
        return sorted((moment for moment in found if moment), reverse=True)

    def read(self, moment: datetime) -> Report:
        """Return the report of a moment; raises `ReportDamaged`, or `NoReport` when there is none."""
        path = self.folder / f"{mark_of(moment)}.json"
        try:
            told = json.loads(path.read_bytes())
            return _report(told)
        except FileNotFoundError as error:
            raise NoReport(f"No report was made at {mark_of(moment)}.") from error
        except OSError as error:
            raise ReportDamaged(path, error.strerror or str(error)) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReportDamaged(path, "it is not what was written") from error

    def latest(self, before: datetime | None = None) -> tuple[Report | None, list[ReportDamaged]]:
        """Return the last report made by a moment that can be read, and those after it that cannot."""
        damaged: list[ReportDamaged] = []
        for moment in self.moments():
            if before is None or moment <= before:
                try:
                    return self.read(moment), damaged
                except ReportDamaged as problem:
                    damaged.append(problem)
                except NoReport:
                    # It was surplus, and was taken down at this moment.
                    continue
        return None, damaged

    def lines(self, report: Report) -> Iterator[bytes]:
        """Yield the works of a report as they are written, in the order of their hashes; raises `ReportDamaged`, at the
        end.
        """
        path = self._works_path(report.works)
        digest = hashlib.sha256()
        try:
            with gzip.open(path) as file:
                for line in file:
                    digest.update(line)
                    yield line
        except FileNotFoundError as error:
            raise ReportDamaged(path, "the list of works is gone") from error
        except (OSError, EOFError, zlib.error) as error:
            raise ReportDamaged(path, "the list of works is damaged") from error
        if digest.hexdigest() != report.works:
            raise ReportDamaged(path, "the list of works is damaged")

    def work(self, report: Report, line: bytes) -> Line:
        """Return the work that a line of a report is about; raises `ReportDamaged`."""
        try:
            return Line.from_json(line)
        except (ValueError, TypeError) as error:
            raise ReportDamaged(self._works_path(report.works), "the list of works is damaged") from error

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """Yield what takes a report, while nobody else writes one; raises `ReportUnwritable`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with exclusive(self.folder / LOCK):
                yield Writer(self)
        except OSError as error:
            raise ReportUnwritable(self.folder, error.strerror or str(error)) from error

    def _works_path(self, digest: str) -> Path:
        return self.folder / f"{digest}.works.gz"

    def thin(self, now: datetime) -> None:
        """Take down what is surplus, and lists of works that no report names; raises OSError."""
        gone = surplus(self.moments(), now)
        for moment in gone:
            (self.folder / f"{mark_of(moment)}.json").unlink(missing_ok=True)
        try:
            needed = {self.read(moment).works for moment in self.moments()}
        except ReportDamaged:
            # It may be restored from a copy, and names a list of works that nobody knows meanwhile.
            return
        for path in self.folder.glob("*.works.gz"):
            if path.name.partition(".")[0] not in needed:
                path.unlink(missing_ok=True)


class Writer:
    """Takes the works of one report and then its facts."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._digest = hashlib.sha256()

    @contextmanager
    def works(self) -> Iterator["Writer"]:
        """Open the list of works for the block; raises OSError, and nothing is left then."""
        with whole_file(self._shelf.folder / _NEW) as file, gzip.GzipFile("", "wb", 3, file, 0) as packed:
            self._file: BinaryIO | gzip.GzipFile = packed
            yield self

    def add(self, lines: Iterable[Line]) -> None:
        """Write some works, in the order of their hashes."""
        content = b"".join(line.to_json() for line in lines)
        self._digest.update(content)
        self._file.write(content)

    def keep(self, made_at: datetime, made_with: str, facts: dict[str, Any]) -> Report:
        """Put the report on the shelf, lasting when it returns, and take down those that are surplus."""
        made_at = made_at.replace(microsecond=0)
        folder = self._shelf.folder
        while (folder / f"{mark_of(made_at)}.json").exists():
            made_at += timedelta(seconds=1)
        # As it will be read again: JSON knows neither tuples nor keys that are no strings.
        report = Report(made_at, made_with, self._digest.hexdigest(), json.loads(_plain(facts)))
        os.replace(folder / _NEW, folder / f"{report.works}.works.gz")
        flush(folder)
        with whole_file(folder / f"{report.mark}.json") as file:
            file.write(_envelope(report))
        self._shelf.thin(made_at)
        return report


def surplus(moments: Sequence[datetime], now: datetime) -> set[datetime]:
    """Return which reports are not kept: of those older than `ALL_FOR` all but the last of each day, and of those
    older than `DAILY_FOR` all but the last of each month.
    """
    kept: dict[str, datetime] = {}
    for moment in sorted(moments):
        age = now - moment
        if age <= ALL_FOR:
            kept[mark_of(moment)] = moment
        else:
            kept[f"{moment:%Y-%m-%d}" if age <= DAILY_FOR else f"{moment:%Y-%m}"] = moment
    return set(moments) - set(kept.values())


def _envelope(report: Report) -> bytes:
    facts = _plain(report.facts)
    told = {
        "version": report.version,
        "made_at": report.made_at.isoformat(),
        "made_with": report.made_with,
        "works": report.works,
        "sha256": hashlib.sha256(facts).hexdigest(),
    }
    return _plain(told)[:-1] + b',"facts":' + facts + b"}\n"


def _plain(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def _report(told: dict[str, Any]) -> Report:
    if told["version"] > VERSION:
        raise ValueError("made by a newer gallery")
    facts = told["facts"]
    if hashlib.sha256(_plain(facts)).hexdigest() != told["sha256"] or not isinstance(facts, dict):
        raise ValueError("damaged")
    moment = datetime.fromisoformat(told["made_at"]).astimezone(UTC)
    return Report(moment, told["made_with"], told["works"], facts, told["version"])


def _moment(name: str) -> datetime | None:
    if not _MARK.fullmatch(name):
        return None
    try:
        return datetime.strptime(name, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
