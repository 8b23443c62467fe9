"""The pages of clusters: what visitors see, and what curators do by forms."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clustered import Clustered, copied
from curators import signed_in, token
from themes import theme_of

from gallery.clusters.reading import all_themes

pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture(scope="module")
def seen(clustered_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clustered]:
    """The same for all who leave it as it is."""
    with copied(clustered_once, tmp_path_factory.mktemp("seen") / "data") as seen:
        yield seen


def test_visitors_see_clusters_by_size_and_one_from_the_middle_to_the_edge(seen: Clustered) -> None:
    visitor = seen.site.test_client()
    page = visitor.get("/clusters")
    themes = all_themes(seen.database)
    assert page.status_code == 200
    assert [int(number) for number in re.findall(r"<h2><a href=\"/clusters/(\d+)\"", page.text)] == [
        t.id for t in themes
    ]
    one = visitor.get(f"/clusters/{themes[0].id}")
    assert one.status_code == 200
    scores = [float(score) for score in re.findall(r"</span>(-?\d\.\d\d)</span>", one.text)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) >= themes[0].size - 1


def test_many_clusters_take_several_pages(seen: Clustered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gallery.browse.clusters.ON_A_PAGE", 3)
    shown, visitor = [], seen.site.test_client()
    address: str | None = "/clusters"
    while address:
        page = visitor.get(address).text
        assert f"in {len(all_themes(seen.database))} clusters" in page
        shown.append(len(re.findall(r"<h2><a href=\"/clusters/\d+\"", page)))
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = onward[1] if onward else None
    assert shown == [3, 1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/clusters/999", 404),
        ("/clusters/x", 404),
        ("/clusters?page=0", 400),
        ("/clusters?page=2", 404),
        ("/clusters/1?page=0", 400),
        ("/clusters/1?page=900", 404),
        ("/clusters/1?from=2000&to=1000", 400),
    ],
)
def test_what_is_not_there_is_said_so(seen: Clustered, path: str, status: int) -> None:
    assert seen.site.test_client().get(path).status_code == status


def test_pages_only_take_what_they_take(seen: Clustered) -> None:
    assert seen.site.test_client().post("/clusters").status_code in (400, 405)
    assert signed_in(seen.site).get("/admin/clusters/1/pin").status_code == 405


DESK = ["/admin/clusters", "/admin/clusters/1", "/admin/clusters/runs/1"]


@pytest.mark.parametrize("path", DESK)
def test_the_desk_is_for_curators(seen: Clustered, path: str) -> None:
    assert signed_in(seen.site).get(path).status_code == 200
    assert signed_in(seen.site, "Ada").get(path).status_code == 200
    away = seen.site.test_client().get(path)
    assert away.status_code == 302
    assert "/login" in away.location


@pytest.mark.parametrize("path", ["/admin/clusters/999", "/admin/clusters/runs/999"])
def test_the_desk_knows_what_is_not_there(seen: Clustered, path: str) -> None:
    assert signed_in(seen.site).get(path).status_code == 404


ACTS = {
    "/admin/clusters/1/describe": {"name": "Waves", "description": ""},
    "/admin/clusters/1/pin": {},
    "/admin/clusters/1/merge": {"other": "2"},
    "/admin/clusters/1/split": {"into": "2"},
}


@pytest.mark.parametrize("path", ACTS)
def test_acts_need_a_token_and_a_curator(clustered: Clustered, path: str) -> None:
    client = signed_in(clustered.site)
    assert client.post(path, data=ACTS[path]).status_code == 400
    said = client.post(path, data=ACTS[path] | {"csrf_token": token(client, "/admin/clusters/1")})
    assert said.status_code == 303
    visitor = clustered.site.test_client()
    data = ACTS[path] | {"csrf_token": token(visitor, "/login")}
    assert visitor.post(path, data=data).status_code == 302


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/admin/clusters/1/split", {"into": "99"}, 400),
        ("/admin/clusters/1/split", {"into": "two"}, 400),
        ("/admin/clusters/1/merge", {"other": "1"}, 400),
        ("/admin/clusters/1/merge", {"other": "999"}, 404),
        ("/admin/clusters/999/pin", {}, 404),
        ("/admin/clusters/1/works", {"act": "explode"}, 400),
        ("/admin/clusters/1/works", {"act": "exclude"}, 400),
        ("/admin/clusters/1/works", {"act": "cover", "work": "00000000-0000-0000-0000-000000000000"}, 404),
        ("/admin/clusters/decisions/999/undo", {}, 400),
    ],
)
def test_acts_that_make_no_sense_are_refused_in_words(
    seen: Clustered, path: str, data: dict[str, str], status: int
) -> None:
    client = signed_in(seen.site)
    page = client.post(path, data=data | {"csrf_token": token(client, "/admin/clusters/1")})
    assert page.status_code == status
    assert "<h1>" in page.text


def test_a_hostile_name_is_shown_as_text(clustered: Clustered) -> None:
    client, name = signed_in(clustered.site), "<script>alert(1)</script>"
    cluster = all_themes(clustered.database)[0].id
    data = {"name": name, "description": name, "csrf_token": token(client, f"/admin/clusters/{cluster}")}
    client.post(f"/admin/clusters/{cluster}/describe", data=data)
    for path in ("/clusters", f"/clusters/{cluster}", f"/admin/clusters/{cluster}", "/admin/clusters"):
        page = client.get(path).text
        assert name not in page
        assert "&lt;script&gt;alert(1)" in page


def test_what_is_not_a_theme_is_not_shown_to_visitors(clustered: Clustered) -> None:
    client, cluster = signed_in(clustered.site), all_themes(clustered.database)[0].id
    data = {"name": "", "description": "", "not_theme": "1", "csrf_token": token(client, f"/admin/clusters/{cluster}")}
    client.post(f"/admin/clusters/{cluster}/describe", data=data)
    others = [theme.id for theme in all_themes(clustered.database) if theme.id != cluster]
    for page in ("/clusters", *(f"/clusters/{other}" for other in others)):
        assert f'href="/clusters/{cluster}"' not in clustered.site.test_client().get(page).text
    narrowed = clustered.site.test_client().get("/search?narrow=1").text
    assert f'href="/search?cluster={cluster}"' not in narrowed
    assert all(f'href="/search?cluster={other}"' in narrowed for other in others)


def test_a_clusters_page_can_be_shown_as_a_card_elsewhere_and_leads_to_movements(seen: Clustered) -> None:
    theme = all_themes(seen.database)[0]
    page = seen.site.test_client().get(f"/clusters/{theme.id}").text
    assert page.count('property="og:title"') == page.count('property="og:image"') == 1
    assert f'property="og:title" content="{theme.title}"' in page
    links = re.findall(r'href="(/movements/[^"]+)"', page)
    assert links and all(seen.site.test_client().get(link).status_code == 200 for link in links)


def test_a_cover_and_an_exclusion_by_form(clustered: Clustered) -> None:
    client, theme = signed_in(clustered.site), all_themes(clustered.database)[0]
    path = f"/admin/clusters/{theme.id}/works"
    chosen = theme.typical[0].id
    data = {"work": chosen, "act": "cover", "csrf_token": token(client, f"/admin/clusters/{theme.id}")}
    said = client.post(path, data=data)
    assert said.status_code == 303, said.text
    again = theme_of(clustered.database, theme.id)
    assert again
    assert again.face.id == chosen
    assert client.post(path, data=data | {"act": "exclude", "work": theme.typical[1].id}).status_code == 303
    assert clustered.store.get(theme.typical[1].id).cluster is None
    assert "took a work out" in client.get("/admin/clusters").text.lower()
