"""What pages say to programs: linked data, feeds, the map for crawlers, IIIF; sound whatever works are called."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from exhibition import ARTISTS, CARD, NOT_THERE, Exhibition, random_vectors, settings_for
from flask import Flask
from flask.testing import FlaskClient
from test_gallery_hostile import hostile_works

from gallery.app import create_app
from gallery.browse import sitemap
from gallery.catalogue import store
from indexer.store import open_store
from indexer.store.model import CONTENT, Artwork
from scraper.names import slug

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PICTURE = "{http://www.google.com/schemas/sitemap-image/1.1}"
FIRST = slug(ARTISTS[0])


@pytest.fixture(scope="module")
def hostile(
    exhibition: Exhibition, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FlaskClient, list[Artwork]]]:
    settings = settings_for(tmp_path_factory.mktemp("hostile-manners"))
    works = [replace(work, cluster="3") for work in hostile_works(exhibition.works)]
    with closing(open_store(settings)) as store:
        store.prepare(CARD)
        store.add(works, {CONTENT: random_vectors(len(works))})
        yield create_app(settings, store).test_client(), works


@pytest.fixture(scope="module")
def clustered(site: Flask, exhibition: Exhibition) -> list[Artwork]:
    """Works of one cluster, newest first."""
    works = [work for work in exhibition.works if work.year is not None][:7]
    with site.app_context():
        store().set_fields({work.id: {"cluster": "12"} for work in works})
    return works


def data_of(html: str) -> dict[str, object]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.S)
    assert len(found) == 1
    data: dict[str, object] = json.loads(found[0])
    return data


def metas(html: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html))


def test_an_artwork_is_told_as_linked_data(visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = next(work for work in exhibition.works if work.licence == "CC-BY-SA-4.0" and work.tags and work.movement)
    data = data_of(visitor.get(f"/artworks/{work.id}").text)
    page = f"http://localhost/artworks/{work.id}"
    assert (data["@type"], data["name"], data["url"]) == ("VisualArtwork", work.title, page)
    assert data["creator"] == {"@type": "Person", "name": work.artist, "url": f"http://localhost{link_to(work)}"}
    assert (data["dateCreated"], data["genre"]) == (str(work.year), work.movement)
    image = data["image"]
    assert isinstance(image, dict)
    assert image["license"] == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert image["acquireLicensePage"] == work.page_url
    assert image["creditText"] == work.credit
    assert visitor.get(image["contentUrl"]).status_code == 200


def link_to(work: Artwork) -> str:
    return f"/artists/{quote(work.artist_slug)}"


def test_what_is_not_known_of_a_work_is_not_told(visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = next(work for work in exhibition.works if work.licence == "unknown" and work.year is None)
    data = data_of(visitor.get(f"/artworks/{work.id}").text)
    assert not {"dateCreated", "artMedium", "creditText"} & data.keys()
    image = data["image"]
    assert isinstance(image, dict)
    assert "license" not in image
    assert None not in [*data.values(), *image.values()]


def test_no_title_ends_its_data_block(hostile: tuple[FlaskClient, list[Artwork]]) -> None:
    client, works = hostile
    for work in works:
        html = client.get(f"/artworks/{work.id}").text
        data = data_of(html)
        assert data["name"] == work.title
        # Its own, and nothing that a title opened.
        ours = html.count('<script type="module" src="/static/')
        assert html.count("<script") == html.count("</script") == 1 + ours
        assert "javascript:" not in str(data.get("sameAs", "")).lower()


@pytest.mark.parametrize("page", ["/", "/artists", f"/artists/{FIRST}", "/search?q=study", "/about", "ARTWORK"])
def test_every_page_can_be_shown_as_a_card_elsewhere(page: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    html = visitor.get(page.replace("ARTWORK", f"/artworks/{exhibition.works[1].id}")).text
    said = metas(html)
    assert {"og:site_name", "og:type", "og:title", "og:description", "og:url", "description"} <= said.keys()
    assert all(said.values())
    assert html.count('property="og:title"') == html.count('name="description"') == 1
    assert '<link rel="alternate" type="application/atom+xml" title="New works" href="/feed.atom">' in html
    if "og:image" in said:
        assert visitor.get(said["og:image"]).status_code == 200
    assert ("og:image" in said) == (page not in ("/artists", "/search?q=study", "/about"))


def feed_of(client: FlaskClient, address: str) -> ElementTree.Element:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml"), answer.text
    return ElementTree.fromstring(answer.text)


def told(feed: ElementTree.Element) -> list[str]:
    return [(entry.findtext(f"{ATOM}id") or "").removeprefix("urn:uuid:") for entry in feed.iter(f"{ATOM}entry")]


def test_feeds_tell_of_new_works_everywhere_of_an_artist_and_in_a_cluster(
    visitor: FlaskClient, exhibition: Exhibition, clustered: list[Artwork]
) -> None:
    assert told(feed_of(visitor, "/feed.atom")) == [work.id for work in exhibition.works][:50]
    own = [work.id for work in exhibition.works if work.artist_slug == FIRST]
    assert told(feed_of(visitor, f"/artists/{FIRST}/feed.atom")) == own
    assert told(feed_of(visitor, "/clusters/12/feed.atom")) == [work.id for work in clustered]


def test_a_feed_has_what_atom_demands(visitor: FlaskClient, exhibition: Exhibition) -> None:
    feed = feed_of(visitor, "/feed.atom")
    assert feed.findtext(f"{ATOM}id") == "http://localhost/feed.atom"
    assert feed.findtext(f"{ATOM}updated") == feed.findtext(f"{ATOM}entry/{ATOM}updated") == "2023-11-14T22:13:59Z"
    for entry in feed.iter(f"{ATOM}entry"):
        assert all(entry.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated", "author/" + ATOM + "name"))
        assert entry.findtext(f"{ATOM}rights")
        links = {link.get("rel"): link.get("href") or "" for link in entry.iter(f"{ATOM}link")}
        assert visitor.get(links["enclosure"]).status_code == visitor.get(links["alternate"]).status_code == 200


def test_a_feed_of_likenesses_goes_down_to_the_score_asked_for_newest_first(
    visitor: FlaskClient, exhibition: Exhibition
) -> None:
    work = exhibition.works[2]
    everything = told(feed_of(visitor, f"/artworks/{work.id}/feed.atom?above=-1"))
    assert everything == [other.id for other in exhibition.works if other is not work][:50]
    some = told(feed_of(visitor, f"/artworks/{work.id}/feed.atom?above=0.3"))
    assert 0 < len(some) < len(everything)
    # A picture that nothing is so like is no error: something may come.
    assert told(feed_of(visitor, f"/artworks/{work.id}/feed.atom?above=1")) == []


@pytest.mark.parametrize("above", ["", "x", "2", "-1.1", "nan", "inf", "0.5555555555", "٠"])
def test_a_score_that_is_none_is_refused(above: str, visitor: FlaskClient, exhibition: Exhibition) -> None:
    answer = visitor.get(f"/artworks/{exhibition.works[0].id}/feed.atom", query_string={"above": above})
    assert answer.status_code == 400
    assert "must be a likeness between -1 and 1" in answer.text


def test_a_feed_that_did_not_change_is_not_sent_again(visitor: FlaskClient) -> None:
    first = visitor.get("/feed.atom")
    again = visitor.get("/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_feeds_of_hostile_works_are_sound_and_lead_nowhere_else(hostile: tuple[FlaskClient, list[Artwork]]) -> None:
    client, works = hostile
    for address in ("/feed.atom", "/clusters/3/feed.atom", f"/artworks/{works[0].id}/feed.atom?above=-1"):
        feed = feed_of(client, address)
        links = [node.get("href") or node.get("src") for node in feed.iter() if node.get("href") or node.get("src")]
        assert all((link or "").startswith("http://localhost/") for link in links)
    titles = [entry.findtext(f"{ATOM}title") for entry in feed_of(client, "/feed.atom").iter(f"{ATOM}entry")]
    assert "<script>alert(1)</script>" in titles
    assert "line\nbreak\ttab \N{REPLACEMENT CHARACTER}bell" in titles


@pytest.mark.parametrize(
    "address",
    [
        "/artists/nobody/feed.atom",
        "/artists/nobody/collection.json",
        "/clusters/999999/feed.atom",
        "/clusters/x/feed.atom",
        f"/artworks/{NOT_THERE}/feed.atom",
        f"/artworks/{NOT_THERE}/manifest.json",
        "/artworks/1/manifest.json",
        "/sitemaps/artworks-0.xml",
        "/sitemaps/artworks-2.xml",
        "/sitemaps/artworks-x.xml",
    ],
)
def test_what_is_not_there_has_no_feed_manifest_or_part(address: str, visitor: FlaskClient) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 404
    assert "Nothing hangs here" in answer.text


@pytest.mark.parametrize(
    "address", ["/feed.atom", f"/artists/{FIRST}/feed.atom", "/sitemap.xml", "/sitemaps/rooms.xml"]
)
def test_they_are_only_read(address: str, visitor: FlaskClient) -> None:
    assert visitor.post(address).status_code == 405


def test_the_map_lists_every_page_and_every_picture_once(
    visitor: FlaskClient, exhibition: Exhibition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "PART", 16)
    monkeypatch.setattr(sitemap, "STEP", 8)
    parts = locations(visitor, "/sitemap.xml", "sitemap")
    assert [part.rpartition("/")[2] for part in parts] == ["rooms.xml", *(f"artworks-{n}.xml" for n in (1, 2, 3))]
    pages = [page for part in parts[1:] for page in locations(visitor, part, "url")]
    assert pages == [f"http://localhost/artworks/{work.id}" for work in exhibition.works]
    rooms = locations(visitor, parts[0], "url")
    assert {"http://localhost/", "http://localhost/artists", f"http://localhost/artists/{FIRST}"} <= set(rooms)
    assert all(visitor.get(room).status_code == 200 for room in rooms)


def locations(client: FlaskClient, address: str, kind: str) -> list[str]:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    tree = ElementTree.fromstring(answer.text)
    for picture in tree.iter(f"{PICTURE}loc"):
        assert client.get(picture.text or "").status_code == 200
    return [entry.findtext(f"{MAP}loc") or "" for entry in tree.iter(f"{MAP}{kind}")]


def test_robots_are_told_where_the_map_is(visitor: FlaskClient) -> None:
    assert "Sitemap: http://localhost/sitemap.xml" in visitor.get("/robots.txt").text.splitlines()


def test_an_empty_gallery_has_a_map_and_a_feed(exhibition: Exhibition, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with closing(open_store(settings)) as nothing:
        client = create_app(settings, nothing).test_client()
        assert told(feed_of(client, "/feed.atom")) == []
        assert locations(client, "/sitemap.xml", "sitemap") == ["http://localhost/sitemaps/rooms.xml"]
        assert client.get("/sitemaps/artworks-1.xml").status_code == 404


def test_a_manifest_shows_the_picture_with_its_rights_to_any_viewer(
    visitor: FlaskClient, exhibition: Exhibition
) -> None:
    work = next(work for work in exhibition.works if work.licence == "CC-BY-SA-4.0" and work.width == 900)
    answer = visitor.get(f"/artworks/{work.id}/manifest.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    manifest = json.loads(answer.text)
    assert manifest["id"] == f"http://localhost/artworks/{work.id}/manifest.json"
    assert manifest["label"] == {"none": [work.title]}
    assert manifest["rights"] == "http://creativecommons.org/licenses/by-sa/4.0/"
    assert "CC BY-SA 4.0" in manifest["requiredStatement"]["value"]["none"][0]
    canvas = manifest["items"][0]
    assert sound(manifest) == ["Manifest", "Canvas", "AnnotationPage", "Annotation"]
    body = canvas["items"][0]["items"][0]["body"]
    assert (canvas["width"], canvas["height"]) == (body["width"], body["height"]) == (900, 700)
    picture = visitor.get(body["id"])
    assert picture.mimetype == body["format"]
    # Or the viewer of another site could not show it.
    assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert [thumbnail["width"] for thumbnail in manifest["thumbnail"]] == [240, 480]


def sound(manifest: dict[str, Any]) -> list[str]:
    """Return the types from a manifest down to its annotation, each held to what Presentation 3 demands of it."""
    assert manifest["@context"] == "http://iiif.io/api/presentation/3/context.json"
    types, node, above = [], manifest, manifest
    while True:
        types.append(node["type"])
        assert node["id"].startswith("http://localhost/")
        for said in (node.get("label"), *(entry[key] for entry in node.get("metadata", ()) for key in entry)):
            assert said is None or all(isinstance(text, str) for texts in said.values() for text in texts)
        for part in (*node.get("thumbnail", ()), *node.get("homepage", ())):
            assert {"id", "type", "format"} <= part.keys()
        if node["type"] == "Annotation":
            break
        (node,), above = node["items"], node
    # A canvas has an address of its own, without a fragment, and its annotation lies on it.
    assert (above["type"], node["motivation"], "#" in node["target"]) == ("AnnotationPage", "painting", False)
    assert node["target"] == manifest["items"][0]["id"]
    assert {"id", "type", "format", "width", "height", "service"} <= node["body"].keys()
    return types


def test_a_manifest_names_no_rights_that_nobody_stated(visitor: FlaskClient, exhibition: Exhibition) -> None:
    work = next(work for work in exhibition.works if work.licence == "unknown")
    manifest = json.loads(visitor.get(f"/artworks/{work.id}/manifest.json").text)
    assert "rights" not in manifest
    assert manifest["requiredStatement"]["value"] == {"none": ["Rights unknown"]}


def test_a_collection_leads_to_the_manifests_of_an_artist(visitor: FlaskClient, exhibition: Exhibition) -> None:
    collection = json.loads(visitor.get(f"/artists/{FIRST}/collection.json").text)
    assert (collection["type"], collection["label"]) == ("Collection", {"none": [ARTISTS[0]]})
    works = [work for work in exhibition.works if work.artist == ARTISTS[0]]
    assert [item["label"]["none"][0] for item in collection["items"]] == [work.title for work in works]
    assert all(visitor.get(item["id"]).status_code == 200 for item in collection["items"])
    assert visitor.get(f"/artists/{FIRST}/collection.json?page=2").status_code == 404
    assert visitor.get(f"/artists/{FIRST}/collection.json?page=x").status_code == 400
