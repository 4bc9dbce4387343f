"""Each line of the server's defence, and what happens at it."""

import json
import logging
import os

import pytest

from tokenbook.addin.server import guard, tls
from tokenbook.addin.server.settings import ServerError, ServerSettings, checked, is_loopback

CALL, BATCH = "/xlwings/custom-functions-call", "/xlwings/custom-functions-batch"
KEY = "noncommercial"
TOKEN = "k9Qm2vX7pL4sR8tW1yZ5aB3c"
PAGES = ("/tokenbook/choices", "/tokenbook/baselines", "/tokenbook/claim?id=15x", "/metrics")


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text(f"# of the finance team\n{TOKEN} Anna\n")
    path.chmod(0o600)
    return str(path)


# --- who may start it how ----------------------------------------------------------------------------------------


def test_it_listens_on_this_machine_only_by_default():
    assert is_loopback(ServerSettings(license_key=KEY).host)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"license_key": ""}, "licence key"),
        ({"host": "0.0.0.0"}, "users must sign in"),
        ({"host": "10.1.2.3"}, "users must sign in"),
        ({"host": "::"}, "users must sign in"),
        ({"hosts": ("prices.example.com",)}, "users must sign in"),
        ({"auth": "entraid"}, "--entra-client and --entra-tenant"),
        ({"auth": "password"}, "is one of"),
        ({"auth": "token"}, "--token-file"),
        ({"auth": "token", "token_file": "/nowhere/tokens"}, "no such file"),
        ({"origins": ("*",)}, "any site"),
        ({"origins": ("https://*.example.com",)}, "any site"),
        ({"hosts": ("*",), "auth": "entraid", "entra_client": "c", "entra_tenant": "t"}, "would answer to any"),
        ({"host": "0.0.0.0", "auth": "entraid", "entra_client": "c", "entra_tenant": "t"}, "--allowed-host"),
        ({"certificate": "cert.pem"}, "belong together"),
        ({"certificate": "/no/cert.pem", "key": "/no/key.pem"}, "no such file"),
        ({"workers": 0}, "1 or more"),
        ({"per_minute": 0}, "1 or more"),
        ({"most_seconds": 0.0}, "above 0"),
    ],
)
def test_an_open_door_is_refused_at_the_start(wishes, words):
    with pytest.raises(ServerError, match=words):
        checked(ServerSettings(**{"license_key": KEY, **wishes}))


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_token_file_that_others_can_read_is_refused(token_file):
    os.chmod(token_file, 0o644)
    with pytest.raises(ServerError, match="chmod 600"):
        checked(ServerSettings(license_key=KEY, auth="token", token_file=token_file))


def test_a_short_token_is_refused(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("secret\n")
    path.chmod(0o600)
    with pytest.raises(ServerError, match="shorter than"):
        checked(ServerSettings(license_key=KEY, auth="token", token_file=str(path)))


# --- who may ask -------------------------------------------------------------------------------------------------


def test_a_bearer_token_opens_and_nothing_else_does(server, token_file, body):
    client = server(auth="token", token_file=token_file)
    call = body("tok_cost", 2.0, 1000.0)
    wrong = ("", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Basic YTpi", "Bearer None", TOKEN[:-1])
    for given in wrong:
        headers = {"Authorization": given}
        assert client.post(CALL, json=call, headers=headers).status_code == 401, given
        assert client.post(BATCH, json=[call], headers=headers).status_code == 401
        for page in PAGES:
            assert client.get(page, headers=headers).status_code == 401, page
        assert client.post("/xlwings/custom-scripts-call/x", json={}, headers=headers).status_code == 401
    good = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post(CALL, json=call, headers=good).status_code == 200
    for page in PAGES:
        assert client.get(page, headers=good).status_code == 200, page


def test_a_token_that_is_taken_out_of_the_file_no_longer_opens(server, token_file, body):
    client = server(auth="token", token_file=token_file)
    good = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=good).status_code == 200
    with open(token_file, "w") as file:
        file.write("another-token-that-is-long-enough Bob\n")
    os.utime(token_file, ns=(1, 1))
    assert client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=good).status_code == 401


def test_tokens_are_compared_in_constant_time(monkeypatch, server, token_file, body):
    import hmac

    compared = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(1) or real(a, b))
    client = server(auth="token", token_file=token_file)
    client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers={"Authorization": "Bearer nothing"})
    assert compared


@pytest.fixture(scope="module")
def entra():
    """An own Entra ID: a key, its public part as the server would fetch it, and a maker of tokens."""
    import time

    from joserfc import jwt
    from joserfc.jwk import KeySet, RSAKey

    key = RSAKey.generate_key(2048, {"kid": "test", "use": "sig"}, auto_kid=False)
    other = RSAKey.generate_key(2048, {"kid": "test", "use": "sig"}, auto_kid=False)
    issuer = "https://login.microsoftonline.com/tenant/v2.0"

    def token(signed_by=key, **changes):
        now = int(time.time())
        claims = {
            "aud": "client", "iss": issuer, "ver": "2.0", "exp": now + 600, "nbf": now - 5, "oid": "u1", "name": "Anna",
            "roles": ["Finance"], **changes,
        }  # fmt: skip
        claims = {name: claim for name, claim in claims.items() if claim is not None}
        return "Bearer " + jwt.encode({"alg": "RS256", "kid": "test"}, claims, signed_by)

    return KeySet([key]).as_dict(private=False), token, other


@pytest.fixture
def entra_client(server, entra, monkeypatch):
    client = server(auth="entraid", entra_client="client", entra_tenant="tenant", roles=("Finance",))
    import xlwings_server.auth.entraid as provider  # only now: it wants the licence key that the server sets

    public, _, _ = entra

    async def keys():
        return public

    monkeypatch.setattr(provider.jwks, "get_jwks_json", keys)
    return client


def test_an_entra_token_opens_calls_batches_and_pages(entra_client, entra, body):
    _, token, _ = entra
    headers = {"Authorization": token()}
    assert entra_client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=headers).status_code == 200
    assert entra_client.post(BATCH, json=[body("tok_cost", 2.0, 1000.0)], headers=headers).status_code == 200
    for page in PAGES:
        assert entra_client.get(page, headers=headers).status_code == 200, page


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"aud": "another"}, 401),
        ({"iss": "https://login.microsoftonline.com/other/v2.0"}, 401),
        ({"exp": 1_000_000_000}, 401),
        ({"ver": "3.0"}, 401),
        ({"roles": ["Guest"], "name": "role"}, 403),
    ],
)
def test_a_wrong_entra_token_does_not_open(entra_client, entra, body, changes, status):
    _, token, _ = entra
    headers = {"Authorization": token(**changes)}
    assert entra_client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=headers).status_code == status
    assert entra_client.get("/tokenbook/choices", headers=headers).status_code == status


def test_a_forged_or_unsigned_entra_token_does_not_open(entra_client, entra, body):
    import base64

    _, token, other = entra
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    unsigned = f"Bearer {none}.{token().split('.')[1]}."
    for given in (token(signed_by=other), unsigned, "Bearer x.y.z", "", "Error 13001: no"):
        headers = {"Authorization": given}
        assert entra_client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=headers).status_code == 401, given


def test_a_public_key_is_no_secret_to_sign_with(entra_client, entra, body):
    """The classic confusion: HS256 with the public key, which anybody can fetch, as the secret."""
    import base64
    import hmac

    from joserfc.jwk import RSAKey

    public, token, _ = entra
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"test"}').rstrip(b"=")
    signed = head + b"." + token().split(".")[1].encode()
    secret = RSAKey.import_key(public["keys"][0]).as_pem(private=False)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    forged = (signed + b"." + signature).decode()
    headers = {"Authorization": f"Bearer {forged}"}
    assert entra_client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=headers).status_code == 401


def test_without_the_keys_of_entra_nobody_enters_and_nothing_is_told(entra_client, entra, body, monkeypatch):
    import xlwings_server.auth.entraid as provider

    async def unreachable():
        raise OSError("no route to login.microsoftonline.com from 10.0.0.7")

    monkeypatch.setattr(provider.jwks, "get_jwks_json", unreachable)
    headers = {"Authorization": entra[1](oid="nobody yet")}
    answer = entra_client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=headers)
    assert answer.status_code == 503
    assert "cannot be checked at present" in answer.text
    assert "10.0.0.7" not in answer.text


def test_an_entra_token_without_an_end_does_not_open(entra_client, entra, body):
    _, token, _ = entra
    headers = {"Authorization": token(exp=None)}
    assert entra_client.post(CALL, json=body("tok_cost", 2.0, 1000.0), headers=headers).status_code == 401


def test_an_entra_token_that_was_good_is_not_good_for_ever(entra_client, entra, body, monkeypatch):
    """xlwings Server remembers a good token for an hour; this one ends in ten minutes."""
    import sys
    import time
    from types import SimpleNamespace

    _, token, _ = entra
    headers = {"Authorization": token(oid="remembered")}
    call = body("tok_cost", 2.0, 1000.0)
    assert entra_client.post(CALL, json=call, headers=headers).status_code == 200
    later = time.time() + 900
    monkeypatch.setattr(sys.modules["auth.entraid"], "time", SimpleNamespace(time=lambda: later))
    assert entra_client.post(CALL, json=call, headers=headers).status_code == 401


# --- from where --------------------------------------------------------------------------------------------------


def test_other_host_names_are_not_answered(client, body):
    assert client.post(CALL, json=body("tok_cost", 2.0, 1.0), headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/tokenbook/choices", headers={"Host": "evil.example"}).status_code == 400


def test_no_other_origin_may_call(client, body):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in client.options(CALL, headers=headers).headers
    answer = client.post(CALL, json=body("tok_cost", 2.0, 1.0), headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_an_origin_that_was_named_may_call(server):
    client = server(origins=("https://excel.example",))
    asked = {"Access-Control-Request-Method": "POST"}
    named = client.options(CALL, headers={"Origin": "https://excel.example", **asked})
    assert named.headers["access-control-allow-origin"] == "https://excel.example"
    other = client.options(CALL, headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in other.headers


# --- how much, how long, how often -------------------------------------------------------------------------------


def test_a_large_request_is_refused_by_its_stated_length(server):
    client = server(most_bytes=1000)
    assert client.post(CALL, content=b"x" * 1001).status_code == guard.TOO_LARGE


@pytest.mark.parametrize("stated", [b"4001", b"99999999999", b"-1", b"many"])
def test_a_length_that_cannot_be_is_refused_before_anything_is_read(stated):
    import asyncio

    async def reads(*_):
        pytest.fail("it was read")

    async def send(message):
        sent.append(message)

    sent = []
    scope = {"type": "http", "method": "POST", "path": CALL, "headers": [(b"content-length", stated)]}
    asyncio.run(guard.BodyLimit(reads, most_bytes=1000)(scope, reads, send))
    assert sent[0]["status"] == guard.TOO_LARGE


def test_who_sends_somewhat_too_much_hears_why_and_the_application_nothing():
    """Without reading on, a browser reports a lost connection, and Excel's client sends all of it three times."""
    import asyncio

    arriving, sent = [b"x" * 500] * 4, []

    async def receive():
        body = arriving.pop()
        return {"type": "http.request", "body": body, "more_body": bool(arriving)}

    async def send(message):
        assert not arriving, "answered before it was read"
        sent.append(message)

    async def never(*_):
        pytest.fail("it reached the application")

    scope = {"type": "http", "method": "POST", "path": CALL, "headers": [(b"content-length", b"2000")]}
    asyncio.run(guard.BodyLimit(never, most_bytes=1000)(scope, receive, send))
    assert sent[0]["status"] == guard.TOO_LARGE


def test_a_large_request_is_refused_while_it_arrives(server):
    client = server(most_bytes=1000)

    def pieces():
        for _ in range(100):
            yield b"x" * 100

    assert client.post(CALL, content=pieces()).status_code == guard.TOO_LARGE


def test_a_slow_calculation_is_given_up(server, monkeypatch, body):
    import time

    from tokenbook.addin.server import routes

    monkeypatch.setattr(routes, "answer_one", lambda content: time.sleep(2) or b"{}")
    client = server(most_seconds=0.2)
    answer = client.post(CALL, json=body("tok_cost", 2.0, 1000.0))
    assert answer.status_code == guard.TOO_SLOW
    assert "longer than 0.2 seconds" in answer.text


def test_too_many_requests_are_put_off(server, body):
    client = server(per_minute=3)
    call = body("tok_cost", 2.0, 1000.0)
    codes = [client.post(CALL, json=call).status_code for _ in range(8)]
    assert codes[:3] == [200, 200, 200]
    assert codes[-1] == guard.TOO_MANY
    assert 1 <= int(client.post(CALL, json=call).headers["retry-after"]) <= 60
    assert client.get("/health").status_code == 200, "a probe is not counted"


def test_a_made_up_token_opens_no_new_window(server, token_file, body):
    client = server(per_minute=3, auth="token", token_file=token_file)
    call = body("tok_cost", 2.0, 1000.0)
    codes = [client.post(CALL, json=call, headers={"Authorization": f"Bearer {n}"}).status_code for n in range(8)]
    assert codes[-1] == guard.TOO_MANY


def test_a_rate_store_that_is_gone_stops_nobody(server, body, capsys):
    client = server(rate_store="redis://127.0.0.1:1")
    assert client.post(CALL, json=body("tok_cost", 3.6, 1000.0)).status_code == 200
    assert "rate store does not answer" in capsys.readouterr().err


def test_no_code_makes_excel_ask_again():
    """Excel's client repeats 500, 502, 503 and 504 three times for each cell."""
    assert not {guard.TOO_LARGE, guard.TOO_SLOW, guard.TOO_MANY} & {500, 502, 503, 504}


def test_a_batch_has_a_largest_size(client, body):
    assert client.post(BATCH, json=[body("tok_cost", 2.0, 1.0)] * 1001).status_code == 400


# --- what an answer tells ----------------------------------------------------------------------------------------

HOSTILE = {
    "no JSON": b"{",
    "nothing": b"",
    "deep": b"[" * 100_000,
    "deep arguments": b'{"func_name":"tok_cost","args":' + b"[" * 900 + b"1" + b"]" * 900 + b"}",
    "not UTF-8": b'{"func_name":"\xff\xfe"}',
    "NaN": b'{"func_name":"tok_cost","args":[[[NaN]],[[Infinity]]]}',
    "huge integer": b'{"func_name":"tok_cost","args":[[[' + b"9" * 5000 + b"]],[[1]]]}",
    "large integer": b'{"func_name":"tok_cost","args":[[[' + b"9" * 400 + b"]],[[1]]]}",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "no args": b'{"func_name":"tok_cost"}',
    "args is text": b'{"func_name":"tok_cost","args":"x"}',
    "many args": b'{"func_name":"tok_cost","args":[' + b"null," * 5000 + b"null]}",
    "ragged": b'{"func_name":"tok_cost","args":[[[1],[1,2]],[[1]]]}',
    "an object in a cell": b'{"func_name":"tok_cost","args":[[[{"a":1}]],[[1]]]}',
    "a list in a cell": b'{"func_name":"tok_cost","args":[[[[[1]]]],[[1]]]}',
    "path": b'{"func_name":"../../etc/passwd","args":[]}',
    "dunder": b'{"func_name":"__class__","args":[]}',
    "empty range": b'{"func_name":"tok_npv","args":[[[0.1]],[]]}',
    "empty rows": b'{"func_name":"tok_npv","args":[[[0.1]],[[],[]]]}',
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("path", [CALL, BATCH, "/tokenbook/refresh", "/tokenbook/template", "/tokenbook/check"])
def test_hostile_bodies_get_a_short_answer_without_a_trace(client, what, path):
    answer = client.post(path, content=HOSTILE[what], headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400, 413), answer.text[:300]
    assert len(answer.content) < 1000
    for word in ("Traceback", "/work/", "site-packages", ".py", "File "):
        assert word not in answer.text


@pytest.mark.parametrize("what", ["no JSON", "nothing", "deep", "not UTF-8", "NaN", "huge integer", "many args"])
def test_what_is_no_call_is_refused_as_such(client, what):
    assert client.post(CALL, content=HOSTILE[what]).status_code == 400


def test_a_result_that_is_not_finite_would_become_an_error(client, body, monkeypatch):
    """The functions never give one; if one did, Excel's client must neither fail nor ask again."""
    from tokenbook.addin.server import routes

    monkeypatch.setattr(routes, "call", lambda body: {"result": [[float("inf")]]})
    answer = client.post(CALL, json=body("tok_cost", 2.0, 1000.0))
    assert answer.status_code == 200
    assert json.loads(answer.content, parse_constant=pytest.fail)["result"][0][0]["errorType"] == "Value"


def test_an_unexpected_error_tells_nothing_and_is_logged(client, monkeypatch, caplog):
    from tokenbook.addin.server import pages

    def broken():
        raise RuntimeError("secret place /srv/tokenbook")

    monkeypatch.setattr(pages, "choices", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/tokenbook/choices")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert any("unexpected" in record.message for record in caplog.records)


@pytest.mark.parametrize(
    "path",
    [
        "/docs", "/redoc", "/openapi.json", "/.env", "/socket.io/", "/xlwings/pyodide.json",
        "/xlwings/alert?prompt=a&title=b&buttons=ok&mode=x&callback=c",
    ],
)  # fmt: skip
def test_nothing_else_is_served(client, path):
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize("up", ["..", "%2e%2e", "%2E.", "..%2f..", "..%5c..", ".%00./.."])
@pytest.mark.parametrize("file", ["settings.py", "project/templates/manifest.xml", "etc/passwd"])
def test_no_file_outside_the_static_folder_is_served(client, up, file):
    """xlwings Server looks for its files wherever the path leads; a token file would be one of them."""
    for depth in (1, 2, 12):
        answer = client.get(f"/static/{'/'.join([up] * depth)}/{file}")
        assert answer.status_code in (400, 404), f"{depth} up"
        assert len(answer.content) < 100


@pytest.mark.parametrize("path", ["/static//etc/passwd", "/static/C:/Windows/win.ini", "/static/.env", "/static/js/.x"])
def test_no_odd_name_is_served(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", [CALL, "/taskpane.html", "/static/js/main.js", "/nothing", "/health"])
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'self' https://*.officeapps.live.com" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers


def test_transport_security_is_asked_for_where_there_is_tls(server, token_file):
    named = server(hosts=("localhost",))
    assert "strict-transport-security" in named.get("/health").headers
    assert "strict-transport-security" not in server().get("/health").headers


def test_icons_may_be_stored(client):
    """Excel on Windows shows no ribbon icons that may not."""
    assert "no-store" not in client.get("/static/images/icons/tokenbook-32.png").headers["cache-control"]


def test_the_task_pane_has_nothing_inline(client):
    """The policy would block it; better that there is none."""
    import re

    page = client.get("/taskpane.html").text
    for script in re.findall(r"<script\b([^>]*)>", page):
        assert "src=" in script or 'type="application/json"' in script, script
    assert not re.search(r"\son\w+=", page)
    assert "style=" not in page
    assert "https://" not in re.sub(r"<script id=.config.*?</script>", "", page, flags=re.S)


# --- what is logged and measured ---------------------------------------------------------------------------------


def test_the_log_is_structured_and_holds_no_token_or_figure(server, token_file, body, capsys):
    client = server(auth="token", token_file=token_file, log="info")
    client.post(CALL, json=body("tok_cost", 123456.0, 1000.0), headers={"Authorization": f"Bearer {TOKEN}"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["message"] == "request"]
    assert {"page", "status", "ms", "time"} <= set(requests[-1])
    text = json.dumps(lines)
    assert TOKEN not in text
    assert "123456" not in text


def test_metrics_count_calls_by_function_and_outcome(client, body):
    client.post(CALL, json=body("tok_cost", 2.0, 1000.0))
    client.post(CALL, json=body("tok_cost", "x", 1000.0))
    client.get("/made-up/path/1")
    text = client.get("/metrics").text
    assert 'tokenbook_requests_total{page="/xlwings/custom-functions-call",status="200"}' in text
    assert 'tokenbook_function_calls_total{function="TOK_COST",outcome="ok"}' in text
    assert 'tokenbook_function_calls_total{function="TOK_COST",outcome="Value"}' in text
    assert "made-up" not in text, "paths of strangers do not fill the memory"


def test_health_answers(client):
    assert client.get("/health").text == "ok"


def test_large_answers_are_compressed(client):
    answer = client.get("/tokenbook/choices", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


# --- the development certificate ---------------------------------------------------------------------------------


def test_the_development_certificate_is_for_this_machine_and_for_its_owner(tmp_path):
    from cryptography import x509

    authority, certificate, key = tls.make(tmp_path / "certs")
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == {"localhost", "127.0.0.1", "::1"}
    assert loaded.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes())) is None
    if os.name == "posix":
        assert key.stat().st_mode & 0o077 == 0
        assert key.parent.stat().st_mode & 0o077 == 0
    assert tls.make(tmp_path / "certs")[1].read_bytes() == certificate.read_bytes(), "a valid one is used again"
