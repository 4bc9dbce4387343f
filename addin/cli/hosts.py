"""Where the functions are used: ``install``, ``serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbook.addin.cli.options import TeamCatalog

app = typer.Typer()


@app.command(epilog="Example:  tokenbook install  ·  tokenbook install --host calc  ·  tokenbook install --uninstall")
def install(
    host: Annotated[
        str, typer.Option(metavar="HOST", help="classic: Excel on Windows, through xlwings. calc: LibreOffice Calc.")
    ] = "classic",
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take the functions out again.")] = False,
    out: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="Only build the add-in file, into this folder.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With calc: another profile of LibreOffice than your usual one.")
    ] = None,
) -> None:
    """Install the functions in Excel or LibreOffice Calc, for this user; --uninstall takes them out."""
    from tokenbook.addin.commands import install as commands

    commands.install(host, uninstall=uninstall, out=out, profile=profile)


@app.command(
    epilog="Example:  tokenbook serve --license-key noncommercial --dev-cert"
    "  ·  tokenbook serve --host 0.0.0.0 --allowed-host prices.example.com --auth token --token-file tokens.txt"
)
def serve(
    license_key: Annotated[
        str | None,
        typer.Option(
            "--license-key",
            envvar="XLWINGS_LICENSE_KEY",
            help="Of xlwings Server: noncommercial, or the key of a paid plan.",
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; only this machine by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8000 by default.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer; one by default.")] = None,
    allowed_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Name under which users reach it; or several.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="Another origin that may call it; none by default.")
    ] = None,
    auth: Annotated[str | None, typer.Option(help="How users sign in: none, token or entraid.")] = None,
    token_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Bearer tokens, one a line, readable by you only.")
    ] = None,
    entra_client: Annotated[str | None, typer.Option(metavar="ID", help="Application (client) id in Entra ID.")] = None,
    entra_tenant: Annotated[str | None, typer.Option(metavar="ID", help="Directory (tenant) id in Entra ID.")] = None,
    role: Annotated[list[str] | None, typer.Option(metavar="ROLE", help="Role a user must have; or several.")] = None,
    certificate: Annotated[str | None, typer.Option(metavar="FILE", help="TLS certificate, PEM.")] = None,
    key: Annotated[str | None, typer.Option(metavar="FILE", help="Its private key, PEM.")] = None,
    dev_cert: Annotated[bool, typer.Option("--dev-cert", help="Make a certificate for this machine.")] = False,
    proxy: Annotated[
        str | None, typer.Option(metavar="ADDRESSES", help="Proxies whose X-Forwarded-For counts, as 10.0.0.2.")
    ] = None,
    max_megabytes: Annotated[float | None, typer.Option(help="Largest request; 16 by default.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Longest calculation; 60 by default.")] = None,
    rate: Annotated[int | None, typer.Option(help="Requests a minute from one address; 6000 by default.")] = None,
    rate_store: Annotated[
        str | None, typer.Option(metavar="URL", help="Where requests are counted, as redis://HOST.")
    ] = None,
    catalog: TeamCatalog = None,
    log: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Run the add-in for a whole company: xlwings Server with our functions and task pane."""
    from tokenbook.addin.commands import serve as commands

    commands.serve(
        dev_cert=dev_cert, license_key=license_key, host=host, port=port, workers=workers,
        hosts=tuple(allowed_host or ()), origins=tuple(allow_origin or ()), auth=auth, token_file=token_file,
        entra_client=entra_client, entra_tenant=entra_tenant, roles=tuple(role or ()), certificate=certificate, key=key,
        proxies=proxy, most_bytes=None if max_megabytes is None else int(max_megabytes * 1024 * 1024),
        most_seconds=max_seconds, per_minute=rate, rate_store=rate_store, catalog=catalog, log=log,
    )  # fmt: skip
