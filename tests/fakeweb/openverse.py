"""Openverse: pages of twenty for those without an account, and 401 for whoever asks for more."""

from websites import Answer, Asked, Websites

from fakeweb import Work, as_json, drawn, said

API, IMAGES = "api.openverse.org", "live.staticflickr.example"
HOSTS = (API, IMAGES)
MONETS = 23
LICENCES = [("by-sa", "2.0", "CC-BY-SA-2.0"), ("cc0", "1.0", "CC0-1.0"), ("pdm", "1.0", "PDM-1.0")]
EXPECTED = {Work(f"Haystack {at}", None, "not-stated", LICENCES[at % 3][2]) for at in range(MONETS)}


def build(sites: Websites) -> None:
    sites.add(f"https://{API}/v1/images/", answer)
    for at in range(MONETS):
        sites.add(f"https://{IMAGES}/{at}.jpg", drawn(1300 + at))


def answer(asked: Asked) -> Answer:
    size, page = int(said(asked, "page_size") or 20), int(said(asked, "page") or 1)
    if size > 20 or page > 20:
        return as_json({"detail": "page_size must be between 1 & 20 for unauthenticated requests"}, 401)
    found = [work(at) for at in range(MONETS)] if said(asked, "q") == '"Claude Monet"' else []
    part = found[(page - 1) * size : page * size]
    return as_json({"result_count": len(found), "page_count": -(-len(found) // size), "page": page, "results": part})


def work(at: int) -> dict[str, object]:
    slug, version, _ = LICENCES[at % 3]
    kind = "licenses" if slug == "by-sa" else "publicdomain"
    name = {"cc0": "zero", "pdm": "mark"}.get(slug, slug)
    return {
        "id": f"4bc43a04-ef46-4544-a0c1-63c63f56e{at:03}",
        "title": f"Haystack {at}",
        "url": f"https://{IMAGES}/{at}.jpg",
        "foreign_landing_url": f"https://www.flickr.com/photos/somebody/{at}",
        "creator": "somebody with a camera",
        "license": slug,
        "license_version": version,
        # Some entries have no address of a licence, and their name has to do.
        "license_url": f"https://creativecommons.org/{kind}/{name}/{version}/" if at % 2 else None,
        "attribution": f'"Haystack {at}" by somebody with a camera is licensed under {slug} {version}.',
        "source": "flickr",
        "width": 640,
        "height": 480,
        "tags": [{"name": "monet"}, {"name": "painting"}],
    }
