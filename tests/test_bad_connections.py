"""No connection, or none that can be trusted: TLS, proxies, names, IPv6, silence."""

import ipaddress
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stages.errors import InputError
from tests import stub_server as stub
from tests.downloads import CONTENT, Waits, get, ranges, remote
from tests.stub_server import StubServer

pytestmark = pytest.mark.usefixtures("cache")
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def certificate(folder, days: int, name: x509.GeneralName):
    """A file with a key and a certificate, signed by itself, that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(30), now + timedelta(days))
    built = built.add_extension(x509.SubjectAlternativeName([name]), False)
    signed = built.add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(key.private_bytes(*form) + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secured(server, tmp_path, monkeypatch):
    """Turn the server to TLS; the client trusts its certificate."""

    def secure(days=10, name=HERE):
        path = certificate(tmp_path, days, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.address = server.address.replace("http://", "https://")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
        return server

    return secure


def test_over_tls_cuts_are_resumed_and_trickles_hung_up(secured):
    server = secured()
    server.script["/a.bin"] = [stub.cut(70_000), stub.trickle(0.05)]
    before = time.monotonic()
    assert get(remote(server), timeout=0.5) == CONTENT
    assert time.monotonic() - before < stub.FOR_EVER / 2
    first, second, third = ranges(server)
    assert (first, second) == (None, "bytes=70000-") and 70_000 < int(third[6:-1]) < 70_100


@pytest.mark.parametrize(
    ("days", "name", "trusted", "message"),
    [
        (10, HERE, False, "the certificate: self-signed certificate"),
        (-1, HERE, True, "the certificate: certificate has expired"),
        (10, x509.DNSName("other.example"), True, "the certificate: IP address mismatch"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused(secured, monkeypatch, days, name, trusted, message):
    server = secured(days, name)
    if not trusted:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(InputError, match=rf"a.bin: no secure connection to 127.0.0.1:\d+ \({message}"):
        get(remote(server), attempts=2)
    assert server.log == []


def test_certificates_that_are_not_there(server, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    one = remote(server, size=False)
    with pytest.raises(InputError, match=r"a.bin: cannot ask .*nowhere\.pem"):
        get(one, mirror=server.address.replace("http://", "https://"))


def test_tls_asked_of_a_server_without(server):
    with pytest.raises(InputError, match=r"no secure connection to 127.0.0.1:\d+ \(.*(WRONG_VERSION|wrong version)"):
        get(remote(server), mirror=server.address.replace("http://", "https://"), attempts=1)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_behind_which_nobody_speaks(server, scheme):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(InputError, match=r"a.bin: nothing received for 0.2 s \(tries: 2\)"):
            get(remote(server), mirror=f"{scheme}://127.0.0.1:{silent.getsockname()[1]}", attempts=2, timeout=0.2)


def test_a_name_that_nobody_has(server):
    with pytest.raises(InputError, match=r"a.bin: no connection to nowhere.invalid \(.+\) \(tries: 2\)"):
        get(remote(server), mirror="http://nowhere.invalid", attempts=2)


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("http://127.0.0.1:9", "no connection through the proxy"),
        ("http://nowhere.invalid:3128", "no connection through the proxy"),
        ("http://", "cannot ask .*proxy"),
        ("http://127.0.0.1:port", "cannot ask .*port"),
        ("ftp://127.0.0.1", "cannot ask .*[Pp]roxy"),
        ("socks5://127.0.0.1:9", "cannot ask .*SOCKS"),
    ],
)
def test_a_proxy_that_is_none(server, monkeypatch, proxy, message):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(InputError, match=f"a.bin: {message}"):
        get(remote(server), attempts=2)
    assert server.log == []


def test_through_a_proxy(server, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", server.address)
    one = remote(server)
    server.files = {"http://far.example/set/a.bin": CONTENT}
    server.script["http://far.example/set/a.bin"] = [stub.cut(70_000), stub.trickle(0.05)]
    before = time.monotonic()
    assert get(one, mirror="http://far.example", timeout=0.5) == CONTENT
    assert time.monotonic() - before < stub.FOR_EVER / 2


class OverIpv6(StubServer):
    address_family = socket.AF_INET6


def test_a_server_that_speaks_ipv6_alone():
    try:
        running = OverIpv6("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with running as server:
        server.script["/a.bin"] = [stub.cut(70_000)]
        waits = Waits()
        assert get(remote(server), waits) == CONTENT
        assert ranges(server) == [None, "bytes=70000-"]
