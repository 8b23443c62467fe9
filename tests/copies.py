"""Copies of pictures as they turn up in collections: in other sizes and qualities, cut, turned, framed, on pages."""

import io
from collections.abc import Callable
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

Copy = Callable[[Image.Image, Random], Image.Image]

_BORDERS = [(255, 255, 255), (0, 0, 0), (238, 232, 220), (92, 64, 40), (180, 150, 60)]
_PAPERS = [(255, 255, 255), (245, 245, 245), (24, 24, 27)]
_CAPTION = "A caption about this picture, its painter and year " * 2


def jpeg(image: Image.Image, quality: int = 90) -> Image.Image:
    """Return a picture as it is after JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def crop(share: float) -> Copy:
    """Return what cuts a share off width and height both, wherever it happens."""

    def cut(image: Image.Image, random: Random) -> Image.Image:
        width, height = (round(side * (1 - share)) for side in image.size)
        left, top = random.randint(0, image.width - width), random.randint(0, image.height - height)
        return image.crop((left, top, left + width, top + height))

    return cut


def turn(*ways: Image.Transpose) -> Copy:
    """Return what turns a picture in one of some ways."""
    return lambda image, random: image.transpose(random.choice(ways))


def colour(image: Image.Image, random: Random) -> Image.Image:
    """Shift hue by 20 degrees, change saturation, brightness and contrast by up to a quarter or two fifths."""
    values = np.asarray(image.convert("HSV")).astype(np.int16)
    values[..., 0] = (values[..., 0] + random.choice([-14, 14])) % 256
    values[..., 1] = np.clip(values[..., 1] * random.uniform(0.6, 1.4), 0, 255)
    shifted = Image.fromarray(values.astype(np.uint8), "HSV").convert("RGB")
    shifted = ImageEnhance.Brightness(shifted).enhance(random.uniform(0.75, 1.25))
    return ImageEnhance.Contrast(shifted).enhance(random.uniform(0.8, 1.25))


def border(image: Image.Image, random: Random) -> Image.Image:
    """Put a border of 4 to 10 % around a picture."""
    return ImageOps.expand(image, round(max(image.size) * random.uniform(0.04, 0.1)), random.choice(_BORDERS))


def screenshot(image: Image.Image, random: Random) -> Image.Image:
    """Put a picture on a page: uneven margins of 5 to 30 %, the bar of a browser above, lines of text below."""
    side = max(image.size)
    left, top, right, bottom = (round(side * random.uniform(0.05, 0.3)) for _ in range(4))
    bar, step, paper = round(side * 0.07), max(6, round(side * 0.03)), random.choice(_PAPERS)
    dark = paper[0] < 100
    page = Image.new("RGB", (image.width + left + right, image.height + top + bottom + bar), paper)
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, page.width, bar), fill=(50, 54, 60) if dark else (222, 225, 230))
    pen.rounded_rectangle(
        (page.width * 0.1, bar * 0.25, page.width * 0.8, bar * 0.75), bar * 0.2, fill=(90, 90, 90) if dark else "white"
    )
    page.paste(image, (left, top + bar))
    for line in range(top + bar + image.height + step, page.height - step, step):
        pen.text((left, line), _CAPTION, fill=(210, 210, 210) if dark else (40, 40, 40), font_size=step * 0.7)
    return page


KINDS: dict[str, Copy] = {
    "resize 50 %": lambda image, random: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "JPEG 30": lambda image, random: jpeg(image, 30),
    "crop 10 %": crop(0.1),
    "crop 20 %": crop(0.2),
    "crop 30 %": crop(0.3),
    "quarter turn": turn(Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270),
    "upside down": turn(Image.Transpose.ROTATE_180),
    "mirror": turn(Image.Transpose.FLIP_LEFT_RIGHT),
    "colour shift": colour,
    "greyscale": lambda image, random: image.convert("L").convert("RGB"),
    "border": border,
    "screenshot": screenshot,
}
EXEMPT = "crop 30 %"
