"""The server application, in process, with the settings a test wants."""

import warnings

import pytest

from tokenbook.addin.server.app import create
from tokenbook.addin.server.settings import ServerSettings, checked

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette would rather have a newer httpx
    from starlette.testclient import TestClient

KEY = "noncommercial"
LOCAL = "http://localhost"


def client_for(**wishes) -> TestClient:
    settings = checked(ServerSettings(**{"license_key": KEY, "log": "warning", **wishes}))
    return TestClient(create(settings), base_url=LOCAL, raise_server_exceptions=False)


@pytest.fixture
def server():
    """``server(most_bytes=1000)`` gives a client of an application with these settings."""
    return client_for


@pytest.fixture(scope="module")
def client():
    return client_for(per_minute=1_000_000)


def call_body(name: str, *arguments) -> dict:
    """A call as Excel's client sends it."""
    return {
        "client": "Office.js",
        "func_name": name,
        "args": [
            argument if argument is None or isinstance(argument, list) else [[argument]] for argument in arguments
        ],
        "caller_address": "[Book1.xlsx]Sheet1!C3",
        "session_id": "5b8f",
        "culture_info_name": "en-US",
        "date_format": "m/d/yyyy",
        "version": "0.37.8",
        "runtime": "1.4",
    }


@pytest.fixture
def body():
    return call_body


CALL, BATCH = "/xlwings/custom-functions-call", "/xlwings/custom-functions-batch"
