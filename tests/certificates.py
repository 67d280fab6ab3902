"""Certificates for the test servers, good and bad, from an authority that lives as long as the tests."""

from __future__ import annotations

import atexit
import datetime as dt
import ipaddress
import shutil
import ssl
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A server's certificate with its key, and the authority that a client has to trust."""

    pem_file: str
    ca_file: str

    @cached_property
    def context(self) -> ssl.SSLContext:
        """The server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem_file)
        return context


@cache
def certificate(hostname: str, kind: str = "good") -> Certificate:
    """Return a certificate for ``hostname`` that is good, wrong-name, self-signed or expired."""
    ca_key, ca = _authority()
    key = ec.generate_private_key(ec.SECP256R1())
    names = ["elsewhere.example"] if kind == "wrong-name" else [hostname, "localhost"]
    builder = _builder(hostname, key, expired=kind == "expired").add_extension(
        x509.SubjectAlternativeName(_alternatives(names, with_ip=kind != "wrong-name")), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = builder.add_extension(usage, critical=False)
    own = kind == "self-signed"
    issuer = _name(hostname) if own else ca.subject
    signer = key if own else ca_key
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.issuer_name(issuer).add_extension(identifier, critical=False)
    signed = builder.sign(signer, hashes.SHA256())
    pem = _folder() / f"{hostname}-{kind}.pem"
    pem.write_bytes(_key_bytes(key) + signed.public_bytes(serialization.Encoding.PEM))
    return Certificate(str(pem), str(_folder() / "ca.pem"))


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="certificates-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = _builder("Test Authority", key).issuer_name(_name("Test Authority"))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    (_folder() / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    return key, ca


def _builder(
    common_name: str, key: ec.EllipticCurvePrivateKey, *, expired: bool = False
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    start, end = (now - 3 * _DAY, now - _DAY) if expired else (now - _DAY, now + 30 * _DAY)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _alternatives(names: list[str], *, with_ip: bool) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = [x509.DNSName(name) for name in dict.fromkeys(names)]
    return found + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))] * with_ip


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
