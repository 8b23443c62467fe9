"""What becomes of one candidate: known already, kept, or skipped with a reason."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from scraper import __version__
from scraper.addresses import checked_url
from scraper.artists import match_artist
from scraper.errors import DamagedRecord, PictureError, Refused, ScraperError
from scraper.facts import cleaned, merged
from scraper.getting import Getter, Got, skip_of, stamp_of
from scraper.group import Find, Kept, holds
from scraper.inspector import Inspector
from scraper.journal import Entry, Journal
from scraper.library import Library
from scraper.model import ArtistMatch, ArtistQuery, ArtworkRecord, Candidate, Picture, Sighting, Skip
from scraper.names import slug
from scraper.outcome import NO_ARTIST, How, Skipped, Stored
from scraper.scribe import Scribe
from scraper.shares import Place
from scraper.sources import Source
from scraper.withdrawn import REFUSED, Withdrawal, WithdrawnFile


@dataclass(frozen=True, slots=True)
class _Case:
    """A candidate filed under an artist, and what its addresses are looked up by."""

    source: Source
    candidate: Candidate
    match: ArtistMatch
    journal: Journal
    stamp: str
    place: Place


class Candidates:
    """Takes candidates of one run, each address once; `inspectors` are by whether a source is local.

    `limits` names the settings that a refusal of a picture depends on, `withdrawn` what must not come back.
    """

    def __init__(
        self,
        query: ArtistQuery,
        library: Library,
        scribe: Scribe,
        getter: Getter,
        inspectors: Mapping[bool, Inspector],
        *,
        limits: str,
        stand_in: bool,
        withdrawn: WithdrawnFile,
    ) -> None:
        self._withdrawn = withdrawn
        self._query, self._library, self._scribe, self._getter = query, library, scribe, getter
        self._inspectors, self._limits, self._stand_in = inspectors, limits, stand_in
        self._journals: dict[str, Journal] = {}
        self._tried: dict[str, asyncio.Future[Picture | Skip]] = {}
        self._seen: set[str] = set()

    async def take(self, source: Source, candidate: Candidate, place: Place) -> Stored | Skipped:
        """Keep the candidate's picture, from the first of its addresses that gives one.

        `place` is its room in memory, which shrinks to what it needs. Raises `StorageError`,
        or whatever else ends a run; what concerns one address alone is a `Skipped`.
        """
        candidate = cleaned(candidate)
        match = "exact" if source.local else match_artist(self._query, candidate.artist_text)
        artist = (candidate.artist_text if source.local else None) or self._query.artist
        name = candidate.path or next(iter(candidate.image_urls), "")
        if not artist:
            return Skipped(source.name, Skip(name, "policy", NO_ARTIST, "nothing states its artist"))
        if match == "none":
            return Skipped(source.name, Skip(name, "policy", "other-artist", f"by {candidate.artist_text}"))
        candidate = replace(candidate, query=artist)
        stamp = "" if candidate.path is None else await asyncio.to_thread(stamp_of, candidate)
        return await self._first_of(_Case(source, candidate, match, self._journal(artist), stamp, place))

    async def _first_of(self, case: _Case) -> Stored | Skipped:
        skips: list[Skip] = []
        addresses: list[str] = []
        for url in _addresses(case.candidate):
            try:
                addresses.append(url if case.candidate.path else checked_url(url))
            except Refused as refused:
                skips.append(Skip(refused.target, "guard", "refused", str(refused)))
        for address in addresses:
            if (record := await self._known(case, address)) is not None:
                return await self._again(case, address, record)
        for address in addresses:
            result = await self._once(case, address)
            if isinstance(result, Stored):
                return result
            skips.append(result)
            if result.reason in REFUSED:
                # Its other addresses give the same picture in other sizes.
                return Skipped(case.source.name, result)
        return Skipped(case.source.name, skips[0] if skips else Skip("", "find", "no-address"))

    async def _known(self, case: _Case, address: str) -> ArtworkRecord | None:
        """Return the record of the picture an address gave, in this run or an earlier one, if it is whole."""
        if (trying := self._tried.get(address)) is not None:
            result = await asyncio.shield(trying)
            return self._record(result.sha256) if isinstance(result, Picture) else None
        last = case.journal.last(address)
        if last is None or last.sha256 is None or last.became != "kept" or not last.settles(case.stamp, self._limits):
            return None
        return self._record(last.sha256)

    def _record(self, sha256: str) -> ArtworkRecord | None:
        if self._withdrawn.now().refused(sha256):
            return None
        try:
            record = self._library.get(self._library.original_of(sha256))
        except DamagedRecord:
            # Collected anew, and put right by the keeper.
            return None
        return record if record and holds(self._library.picture_path(record.picture), record.picture) else None

    async def _again(self, case: _Case, address: str, record: ArtworkRecord) -> Stored:
        """Add to a known picture that it was seen at an address which need not be fetched for that."""
        before = next((seen for seen in record.sightings if seen.fetched_url == address), record.sightings[0])
        sighting = replace(
            before,
            candidate=case.candidate,
            artist_match=case.match,
            fetched_url=address,
            opt_outs=_all_of(case.candidate.opt_outs, before.opt_outs),
        )
        if merged(record, sighting) is record:
            return self._stored(case, address, Kept(record, "same"))
        kept = await self._scribe.keep(Find(record.picture, sighting, None), case.journal, None)
        return self._stored(case, address, kept)

    async def _once(self, case: _Case, address: str) -> Stored | Skip:
        if (trying := self._tried.get(address)) is not None:
            before = await asyncio.shield(trying)
            return before if isinstance(before, Skip) else Skip(address, "duplicate", "gone", "its record was removed")
        done = self._tried[address] = asyncio.get_running_loop().create_future()
        try:
            result = await self._try(case, address)
            done.set_result(result if isinstance(result, Skip) else result.record.picture)
            return result
        finally:
            done.cancel()

    async def _try(self, case: _Case, address: str) -> Stored | Skip:
        last = case.journal.last(address)
        if last is not None and (held := self._withdrawn.now().refused(last.withdrawn or last.sha256)):
            return _refusal(address, held)
        if last is not None and last.stage is not None and last.settles(case.stamp, self._limits):
            return Skip(address, last.stage, last.reason, last.detail, last.tries)
        tries = last.tries + 1 if last is not None and last.became == "skipped" and last.stamp == case.stamp else 1
        entry = Entry(_now(), address, case.source.name, "kept", tries=tries, stamp=case.stamp)
        inspector = self._inspectors[case.source.local]
        inspector.warm()
        try:
            await case.place.take()
            got = await self._getter.get(case.candidate, address)
            await case.place.shrink(len(got.content))
            entry = replace(entry, sha256=hashlib.sha256(got.content).hexdigest())
            if entry.sha256 in case.journal.crashed:
                raise PictureError("decoder-crashed", "the same bytes brought a decoder down before")
            picture = await inspector.inspect(got.content, entry.sha256)
        except ScraperError as error:
            skip = skip_of(address, error)
            if skip is None:
                raise
            entry = replace(entry, became="skipped", stage=skip.stage, reason=skip.reason, detail=skip.detail)
            await self._scribe.note(case.journal, replace(entry, limits=self._limits))
            return replace(skip, tries=tries)
        if held := self._withdrawn.now().refuses(picture):
            skip = _refusal(address, held)
            noted = replace(entry, became="skipped", stage=skip.stage, reason=skip.reason, withdrawn=held.sha256)
            await self._scribe.note(case.journal, noted)
            return skip
        find = Find(picture, self._sighting(case, address, got), got.content)
        return self._stored(case, address, await self._scribe.keep(find, case.journal, entry))

    def _sighting(self, case: _Case, address: str, got: Got) -> Sighting:
        return Sighting(
            case.candidate,
            case.match,
            fetched_url=address,
            final_url=got.final_url,
            http_status=got.status,
            content_type=got.content_type,
            fetched_at=_now(),
            robots=got.robots,
            scraper_version=__version__,
            stand_in=self._stand_in,
            opt_outs=_all_of(case.candidate.opt_outs, got.opt_outs),
        )

    def _stored(self, case: _Case, address: str, kept: Kept) -> Stored:
        sha256 = kept.record.picture.sha256
        seen = not self._seen.isdisjoint({sha256, *kept.replaces})
        how: How = "duplicate" if seen and kept.status != "new" else kept.status
        self._seen.add(sha256)
        return Stored(case.source.name, address, kept.record, how)

    def _journal(self, artist: str) -> Journal:
        name = slug(artist)
        if name not in self._journals:
            self._journals[name] = Journal(self._library.artist_dir(artist) / "journal.jsonl")
        return self._journals[name]


def _refusal(address: str, held: Withdrawal) -> Skip:
    return Skip(address, "policy", held.why, f"{held.label or held.sha256[:12]}, {held.at:%d %b %Y}")


def _addresses(candidate: Candidate) -> tuple[str, ...]:
    return (Path(candidate.path).as_uri(),) if candidate.path is not None else candidate.image_urls


def _all_of(page: Sequence[str], picture: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*page, *picture]))


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
