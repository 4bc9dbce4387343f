"""The server as ``tokenbook serve`` starts it: its own process, real connections."""

import http.client
import importlib.util
import json
import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tokenbook.addin.cli import app
from tokenbook.addin.commands import serve
from tokenbook.udfs.functions import registry

HERE = Path(__file__).parent
MINUTES = 1 / 3


def load(name: str):
    spec = importlib.util.spec_from_file_location(f"serving_{name}", HERE / f"{name}.py")
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def port():
    with load("soak").serving() as (port, _):
        yield port


def get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    return connection.getresponse()


def test_excel_is_offered_every_function(port):
    """A server that had read xlwings before it said so offered none, though each could be called."""
    metadata = json.loads(get(port, "/xlwings/custom-functions-meta.json").read())
    assert {each["name"] for each in metadata["functions"]} == {each.name for each in registry().values()}
    code = get(port, "/xlwings/custom-functions-code.js").read().decode()
    assert all(f'CustomFunctions.associate("{each.name}"' in code for each in registry().values())


def test_it_names_no_product_behind_it(port):
    assert get(port, "/health").getheader("server") is None


def test_no_path_leads_out_of_its_folder(port):
    """As it is on the wire: no client between that would straighten the path."""
    for path in (
        "/static/../../settings.py",
        "/static/%2e%2e/%2e%2e/settings.py",
        "/static/" + "../" * 12 + "etc/passwd",
    ):
        assert get(port, path).status == 404


def test_other_machines_cannot_reach_it(port):
    """On Linux all of 127/8 is this machine; an address on which it does not listen stands for the others'."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_a_request_that_is_too_large_is_told_so_over_a_real_connection(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/xlwings/custom-functions-call", b" " * (17 * 1024 * 1024))
    answer = connection.getresponse()
    assert answer.status == 413
    assert answer.read() == b"The request is larger than 16 MB. Send a smaller range."


@pytest.fixture
def started(monkeypatch):
    """``started(*options)`` gives what the command said and what it would have run."""
    ran = []
    monkeypatch.setattr(serve, "_check_license", lambda key: None)
    monkeypatch.setattr("uvicorn.run", lambda *given, **options: ran.append(options))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.delenv("XLWINGS_LICENSE_KEY", raising=False)
    monkeypatch.setenv("TOKENBOOK_SERVER", "")  # so that what the command sets is taken back

    def start(*options):
        ran.clear()
        answer = CliRunner().invoke(app, ["serve", *options])
        return answer, ran[0] if ran else None

    return start


def test_the_licence_is_said_where_the_server_starts(started):
    answer, ran = started("--license-key", "noncommercial")
    assert "NON-COMMERCIAL use only" in answer.output
    assert ran["host"] == "127.0.0.1"
    answer, _ = started("--license-key", "a-key-of-a-plan")
    assert "paid plan" in answer.output


def test_the_licence_is_asked_for(started):
    answer, ran = started()
    assert ran is None
    assert "--license-key noncommercial" in str(answer.exception)


def test_addresses_that_a_proxy_names_are_believed_from_this_machine_only(started):
    """Else anybody could open a window of the rate limit under a made-up address."""
    _, ran = started("--license-key", "noncommercial")
    assert ran["forwarded_allow_ips"] == "127.0.0.1"
    assert ran["server_header"] is False
    assert ran["access_log"] is False


@pytest.mark.slow
def test_a_mixed_load_leaves_it_right_and_small():
    """Twenty seconds; ``python tests/addin/server/soak.py 30`` is the whole of it."""
    found = load("soak").soak(MINUTES, say=lambda *_, **__: None)
    assert found["complaints"] == {}
    assert not [status for status in found["statuses"] if isinstance(status, int) and status >= 500]
    assert found["statuses"][200] > 50
