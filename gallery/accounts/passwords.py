"""Passwords: what they must be, and their argon2id hashes."""

import base64
import secrets
import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from gallery.errors import PasswordRefused
from gallery.models.users import key_of

SHORTEST = 12
LONGEST = 256
# What must be left of a password when the name is taken out of it.
LEAST_WITHOUT_NAME = 8
LEAST_KINDS = 5

# Long enough, and still among the first that are tried. Compared without case, spaces and punctuation.
COMMON = frozenset(
    """
    123456789012 1234567890123 12345678901234 123456789123 1234512345678 987654321012 0123456789012 112233445566
    abcdefghijkl abcdefghijklm abcdefg12345 abc123456789 abcd12345678 1q2w3e4r5t6y 1qaz2wsx3edc qazwsxedcrfv
    qwertyuiopas qwertyuiop12 qwertyuiop123 qwertyuiopasdfgh qwerty123456 qwerty1234567 asdfghjklqwe zxcvbnmasdfg
    password1234 password12345 password123456 passwordpassword passw0rd1234 mypassword12 mypassword123 thispassword
    administrator adminadminadmin admin1234567 admin12345678 adminpassword rootpassword rootrootroot changeme1234
    changemechangeme changethispassword letmeinletmein letmein12345 welcome12345 welcome123456 welcomewelcome
    iloveyou1234 iloveyouiloveyou trustno1trustno1 princess1234 football1234 baseball1234 sunshine1234 superman1234
    michael12345 computer1234 internet1234 whatever1234 startrek1234 starwars1234 correcthorsebatterystaple
    semanticgallery artgallery12 artgallery123 gallerygallery gallery12345
    """.split()
)

# The second choice of RFC 9106 (64 MiB, 3 passes, 4 lanes), and argon2-cffi's own.
HASHER = PasswordHasher()
# Each hash takes 64 MiB for a moment: a crowd at the door waits instead of filling the memory.
_AT_ONCE = BoundedSemaphore(2)


def check(password: str, name: str) -> None:
    """Raise `PasswordRefused` saying what is wrong with a new password for the account called `name`."""
    if len(password) < SHORTEST:
        raise PasswordRefused(f"is too short: {SHORTEST} characters at least")
    if len(password) > LONGEST:
        raise PasswordRefused(f"is too long: {LONGEST} characters at most")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Cn") for letter in password):
        raise PasswordRefused("contains characters that cannot be typed")
    key = key_of(password)
    for part in (key_of(name), key_of(name).partition("@")[0]):
        if part and len(key.replace(part, "")) < LEAST_WITHOUT_NAME:
            raise PasswordRefused("is little more than the name of the account")
    bare = "".join(letter for letter in key if letter.isalnum())
    if bare in COMMON or len(set(key)) < LEAST_KINDS:
        raise PasswordRefused("is one of the first that would be guessed")


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, with its parameters."""
    with _AT_ONCE:
        return HASHER.hash(_written(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether a password belongs to a hash; None never matches and takes as long to find out."""
    with _AT_ONCE:
        try:
            return HASHER.verify(password_hash or _nobodys_hash(), _written(password)[:LONGEST]) and bool(password_hash)
        except VerificationError:
            return False


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than are used now."""
    return HASHER.check_needs_rehash(password_hash)


def _nobodys_hash() -> str:
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (HASHER.salt_len, HASHER.hash_len)
    )
    costs = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


def _written(password: str) -> str:
    # The same password is composed differently by different keyboards (RFC 8265, 4.2.2).
    return unicodedata.normalize("NFC", password)
