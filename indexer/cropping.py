"""The part of a picture that is shown, where a border or a frame was cut off; the file itself stays as it is."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a picture, as shares of its width and height."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


def within(outer: Box, inner: Box) -> Box:
    """Return where a part of a part lies in the whole, to a millionth."""
    left, top, right, bottom = outer
    width, height = right - left, bottom - top
    part = left + inner[0] * width, top + inner[1] * height, left + inner[2] * width, top + inner[3] * height
    return round(part[0], 6), round(part[1], 6), round(part[2], 6), round(part[3], 6)


def pixels(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a part in pixels of a picture, one pixel at least."""
    left, top = min(width - 1, round(box[0] * width)), min(height - 1, round(box[1] * height))
    return left, top, max(left + 1, round(box[2] * width)), max(top + 1, round(box[3] * height))


def size(box: Box, width: int, height: int) -> tuple[int, int]:
    """Return width and height in pixels of a part of a picture."""
    left, top, right, bottom = pixels(box, width, height)
    return right - left, bottom - top
