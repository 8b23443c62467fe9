"""Headers that keep a page to itself: nothing foreign is loaded, framed, sniffed or told where we came from."""

from flask import Flask, Response

from gallery.settings import GallerySettings

POLICY = "; ".join(
    (
        "default-src 'none'",
        # data: is for the tiny placeholders that stand in while a picture loads.
        "img-src 'self' data:",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}

ONE_YEAR = 365 * 24 * 3600


def init_app(app: Flask, settings: GallerySettings) -> None:
    """Put the headers on every answer, pages of errors included; HSTS only where the site is reached by https."""
    headers = dict(HEADERS)
    if (settings.base_url or "").lower().startswith("https://"):
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response
