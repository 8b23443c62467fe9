"""A hostile site: every way a page may try to reach a server inside, and that server, which counts who comes.

`PAGES` are what a browser is sent to on `HOST`; each case asks the inner server for "/hit/<case>", so that its
`hits` name the cases that got through. Packets that are no HTTP are counted as "tcp" and "udp".
"""

import socket
import threading
from types import TracebackType
from typing import Self

from websites import Answer, Asked, Websites

HOST, INSIDE = "evil.example", "inside.example"

# Each is tried by a part of one page. INNER stands for the inner server's address, NAMED for a name of it.
PARTS = {
    "img": '<img src="INNER">',
    "img-named": '<img src="NAMED">',
    "img-redirect": '<img src="/to/img-redirect">',
    "srcset": '<img srcset="INNER 1x">',
    "iframe": '<iframe src="INNER"></iframe>',
    "iframe-redirect": '<iframe src="/to/iframe-redirect"></iframe>',
    "iframe-sandbox": '<iframe sandbox src="INNER"></iframe>',
    "iframe-srcdoc": "<iframe srcdoc=\"<img src='INNER'>\"></iframe>",
    "script": '<script src="INNER"></script>',
    "module": '<script type="module">import("INNER").catch(() => {})</script>',
    "stylesheet": '<link rel="stylesheet" href="INNER">',
    "css-import": '<style>@import url("INNER");</style>',
    "css-import-redirect": '<style>@import url("/to/css-import-redirect");</style>',
    "css-background": '<div style="width:9px;height:9px;background:url(INNER)">x</div>',
    "css-font": '<style>@font-face{font-family:f;src:url("INNER")} b{font-family:f}</style><b>x</b>',
    "video": '<video autoplay muted src="INNER"></video>',
    "audio": '<audio autoplay muted src="INNER"></audio>',
    "track": '<video crossorigin><track default kind="captions" src="INNER"></video>',
    "poster": '<video poster="INNER"></video>',
    "object": '<object data="INNER"></object>',
    "embed": '<embed src="INNER">',
    "svg-image": '<svg width="9" height="9"><image href="INNER" width="9" height="9"/></svg>',
    "preload": '<link rel="preload" as="image" href="INNER">',
    "prefetch": '<link rel="prefetch" href="INNER">',
    "modulepreload": '<link rel="modulepreload" href="INNER">',
    "fetch": "<script>fetch('INNER', {mode: 'no-cors'}).catch(() => {})</script>",
    "fetch-redirect": "<script>fetch('/to/fetch-redirect', {mode: 'no-cors'}).catch(() => {})</script>",
    "fetch-post": "<script>fetch('INNER', {method: 'POST', mode: 'no-cors', body: 'x'}).catch(() => {})</script>",
    "fetch-keepalive": "<script>fetch('INNER', {mode: 'no-cors', keepalive: true}).catch(() => {})</script>",
    "xhr": "<script>let x = new XMLHttpRequest(); x.open('GET', 'INNER'); x.send()</script>",
    "beacon": "<script>navigator.sendBeacon('INNER', 'x')</script>",
    "event-source": "<script>new EventSource('INNER')</script>",
    "websocket": "<script>new WebSocket('INNER'.replace('http', 'ws'))</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('INNER', {mode: 'no-cors'})\"])))</script>",
    "worker-import": "<script>new Worker(URL.createObjectURL(new Blob([\"importScripts('INNER')\"])))</script>",
    "shared-worker": "<script>new SharedWorker('/shared-worker.js')</script>",
    "form-frame": '<iframe name="f"></iframe><form id="form-frame" method="post" target="f" action="INNER"></form>'
    "<script>document.getElementById('form-frame').submit()</script>",
    "ping": '<a id="ping" ping="INNER" href="#x">x</a><script>document.getElementById("ping").click()</script>',
    "speculation": '<script type="speculationrules">{"prefetch": [{"source": "list", "urls": ["INNER"],'
    ' "eagerness": "immediate"}]}</script>',
    "udp": "<script>let p = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:UDP_PORT'}]});"
    "p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))</script>",
    "tcp": "<script>let t = new RTCPeerConnection({iceServers: [{urls: 'turn:127.0.0.1:TCP_PORT?transport=tcp',"
    " username: 'u', credential: 'c'}]}); t.createDataChannel('x'); t.createOffer().then(o => t.setLocalDescription(o))"
    "</script>",
}
HEADERS = {
    "csp-report": ("Content-Security-Policy-Report-Only", "default-src 'none'; report-uri INNER"),
    "link-header": ("Link", "<INNER>; rel=preload; as=script"),
}
# Each needs a page of its own, because it leaves it.
LEAVING = {
    "location": "<script>location = 'INNER'</script>",
    "location-named": "<script>location = 'NAMED'</script>",
    "meta-refresh": '<meta http-equiv="refresh" content="0; url=INNER">',
    "window-open": "<script>open('INNER')</script>",
    "form-top": "<form method=post action='INNER'></form><script>document.forms[0].submit()</script>",
}
# Service workers are for secure pages only.
SECURE = {"service-worker": "<p>x</p><script>navigator.serviceWorker.register('/service-worker.js')</script>"}
REDIRECTED = ("goto-redirect", "refresh-header")
CASES = {*PARTS, *HEADERS, *LEAVING, *SECURE, *REDIRECTED}
PAGES = [
    *(f"http://{HOST}/{page}" for page in ("all", *LEAVING, *REDIRECTED)),
    *(f"https://{HOST}/{page}" for page in SECURE),
]


class Inside:
    """The server that nobody must reach: TCP and UDP on loopback; `hits` says who did."""

    def __init__(self) -> None:
        self.hits: set[str] = set()
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port, self.udp_port = self.tcp.getsockname()[1], self.udp.getsockname()[1]

    def __enter__(self) -> Self:
        for serve in (self._accept, self._receive):
            threading.Thread(target=serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()
        # A thread in recv() is not woken by closing the socket, but by a packet.
        self.udp.sendto(b"", self.udp.getsockname())

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.settimeout(2)
            try:
                words = client.recv(4096).split(b" ", 2)
            except OSError:
                return
            path = words[1].decode("latin-1") if len(words) > 2 else ""
            # A connection that says nothing is one that the browser opened ahead of need, and counts as well.
            self.hits.add(path.removeprefix("/hit/") if path.startswith("/hit/") else "tcp")
            client.sendall(
                b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: text/html\r\n"
                b"Content-Length: 2\r\nConnection: close\r\n\r\nhi"
            )

    def _receive(self) -> None:
        with self.udp:
            while self.udp.recv(2048):
                self.hits.add("udp")


def build(sites: Websites, inside: Inside) -> None:
    """Put the hostile pages on `HOST`."""

    def filled(text: str, case: str) -> str:
        for name, host in (("INNER", "127.0.0.1"), ("NAMED", INSIDE)):
            text = text.replace(name, f"http://{host}:{inside.port}/hit/{case}")
        return text.replace("UDP_PORT", str(inside.udp_port)).replace("TCP_PORT", str(inside.port))

    def redirect(asked: Asked) -> Answer:
        case = asked.url.rpartition("/")[2]
        return Answer(status=302, headers={"Location": filled("INNER", case)})

    home = f"http://{HOST}/"
    parts = "".join(filled(part, case) for case, part in PARTS.items())
    headers = {name: filled(value, case) for case, (name, value) in HEADERS.items()}
    sites.add(home + "all", Answer(f"<!doctype html><body>{parts}</body>", headers=headers))
    for case in (*PARTS, "goto-redirect"):
        sites.add(f"{home}to/{case}", redirect)
    for case in ("shared-worker", "service-worker"):
        script = filled("fetch('INNER', {mode: 'no-cors'}).catch(() => {})", case)
        for scheme in ("http", "https"):
            sites.add(f"{scheme}://{HOST}/{case}.js", Answer(script, type="text/javascript"))
    for case, page in SECURE.items():
        sites.add(f"https://{HOST}/{case}", page)
    for case, page in LEAVING.items():
        sites.add(home + case, f"<!doctype html><body>{filled(page, case)}</body>")
    sites.add(home + "goto-redirect", Answer(status=302, headers={"Location": "/to/goto-redirect"}))
    sites.add(home + "refresh-header", Answer("x", headers={"Refresh": filled("0; url=INNER", "refresh-header")}))
