"""A certificate for this machine, so that Excel here can try the server over https. Not for anybody else."""

from __future__ import annotations

from pathlib import Path

NAMES = ("localhost", "127.0.0.1", "::1")
DAYS = 90
AUTHORITY, CERTIFICATE, KEY = "tokenbook-dev-ca.pem", "tokenbook-dev.pem", "tokenbook-dev.key"


def make(folder: Path) -> tuple[Path, Path, Path]:
    """Write authority, certificate and private key into ``folder`` (only its owner may read it); reuses valid ones.

    The authority's own key is thrown away at once: it can sign nothing else.
    """
    import datetime as dt

    import trustme

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = folder / AUTHORITY, folder / CERTIFICATE, folder / KEY
    if all(path.is_file() for path in paths) and _days_left(paths[1]) > 1:
        return paths
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=DAYS)
    authority = trustme.CA(organization_name="Tokenbook development", organization_unit_name="this machine only")
    leaf = authority.issue_cert(*NAMES, not_after=until)
    authority.cert_pem.write_to_path(paths[0])
    paths[1].write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    paths[2].touch(mode=0o600)
    leaf.private_key_pem.write_to_path(paths[2])
    return paths


def _days_left(certificate: Path) -> float:
    import datetime as dt

    from cryptography import x509

    try:
        end = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except ValueError:
        return 0.0
    return (end - dt.datetime.now(dt.UTC)).total_seconds() / 86400
