"""tests/certificates: an authority of a test's own, and what it signs."""
import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Authority:
    """Authority(folder).issue("shop.example", "*.shop.example") → (certificate path, key path)."""

    def __init__(self, folder, name="test authority"):
        self.folder = folder
        self.count = 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name_of(name)
        self.certificate = self.sign(
            self.name, self.key.public_key(), [(x509.BasicConstraints(ca=True, path_length=0), True)]
        )
        self.path = folder / f"{name.replace(' ', '-')}.crt"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, subject, key, extensions, days=30, begins=None):
        begins = begins or datetime.datetime.utcnow() - datetime.timedelta(hours=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + datetime.timedelta(days=days))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, *names, kind="ec", days=30, begins=None, stem=None):
        """A certificate for these names or addresses, the key beside it. `stem` names (and replaces) files."""
        self.count += 1
        stem = stem or f"{self.count}-{names[0].replace('*', 'any')}"
        key = (
            ec.generate_private_key(ec.SECP256R1())
            if kind == "ec"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        certificate = self.sign(
            name_of(names[0]),
            key.public_key(),
            [(x509.SubjectAlternativeName([alternative(name) for name in names]), False)],
            days,
            begins,
        )
        crt, pem = self.folder / f"{stem}.crt", self.folder / f"{stem}.key"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        pem.chmod(0o600)
        crt.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return crt, pem

    def client(self, alpn=None, least=None, most=None):
        """A context that trusts this authority alone, for RawClient, httpx (verify=) and so on."""
        context = ssl.create_default_context(cafile=str(self.path))
        if alpn:
            context.set_alpn_protocols(alpn)
        if least:
            context.minimum_version = least
        if most:
            context.maximum_version = most
        return context

    def server(self, *names):
        """A context for an upstream that proves to be one of these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        crt, key = self.issue(*names)
        context.load_cert_chain(crt, key)
        return context
