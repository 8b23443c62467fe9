"""Untrusted bytes as pictures: what they really are, and the upright sRGB image in them.

The format comes from the bytes alone. Files that pretend, bomb, are cut short or hold a film are `PictureError`s, whose
`kind` is one of: not-a-picture, unreadable, unsupported, too-many-pixels, too-small, too-long, animated, damaged.
"""

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO

from PIL import Image, ImageCms, UnidentifiedImageError

from scraper.errors import PictureError
from scraper.model import Picture
from scraper.phash import has_features, perceptual_hash

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
MAX_FRAMES = 500
MAX_ASPECT = 6.0

# Oddities in a stranger's file are no news for whoever runs this, ...
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
# ... but between one and two times its limit Pillow no more than warns of a bomb.
warnings.simplefilter("error", Image.DecompressionBombWarning)

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8])
_WHITE = (255, 255, 255)
# Small enough to make JPEGs quick to check, large enough that every coefficient is still read.
_CHECK_SIDE = 64


def open_upright(source: Path | bytes, *, max_pixels: int, shortest: int | None = None) -> Image.Image:
    """Return the picture (a film's first frame) as RGB: turned as EXIF says, in sRGB, on white, 8 bits a channel.

    With `shortest`, a JPEG may come smaller than it is, its short side at least that many pixels; that is several
    times faster. Raises `PictureError`.
    """
    with _opened(source, max_pixels) as image:
        turn = _load(image, shortest)
        rgb = _rgb(image)
        return rgb.transpose(turn) if turn is not None else rgb


def inspect(content: bytes, *, max_pixels: int, min_side: int, max_aspect: float = MAX_ASPECT) -> Picture:
    """Decode the whole of `content` and say what it is; raises `PictureError` for whatever is not to be kept."""
    with _opened(content, max_pixels) as image:
        width, height = image.size
        if min(width, height) < min_side:
            raise PictureError("too-small", f"{width} x {height} pixels, the short side must be {min_side}")
        if max(width, height) > max_aspect * min(width, height):
            raise PictureError("too-long", f"{width} x {height} pixels, a side may be {max_aspect:g} times the other")
        frames = int(getattr(image, "n_frames", 1))
        if frames > MAX_FRAMES:
            raise PictureError("animated", f"{frames} frames, at most {MAX_FRAMES} are taken")
        mode, format_ = image.mode, "JPEG" if image.format == "MPO" else str(image.format)
        turn = _load(image, _CHECK_SIDE)
        if format_ == "TIFF":
            # Turned by Pillow as it was loaded.
            width, height = image.size
        elif turn in _SIDEWAYS:
            width, height = height, width
        phash = _phash(_rgb(image), turn)
        return Picture(hashlib.sha256(content).hexdigest(), len(content), format_, mode, width, height, frames, phash)


def _phash(rgb: Image.Image, turn: Image.Transpose | None) -> str | None:
    if not has_features(rgb):
        return None
    return perceptual_hash(rgb.transpose(turn) if turn is not None else rgb)


@contextmanager
def _opened(source: Path | bytes, max_pixels: int) -> Iterator[Image.Image]:
    Image.MAX_IMAGE_PIXELS = max_pixels
    with _file(source) as file:
        try:
            with Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > max_pixels:
                    raise Image.DecompressionBombError(f"{image.width} x {image.height} pixels")
                yield image
        except PictureError:
            raise
        except UnidentifiedImageError as error:
            raise PictureError("not-a-picture", "the bytes are in none of the formats " + ", ".join(FORMATS)) from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise PictureError("too-many-pixels", f"{error}; at most {max_pixels:,} are decoded") from error
        except MemoryError as error:
            raise PictureError("too-many-pixels", "decoding it needs more memory than is allowed") from error
        except Exception as error:
            # Pillow's readers raise nearly anything on hostile bytes: OSError, SyntaxError, struct.error, IndexError...
            raise PictureError("damaged", f"{type(error).__name__}: {error}") from error


def _file(source: Path | bytes) -> IO[bytes]:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        return source.open("rb")
    except OSError as error:
        raise PictureError("unreadable", f"{source}: {error.strerror}") from error


def _load(image: Image.Image, shortest: int | None) -> Image.Transpose | None:
    """Read the samples, of a JPEG perhaps fewer than there are, and return the turn still to be made."""
    if shortest is not None and image.format in ("JPEG", "MPO"):
        image.draft(None, (shortest, shortest))
    image.load()
    # After loading: a TIFF has then been turned by Pillow already, and a PNG may state it at its end.
    return _TURNS.get(_orientation(image))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # Unreadable EXIF says nothing about the picture, which is shown as it lies.
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        # Sixteen bits a sample; a plain conversion would cut everything above 255 to white.
        image = image.point(lambda level: level * (1 / 256)).convert("L")
    elif image.mode == "F":
        raise PictureError("unsupported", "samples are floating-point numbers, whose range is not stated")
    elif image.has_transparency_data:
        image = _on_white(image.convert("RGBA"))
    elif image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    converted = _to_srgb(image, profile) if isinstance(profile, bytes) and profile else None
    return converted or image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    ground = Image.new("RGB", image.size, _WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    transform = _transform(profile, image.mode)
    return ImageCms.applyTransform(image, transform) if transform else None


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the way from an embedded profile to sRGB; None where there is none to go or the profile is unusable."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).casefold():
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
