"""Names of artists as folder names and parts of addresses."""

import hashlib
import re
import unicodedata

_LONGEST = 80


def slug(name: str) -> str:
    """Return `name` as lower-case words joined by hyphens, e.g. "Édouard Manet" -> "edouard-manet".

    Letters of every script are kept, accents are not; a name without any letter or digit gets a
    stable stand-in made from its hash, so that two such names never share a folder.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    words = re.sub(r"[\W_]+", "-", plain.casefold()).strip("-")[:_LONGEST].strip("-")
    return words or "unnamed-" + hashlib.sha256(name.encode()).hexdigest()[:8]
