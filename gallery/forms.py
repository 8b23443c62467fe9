"""Reading what a form sends, refused with 400 when it is not what our own pages send."""

from flask import abort, current_app, request

from gallery.configured import configured
from gallery.errors import SigningInClosed


def from_script() -> bool:
    """Tell whether a script sent the form and wants JSON, not a page."""
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"


def refuse_without_key() -> None:
    """Raise `SigningInClosed` where there is no key: no form that is shown could be sent."""
    if not current_app.secret_key:
        raise SigningInClosed(configured().secret_file, "there is no key to sign forms with")


def field(name: str, longest: int, *, default: str | None = None) -> str:
    """Return a text field; answer 400 if it is missing and has no default, or is longer than its page lets it be."""
    text = request.form.get(name, default)
    if text is None:
        abort(400, f"The form came without its field {name!r}.")
    if len(text) > longest:
        abort(400, f"{name!r} is too long: {longest} characters at most.")
    if "\0" in text:
        # No keyboard sends it, and PostgreSQL stores no text that has it.
        abort(400, f"{name!r} contains characters that cannot be stored.")
    return text


def number_sent(name: str) -> int:
    """Return the whole number that a field holds; answer 400 if it is none."""
    text = field(name, 12)
    if not (text.isascii() and text.isdigit()):
        abort(400, f"{name!r} must be a whole number.")
    return int(text)


def works_sent(most: int = 1000) -> list[str]:
    """Return the works that are ticked in a form; answer 400 if they are more than go at a time."""
    works = request.form.getlist("work")
    if len(works) > most:
        abort(400, f"At most {most:,} works at a time.")
    return works
