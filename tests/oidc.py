"""A hospital's sign-in: a small OpenID Connect server. It checks what a real one checks, and can lie on request."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "learn", "quiet-maple-secret"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
PUBLIC = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "one", "alg": "RS256"}


class Hospital:
    """The server. `claims` is what it says about whoever signs in; `sign` makes the identity token of claims."""

    def __init__(self) -> None:
        hospital = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hospital.get(self)

            def do_POST(self) -> None:
                hospital.post(self)

            def log_message(self, *args: Any) -> None:
                """Say nothing on the console."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.claims: dict[str, Any] = {"sub": "subject-1", "email": "noor@hospital.example", "email_verified": True}
        self.over: dict[str, Any] = {}  # replaces claims that a server sets itself: aud, iss, exp
        self.discovery: dict[str, Any] = {}  # replaces parts of the discovery document
        self.asked: dict[str, str] = {}  # the query of the last visit to its page of sign-in

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the identity token. Tests replace this method to forge one."""
        return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"})

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer the discovery document, the keys, and the page of sign-in, where everybody is let in at once."""
        address = urlsplit(asked.path)
        if address.path == "/.well-known/openid-configuration":
            pages = {"authorization_endpoint": "/in", "token_endpoint": "/token", "jwks_uri": "/keys"}
            found = {name: self.issuer + page for name, page in pages.items()} | {"issuer": self.issuer}
            methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
            _json(asked, found | methods | self.discovery)
        elif address.path == "/keys":
            _json(asked, {"keys": [PUBLIC]})
        else:
            self.asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            asked.send_response(302)
            back = urlencode({"code": "once", "state": self.asked["state"]})
            asked.send_header("Location", f"{self.asked['redirect_uri']}?{back}")
            asked.end_headers()

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        """Give the tokens for a code to the site that may have them: it has the secret and the verifier."""
        body = asked.rfile.read(int(asked.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        wanted = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "code": "once",
            "redirect_uri": self.asked["redirect_uri"],
        }
        if wanted.items() - sent.items() or challenge != self.asked["code_challenge"]:
            _json(asked, {"error": "invalid_grant"}, status=400)
            return
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300} | self.claims
        if "nonce" in self.asked:
            claims["nonce"] = self.asked["nonce"]
        claims |= self.over
        _json(asked, {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(claims)})


def _json(asked: BaseHTTPRequestHandler, found: dict[str, Any], status: int = 200) -> None:
    body = json.dumps(found).encode()
    asked.send_response(status)
    asked.send_header("Content-Type", "application/json")
    asked.send_header("Content-Length", str(len(body)))
    asked.end_headers()
    asked.wfile.write(body)


@contextmanager
def hospital() -> Iterator[Hospital]:
    """Run the server in a thread."""
    found = Hospital()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield found
    finally:
        found.server.shutdown()
        found.server.server_close()
        thread.join()
