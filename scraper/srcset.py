"""The `srcset` attribute: several sizes of one picture (HTML standard, "parsing a srcset attribute")."""

import re

_URL = re.compile(r"[\s,]*(\S+)")
_DESCRIPTORS = re.compile(r"\s*((?:\([^)]*\)|[^,(])*),?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([wx])")

# A density of 2 says as much as twice the width of an unknown picture; among widths it must come last.
_WIDTH_OF_DENSITY = 1e-6


def parse_srcset(text: str) -> list[tuple[str, float]]:
    """Return the addresses with their widths in pixels, widest first; a density counts below every width."""
    found, at = [], 0
    while match := _URL.match(text, at):
        url, at = match[1], match.end()
        size = 1 * _WIDTH_OF_DENSITY
        if url.endswith(","):
            url = url.rstrip(",")
        else:
            descriptors = _DESCRIPTORS.match(text, at)
            assert descriptors is not None, "it matches the empty string"
            at = descriptors.end()
            for word in descriptors[1].split():
                if number := _SIZE.fullmatch(word):
                    size = float(number[1]) * (1 if number[2] == "w" else _WIDTH_OF_DENSITY)
        if url:
            found.append((url, size))
    return sorted(found, key=lambda entry: -entry[1])
