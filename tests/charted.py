"""What tests ask the pages of the map for."""

from flask import Flask
from flask.testing import FlaskClient

from gallery.chart import shelf

EVERYTHING = "-1,-1 999,-1 999,999 -1,999"


def cells_of(site: Flask) -> dict[str, tuple[int, int]]:
    with site.app_context():
        chart = shelf().now()
    assert chart is not None
    return chart.cells


def mark_of(site: Flask) -> str:
    with site.app_context():
        chart = shelf().now()
    assert chart is not None
    return chart.pyramid.mark


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return answer.text
