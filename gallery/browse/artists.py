"""The index of artists and the page of one artist."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from flask import Blueprint, abort, render_template, request

from gallery.browse.facets import narrowing
from gallery.browse.reading import ORDERS, choice, in_order, known_or_400, order_asked, page_number
from gallery.browse.roster import listed, roster_narrowing, stating_country, wanted
from gallery.catalogue import last_page, store, within, works_of_or_404
from gallery.clusters.reading import Theme
from gallery.clusters.shelf import known_clusters
from gallery.configured import configured
from gallery.portraits import portraits
from gallery.survey import LATE, Group, Kindred, surveyor
from indexer.store.collection import REACH
from indexer.store.model import Artwork, FacetCount, Filters, Page, Vector

blueprint = Blueprint("artists", __name__)

WORK_ORDERS = {"new": "Newest here", "year": "By year", "typical": "Most typical"}
# Bars of single years are told apart up to so many.
MOST_YEARS = 80
MOST_THEMES = 8
# Sorting by time waits so many seconds for the first survey, then goes by name.
PATIENCE = 3.0


class Span(NamedTuple):
    """The first and the last year of a timeline, and its rows: what they lead to, a name, works by decade."""

    first: int
    last: int
    rows: Sequence[tuple[str, str, Sequence[tuple[int, int]]]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """An artist as the index shows them: a work as cover, and how many there are."""

    slug: str
    name: str
    cover: Artwork
    count: int


@blueprint.get("/artists")
def index() -> str:
    """Show the artists, all or some, in one of several orders, a page or a letter at a time, each with a cover."""
    number, size, asked, order = page_number(), configured().page_size, wanted(), order_asked()
    counts = listed(asked)
    letters = sorted({facet.value[:1] for facet in counts})
    if asked.letter and asked.letter not in letters:
        abort(404, "No artist begins with that letter.")
    chosen = [facet for facet in counts if facet.value.startswith(asked.letter)]
    last = last_page(number, len(chosen), size)
    known, like = surveyor().latest(PATIENCE if order == "time" else 0), portraits() if order == "typical" else None
    groups = known.artists if known else {}
    shown = in_order(chosen, order, groups, like.artists if like else None)[(number - 1) * size : number * size]
    everyone = [facet.value for facet in chosen]
    return render_template(
        "browse/artists.html",
        artists=shelf(shown),
        total=len(chosen) if asked.letter else len(counts),
        letters=letters,
        asked=asked,
        narrowing=roster_narrowing(asked, everyone, groups),
        stating=stating_country(everyone),
        order=order,
        orders=ORDERS,
        typical=bool(like),
        span=spans(shown, groups) if order == "time" else None,
        number=number,
        last=last,
    )


@blueprint.get("/artists/<slug>")
def show(slug: str) -> str:
    """Show an artist's works: the newest here first, by year, or the most typical first."""
    asked = choice().without("artist")
    sort = known_or_400(request.args.get("sort", "new"), WORK_ORDERS, "The works can be sorted by")
    filters, like = asked.filters(artist=slug), portraits()
    middle = like.artists.middle(slug) if like else None
    works = within(sorted_works(slug, filters, sort, middle))
    known = surveyor().latest()
    group = known.artists.get(slug) if known else None
    first = works.number == 1 and not asked.any and sort == "new"
    return render_template(
        "browse/artist.html",
        slug=slug,
        name=works.artworks[0].artist if works.artworks else name_of(slug),
        works=works,
        asked=asked,
        sort=sort,
        sorts={name: label for name, label in WORK_ORDERS.items() if name != "typical" or middle is not None},
        narrowing=narrowing(asked, filters, works.total, fixed=("artist",)),
        movements=store().facets("movement", Filters(artist=slug)),
        seen=store().facets("seen_words", Filters(artist=slug)),
        kindred=still_here(known.kindred.get(slug, ())) if known and first else (),
        years=years_of(group) if group else (),
        decades=group.years if group else (),
        palette=like.artists.palette(slug) if like and first else (),
        themes=themes_of(Filters(artist=slug)) if first else (),
    )


def sorted_works(slug: str, filters: Filters, sort: str, middle: Vector | None) -> Page:
    """Return a page of an artist's works in an order, or answer 404; without a `middle` none is more typical."""
    number, size = page_number(), configured().page_size
    page = works_of_or_404(slug, filters, number, size)
    if sort == "year":
        return store().ranked(filters, ["year"], lambda fields: -fields.get("year", LATE), number=number, size=size)
    if sort == "typical" and middle is not None:
        if number * size > REACH:
            abort(404, f"Only the {REACH:,} most typical works are shown in this order.")
        found = store().similar(middle, filters, number=number, size=size).found
        return replace(page, artworks=tuple(neighbour.artwork for neighbour in found))
    return page


def years_of(group: Group) -> list[tuple[int, int]]:
    """Return how many works there are by year, nothing where that would be too fine to see."""
    years = sorted(group.dated.items())
    return years if years and years[-1][0] - years[0][0] < MOST_YEARS else []


def themes_of(filters: Filters) -> list[tuple[Theme, int]]:
    """Return the clusters that works are in, with how many, those with most first."""
    known = known_clusters().themes
    counts = store().facets("cluster", filters, limit=MOST_THEMES)
    found = [(known.get(int(each.value)), each.count) for each in counts if each.value.isdecimal()]
    return [(theme, count) for theme, count in found if theme is not None and theme.theme]


def spans(counts: Sequence[FacetCount], groups: Mapping[str, Group], named: Callable[[str], str] = str) -> Span | None:
    """Return when the works of each of these were made, None where fewer than two are known to differ."""
    rows = [(each.value, groups[each.value]) for each in counts if each.value in groups]
    dated = [(named(value), group.name, group.years) for value, group in rows if group.decades]
    if len(dated) < 2:
        return None
    first, last = min(years[0][0] for *_, years in dated), max(years[-1][0] for *_, years in dated)
    return Span(first, last + 9, dated)


def still_here(found: Sequence[Kindred]) -> list[Kindred]:
    """Return those whose pair of works still hangs here: what was taken down since is not shown."""
    if not found:
        return []
    gone = set(store().missing(list({work.id for each in found for work in (each.ours, each.theirs)})))
    return [each for each in found if not {each.ours.id, each.theirs.id} & gone]


def shelf(counts: Sequence[FacetCount]) -> list[Shelf]:
    """Return artists with their covers, in the order of `counts`; one call for all."""
    covers = store().covers("artist_slug", [facet.value for facet in counts]) if counts else {}
    return [
        Shelf(facet.value, covers[facet.value].artist, covers[facet.value], facet.count)
        for facet in counts
        # A work removed between the two calls leaves its artist without a cover.
        if facet.value in covers
    ]


def name_of(slug: str) -> str:
    """Return the artist's name as their works spell it."""
    return store().covers("artist_slug", [slug])[slug].artist
