"""Pictures in pieces: which there are, what is in them, the room they take, and pictures that cannot be cut."""

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from shelf import drawing, encoded

from indexer.thumbnails import SIZES, beside, remove_thumbnails
from indexer.tiles.errors import CuttingBusy, CuttingFailed
from indexer.tiles.keeping import Source, Tiles
from indexer.tiles.plan import TILE, Piece, Plan

SIDES = st.integers(1, 9000)
WIDTH, HEIGHT = 1700, 1150


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiles]:
    made = Tiles(tmp_path_factory.mktemp("derived") / "tiles", most_bytes=10**7, max_pixels=4_000_000, waiting=3)
    yield made
    made.close()


def source(folder: Path, number: int, content: bytes, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Source:
    path = folder / f"{number}.picture"
    path.write_bytes(content)
    return Source(f"{number:02x}" * 32, path, *size)


def address(piece: Piece, plan: Plan) -> tuple[str, str]:
    left, top, width, height, across, down = piece
    whole = (width, height) == (plan.width, plan.height)
    return "full" if whole else f"{left},{top},{width},{height}", f"{across},{down}"


@given(SIDES, SIDES)
def test_tiles_of_each_factor_cover_the_picture_once_and_nothing_is_enlarged(width: int, height: int) -> None:
    plan = Plan(width, height)
    assert plan.factors[0] == 1
    for factor in plan.factors:
        side = TILE * factor
        laid = [plan.tile(factor, x, y) for y in range(0, height, side) for x in range(0, width, side)]
        assert sum(tile.width * tile.height for tile in laid) == width * height
        assert all(1 <= tile.sent_width <= TILE and 1 <= tile.sent_height <= TILE for tile in laid)
        assert all(0 <= tile.sent_width * factor - tile.width < factor for tile in laid)
    assert len(laid) == 1
    assert max(max(size) for size in plan.sizes) == min(max(width, height), SIZES[-1])


@given(SIDES, SIDES)
@example(1, 1025)
@example(1, 2050)
def test_every_piece_is_found_by_its_address_and_has_one(width: int, height: int) -> None:
    plan = Plan(width, height)
    pieces = list(plan.pieces())
    assert len({address(piece, plan) for piece in pieces}) == len(pieces)
    assert all(plan.find(*address(piece, plan)) == piece for piece in pieces)
    assert plan.find("full", "max") == plan.find("full", "{},{}".format(*plan.sizes[-1]))


@given(st.sampled_from(list(Plan(WIDTH, HEIGHT).pieces())), st.integers(0, 5), st.sampled_from([-1, 1, 512]))
def test_what_is_a_little_beside_a_piece_is_none(piece: Piece, at: int, by: int) -> None:
    plan = Plan(WIDTH, HEIGHT)
    other = Piece(*(value + by * (each == at) for each, value in enumerate(piece)))
    left, top, width, height, across, down = other
    found = plan.find(f"{left},{top},{width},{height}", f"{across},{down}")
    assert found is None or found in set(plan.pieces())


@pytest.mark.parametrize(
    ("region", "size"),
    [
        ("full", "full"),
        ("full", "01600,1082"),
        ("full", "1600,"),
        ("full", ",240"),
        ("full", "pct:50"),
        ("full", "!240,240"),
        ("full", "^max"),
        ("full", "1700,1150"),
        ("square", "max"),
        ("0,0,1700,1150", "1600,1082"),
        ("0,0,512,512", "max"),
        ("0,0,512,512", "256,256"),
        ("0,0,512,512", "512,512,"),
        ("00,0,512,512", "512,512"),
        ("+0,0,512,512", "512,512"),
        (" 0,0,512,512", "512,512"),
        ("0,0,512,512.0", "512,512"),
        ("0,0,٥١٢,512", "512,512"),
        ("256,0,512,512", "512,512"),
        ("512,0,512", "512,512"),
        ("2048,0,512,512", "512,512"),
        ("9" * 50 + ",0,1,1", "1,1"),
        ("", ""),
        ("../../..", "etc"),
    ],
)
def test_only_pieces_have_addresses(region: str, size: str) -> None:
    assert Plan(WIDTH, HEIGHT).find(region, size) is None


def test_pieces_show_the_picture_upright_and_lack_its_metadata(tiles: Tiles, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a camera's secret", 6
    upright = drawing(3, (WIDTH, HEIGHT))
    content = encoded(upright.transpose(Image.Transpose.ROTATE_90), quality=95, exif=exif)
    given_ = source(tmp_path, 3, content)
    sheet = Image.new("RGB", upright.size)
    for piece in given_.plan.pieces():
        made = tiles.read(given_, piece)
        assert b"secret" not in made
        with Image.open(io.BytesIO(made)) as image:
            assert (image.format, image.size) == ("JPEG", (piece.sent_width, piece.sent_height))
            if (piece.width, piece.height) == image.size:
                sheet.paste(image, (piece.left, piece.top))
            part = upright.crop((piece.left, piece.top, piece.left + piece.width, piece.top + piece.height))
            small = part.resize((16, 16), Image.Resampling.BOX)
            assert apart(image.resize((16, 16), Image.Resampling.BOX), small) < 6
    assert apart(sheet, upright) < 3
    with ZipFile(tiles.archive(given_)) as archive:
        assert len(archive.namelist()) == len(set(given_.plan.pieces()))


def apart(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, int) - np.asarray(other, int)).mean())


@pytest.mark.parametrize(
    ("content", "size", "why"),
    [
        (b"no picture", (WIDTH, HEIGHT), "not-a-picture"),
        (encoded(drawing(1, (900, 700)))[:5000], (900, 700), "damaged"),
        (encoded(drawing(1, (90, 70))), (900, 700), "pixels where .* are known"),
        (encoded(Image.new("1", (2100, 2000)), "PNG"), (2100, 2000), "too-many-pixels"),
    ],
)
def test_a_picture_that_cannot_be_cut_leaves_nothing_and_harms_no_other(
    content: bytes, size: tuple[int, int], why: str, tiles: Tiles, tmp_path: Path
) -> None:
    bad = source(tmp_path, 100 + len(why), content, size)
    with pytest.raises(CuttingFailed, match=why):
        tiles.read(bad, next(bad.plan.pieces()))
    assert not list(tiles.archive(bad).parent.glob("*"))
    # It is not tried again with every request.
    bad.path.write_bytes(encoded(drawing(1, (8, 8))))
    with pytest.raises(CuttingFailed, match=why):
        tiles.read(bad, next(bad.plan.pieces()))
    good = source(tmp_path, 10, encoded(drawing(1, (90, 70))), (90, 70))
    assert tiles.read(good, next(good.plan.pieces()))


def test_a_process_that_dies_is_replaced(tiles: Tiles, tmp_path: Path) -> None:
    first = source(tmp_path, 20, encoded(drawing(1, (90, 70))), (90, 70))
    assert tiles.read(first, next(first.plan.pieces()))
    cutter = tiles._cutter
    assert cutter is not None
    os.kill(cutter.pid, 9)
    second = source(tmp_path, 21, encoded(drawing(2, (90, 70))), (90, 70))
    with pytest.raises(CuttingFailed, match="signal 9"):
        tiles.read(second, next(second.plan.pieces()))
    assert tiles.read(second, next(second.plan.pieces()))


def test_an_archive_that_is_not_whole_is_made_anew(tiles: Tiles, tmp_path: Path) -> None:
    given_ = source(tmp_path, 30, encoded(drawing(1, (90, 70))), (90, 70))
    piece = next(given_.plan.pieces())
    content = tiles.read(given_, piece)
    tiles.archive(given_).write_bytes(tiles.archive(given_).read_bytes()[:100])
    assert tiles.read(given_, piece) == content


class Slow(Tiles):
    """Pieces whose cutting waits for a word, and is counted."""

    def __init__(self, folder: Path, waiting: int) -> None:
        super().__init__(folder, most_bytes=10**7, max_pixels=4_000_000, waiting=waiting)
        self.begun, self.go_on, self.cuts = threading.Event(), threading.Event(), 0

    def _asked(self, source: Source, archive: Path) -> str:
        self.begun.set()
        self.cuts += 1
        assert self.go_on.wait(30)
        return super()._asked(source, archive)


def test_those_who_ask_at_once_have_it_cut_once_and_too_many_are_sent_away(tmp_path: Path) -> None:
    given_ = source(tmp_path, 1, encoded(drawing(1, (90, 70))), (90, 70))
    piece, got = next(given_.plan.pieces()), list[bytes]()
    few, many = Slow(tmp_path / "few", 1), Slow(tmp_path / "many", 4)
    for tiles, count in ((few, 1), (many, 4)):
        asking = [threading.Thread(target=lambda t=tiles: got.append(t.read(given_, piece))) for _ in range(count)]
        for thread in asking:
            thread.start()
        assert tiles.begun.wait(30)
        if tiles is few:
            with pytest.raises(CuttingBusy, match="1 requests wait"):
                tiles.read(given_, piece)
        tiles.go_on.set()
        for thread in asking:
            thread.join()
        tiles.close()
    assert (few.cuts, many.cuts) == (1, 1)
    assert len(got) == 5 and len(set(got)) == 1


def test_the_longest_unread_make_room_and_what_a_writer_left_goes_too(tmp_path: Path) -> None:
    content = encoded(drawing(1, (400, 300)), quality=95)
    sources = [source(tmp_path, number, content, (400, 300)) for number in range(4)]
    piece = next(sources[0].plan.pieces())
    roomy = Tiles(tmp_path / "tiles", most_bytes=10**7, max_pixels=4_000_000, waiting=1)
    for age, each in enumerate(sources[:3]):
        roomy.read(each, piece)
        os.utime(roomy.archive(each), (1000 + age, 1000 + age))
    # Read again: now the second is the one that nobody wants.
    roomy.read(sources[0], piece)
    roomy.close()
    left = roomy.archive(sources[0]).with_name(".left.zip.1-2")
    left.write_bytes(bytes(50_000))
    os.utime(left, (1, 1))
    size = roomy.archive(sources[0]).stat().st_size
    tiles = Tiles(tmp_path / "tiles", most_bytes=3 * size, max_pixels=4_000_000, waiting=1)
    tiles.read(sources[3], piece)
    tiles.close()
    assert [tiles.archive(each).exists() for each in sources] == [True, False, True, True]
    assert not left.exists()


def test_pieces_go_with_the_thumbnails_and_with_a_picture_that_goes_meanwhile(tmp_path: Path) -> None:
    thumbnails = tmp_path / "derived" / "thumbnails"
    tiles = Tiles(beside(thumbnails), most_bytes=10**7, max_pixels=4_000_000, waiting=1)
    given_ = source(tmp_path, 1, encoded(drawing(1, (90, 70))), (90, 70))
    tiles.read(given_, next(given_.plan.pieces()))
    remove_thumbnails(thumbnails, given_.sha256)
    assert not tiles.archive(given_).exists()
    given_.path.unlink()
    with pytest.raises(CuttingFailed, match="unreadable"):
        tiles.read(given_, next(given_.plan.pieces()))
    tiles.close()
