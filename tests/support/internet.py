"""A small internet on this machine: one name server and one web site."""

import ssl
import threading
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import trustme
from dnslib import AAAA, QTYPE, RCODE, RR, TXT, A
from dnslib.server import BaseResolver, DNSLogger, DNSServer
from tochka_core.domains.lookups import Website
from tochka_core.domains.proofs import FILE_PATH, RECORD_PREFIX, ProofFinder


class Zone(BaseResolver):
    """What the name server knows; change it at any time."""

    def __init__(self):
        self.texts = defaultdict(list)
        self.addresses = defaultdict(list)
        self.failing = set()
        self.asked = []

    def resolve(self, request, _handler):
        name = str(request.q.qname).removesuffix(".").lower()
        self.asked.append(name)
        reply = request.reply()
        if name in self.failing:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        data = [TXT([part.encode() for part in parts]) for parts in self.texts.get(name, ())]
        for address in self.addresses.get(name, ()):
            octets = tuple(ip_address(address).packed)
            data.append((A if len(octets) == 4 else AAAA)(octets))
        if not data:
            reply.header.rcode = RCODE.NXDOMAIN
        for item in data:
            kind = type(item).__name__
            if request.q.qtype == getattr(QTYPE, kind):
                reply.add_answer(RR(request.q.qname, request.q.qtype, rdata=item, ttl=0))
        return reply


class Site:
    """What the web site answers to each host: a status and a body; change it at any time."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.is_silent = threading.Event()
        self.may_go_on = threading.Event()

    def answer(self, handler):
        host = handler.headers["Host"]
        self.asked.append((host, handler.path))
        if self.is_silent.is_set():
            self.may_go_on.wait(30)
            return
        status, body, headers = self.pages.get((host, handler.path), (404, b"none", {}))
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


class Internet:
    """Everything that a domain can be proven by."""

    def __init__(self, name_server, zone, site, port, authority):
        self.name_server, self.zone, self.site, self.port = name_server, zone, site, port
        self.tls = ssl.create_default_context()
        authority.configure_trust(self.tls)

    def publish_record(self, domain, value):
        self.zone.texts[f"{RECORD_PREFIX}.{domain}"] = [[value]]

    def publish_file(self, domain, content, *, status=200, **headers):
        self.zone.addresses[domain] = ["127.0.0.1"]
        self.site.pages[domain, FILE_PATH] = (status, content.encode(), headers)

    def forget(self, domain):
        self.zone.texts.pop(f"{RECORD_PREFIX}.{domain}", None)
        self.zone.addresses.pop(domain, None)

    def website(self, **options):
        return Website(port=self.port, **{"tls": self.tls, **options})

    def proofs(self, **options):
        """Return what looks for proofs here; only this machine is allowed to it."""
        loopback = {"website": self.website(), "is_allowed": lambda address: address.is_loopback}
        return ProofFinder(servers=[self.name_server], **{**loopback, **options})


@contextmanager
def running_internet(*domains):
    """Yield an internet in which *domains* have certificates."""
    zone, site, authority = Zone(), Site(), trustme.CA()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            site.answer(self)

        def log_message(self, *_arguments):
            pass

    server = DNSServer(
        zone, address="127.0.0.1", port=0, logger=DNSLogger("-", logf=lambda _: None)
    )
    server.start_thread()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*domains).configure_cert(tls)
    website = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    website.socket = tls.wrap_socket(
        website.socket, server_side=True, do_handshake_on_connect=False
    )
    serving = threading.Thread(target=website.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        address = server.server.server_address
        yield Internet(address, zone, site, website.server_address[1], authority)
    finally:
        site.may_go_on.set()
        website.shutdown()
        serving.join()
        website.server_close()
        server.stop()
        server.server.server_close()
