"""What hangs on the museum's pages and is no art: a logo, icons, a portrait, a card for sharing, a counter."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SVG = "image/svg+xml"

_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">'
    '<path d="M4 44V20L24 5l20 15v24z" fill="#1d1d1b"/><circle cx="24" cy="27" r="9" fill="#f3c14b"/></svg>'
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="none" '
    'stroke="#1d1d1b" stroke-width="2"><circle cx="10" cy="10" r="6"/><path d="M15 15l6 6"/></svg>'
)
_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@lru_cache
def made(name: str) -> tuple[bytes, str] | None:
    """Return a piece by the name in its address, with its media type."""
    match name:
        case "logo.svg":
            return _LOGO.encode(), SVG
        case "icon-search.svg":
            return _ICON.encode(), SVG
        case "count.gif":
            return _PIXEL, "image/gif"
        case "icons-sprite.png":
            return _png(_sprite()), "image/png"
        case "curator-avatar.png":
            return _png(_portrait()), "image/png"
        case "share-card.png":
            return _png(_card()), "image/png"
    return None


def _png(image: Image.Image) -> bytes:
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _sprite() -> Image.Image:
    image = Image.new("RGB", (240, 240), "#f6f4ef")
    pen = ImageDraw.Draw(image)
    for at in range(9):
        left, top = at % 3 * 80 + 20, at // 3 * 80 + 20
        pen.rounded_rectangle((left, top, left + 40, top + 40), 4 + at * 2, outline="#1d1d1b", width=4)
    return image


def _portrait() -> Image.Image:
    image = Image.new("RGB", (256, 256), "#d9cfc0")
    pen = ImageDraw.Draw(image)
    pen.ellipse((84, 52, 172, 140), fill="#7b5a48")
    pen.ellipse((44, 150, 212, 330), fill="#33413f")
    return image


def _card() -> Image.Image:
    image = Image.new("RGB", (1200, 630), "#1d1d1b")
    pen = ImageDraw.Draw(image)
    pen.ellipse((120, 165, 420, 465), fill="#f3c14b")
    pen.text((480, 270), "Museum of Drawn Light", fill="#f6f4ef", font=ImageFont.load_default(56))
    return image
