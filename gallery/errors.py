"""What can go wrong in the web site itself.

GalleryError
+-- CannotListen     the port is taken or the address is not ours    exit 2
"""


class GalleryError(Exception):
    """Base of everything this package raises on purpose; `exit_code` is what the CLI ends with."""

    exit_code = 1


class CannotListen(GalleryError):
    """The site cannot be served at this address."""

    exit_code = 2

    def __init__(self, host: str, port: int, reason: str, remedy: str) -> None:
        self.host, self.port, self.reason, self.remedy = host, port, reason, remedy
        super().__init__(f"{host}:{port}: {reason}. {remedy}")
