"""The sections of where works are from and of what their licences are."""

from collections import Counter
from collections.abc import Sequence

from gallery.report.contents import LISTED, top
from gallery.report.model import Case, Facts, Figure, Section, face_of
from gallery.wording import host
from indexer.store.model import Artwork
from scraper.facts import web_link

_OWED = 12


class Origins(Section):
    """Counts works by source, by the site that shows them, and by how their artist is known."""

    name, title = "origins", "From where"
    figures = (
        Figure("sources", "Sources"),
        Figure("hosts", "Sites that show the works"),
        Figure("nowhere", "Works without a page elsewhere"),
        Figure("unconfirmed", "Works whose artist no source states"),
    )

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._sources: Counter[str] = Counter()
        self._hosts: Counter[str] = Counter()
        self._matches: Counter[str] = Counter()
        self._nowhere = 0

    def see(self, works: Sequence[Artwork]) -> None:
        """Count some works."""
        for work in works:
            self._sources[work.source or "not known"] += 1
            self._matches[work.artist_match] += 1
            address = web_link(work.page_url)
            if address:
                self._hosts[host(address)] += 1
            else:
                self._nowhere += 1

    def facts(self) -> Facts:
        """Return what was counted."""
        return {
            "sources": len(self._sources),
            "hosts": len(self._hosts),
            "nowhere": self._nowhere,
            "unconfirmed": sum(self._matches.values()) - self._matches["exact"] - self._matches["alias"],
            "by_source": top(self._sources),
            "by_host": top(self._hosts),
            "by_match": top(self._matches),
        }


class Licences(Section):
    """Counts works by licence, and what credit is given with each."""

    name, title = "licences", "Under which licence"
    figures = (
        Figure("licences", "Licences"),
        Figure("stated", "Works with a licence stated", "share"),
        Figure("credited", "Works with a credit or a holder", "share"),
        Figure("unknown", "Works of unknown rights"),
        Figure("owed", "Works whose licence asks for a credit that is missing"),
    )

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._works: Counter[str] = Counter()
        self._credited: Counter[str] = Counter()
        self._owed: Counter[str] = Counter()
        self._owing: list[Artwork] = []

    def see(self, works: Sequence[Artwork]) -> None:
        """Count some works."""
        for work in works:
            credited = bool(work.credit or work.holder)
            self._works[work.licence] += 1
            self._credited[work.licence] += credited
            if asks_for_credit(work.licence) and not credited:
                self._owed[work.licence] += 1
                if len(self._owing) < _OWED:
                    self._owing.append(work)

    def facts(self) -> Facts:
        """Return what was counted."""
        ranked = sorted(self._works.items(), key=lambda pair: (-pair[1], pair[0]))
        works, unknown = sum(self._works.values()), self._works["unknown"]
        return {
            "licences": len([code for code in self._works if code != "unknown" and self._works[code]]),
            "stated": round((works - unknown) / works, 4) if works else None,
            "credited": round(sum(self._credited.values()) / works, 4) if works else None,
            "unknown": unknown,
            "owed": sum(self._owed.values()),
            "owing": [face_of(work) for work in self._owing],
            "by_licence": [[code, n, self._credited[code], self._owed[code]] for code, n in ranked[: 2 * LISTED]],
            "others": len(ranked[2 * LISTED :]),
        }


def asks_for_credit(code: str) -> bool:
    """Tell whether a licence lets works be shown only with credit, as Creative Commons' BY do."""
    return "BY" in code.upper().split("-")
