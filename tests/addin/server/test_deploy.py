"""The files with which an administrator deploys the server: they parse, and name only what is there."""

import shlex
from pathlib import Path

import pytest
import typer
import yaml

from tokenbook.addin.cli import app
from tokenbook.addin.server.settings import ServerSettings, checked

SERVER = Path(__file__).parents[3] / "addin" / "server"
DEPLOY = SERVER / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def options() -> set[str]:
    command = typer.main.get_command(app).commands["serve"]
    return {name for each in command.params for name in each.opts}


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_image_is_built_from_this_package():
    copied = [words.split()[:-1] for name, words in instructions() if name == "COPY" and "--from" not in words]
    root = SERVER.parents[1]
    assert {part for parts in copied for part in parts} == {
        "pyproject.toml", "README.md", "LICENSE", "addin", "templates", "udfs",
    }  # fmt: skip
    assert all((root / part).exists() for parts in copied for part in parts)
    kept = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == {part for parts in copied for part in parts}


def test_the_image_runs_for_nobody_and_opens_nothing_by_itself():
    told = dict(instructions())
    assert told["USER"] == "10001"
    assert "--auth" not in told["ENTRYPOINT"]
    assert "license" not in told["ENTRYPOINT"].lower()


def test_compose_starts_a_server_that_accepts_its_settings(monkeypatch):
    service = COMPOSE["services"]["server"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    given = dict(each.removeprefix("--").split("=", 1) for each in service["command"])
    assert {f"--{name}" for name in given} <= options()
    assert "ports" not in service, "only the proxy can be reached from outside"
    checked(
        ServerSettings(
            license_key="key", host="0.0.0.0", hosts=("prices.example.com",), workers=int(given["workers"]),
            auth=given["auth"], entra_client="client", entra_tenant="tenant",
        )
    )  # fmt: skip
    assert int(given["workers"]) == 2
    assert given["rate-store"].startswith("redis://redis"), "else each worker would count for itself"
    assert given["proxy"] == COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]


def test_the_proxy_passes_on_to_the_server_and_hides_its_counters():
    text = (DEPLOY / "Caddyfile").read_text()
    assert "reverse_proxy server:8000" in text
    assert "respond @metrics 404" in text
    assert text.count("{") == text.count("}")


def commands() -> list[list[str]]:
    readme = (SERVER / "README.md").read_text().replace("\\\n", " ")
    return [shlex.split(line) for line in readme.splitlines() if line.startswith("    tokenbook serve")]


def test_the_readme_names_options_that_exist():
    assert commands()
    for words in commands():
        assert {word for word in words if word.startswith("--")} <= options(), words


@pytest.mark.parametrize("picture", ["new-model.png", "refresh.png", "claim.png"])
def test_the_readme_shows_pictures_that_are_there(picture):
    assert f"images/{picture}" in (SERVER / "README.md").read_text()
    assert (SERVER / "images" / picture).stat().st_size < 100_000
