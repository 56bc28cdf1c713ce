"""OpenID provider on loopback, with real keys and the checks of a token endpoint."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import time
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "zarya", "a secret/with:characters"

Claims = dict[str, Any]


class LocalProvider:
    """Provider that signs in whoever is asked for, once a code."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.signing_key: Any = self.key
        self.header = {"alg": "RS256", "kid": "first"}
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        """Change of the claims before they are signed."""
        self.requests: list[str] = []
        self._codes: dict[str, tuple[dict[str, str], Claims]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._build_handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def sign_in(self, location: str, **claims: Any) -> dict[str, str]:
        """Sign in the person with `claims` at the URL `location`; returns the parameters back."""
        url = urlsplit(location)
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{self.issuer}/authorize"
        asked = dict(parse_qsl(url.query))
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked, claims
        return {"state": asked["state"], "code": code, "iss": self.issuer}

    def exchange(self, authorization: str, form: dict[str, str]) -> tuple[int, Claims]:
        """The answer of the token endpoint."""
        id_, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(id_), unquote(secret)) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        asked, claims = self._codes.pop(form["code"], ({}, {}))
        challenge = create_s256_code_challenge(form["code_verifier"])
        expected = (asked.get("code_challenge"), asked.get("redirect_uri"))
        if (challenge, form["redirect_uri"]) != expected:
            return 400, {"error": "invalid_grant"}
        moment = int(time())
        every: Claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": moment, "exp": moment + 300,
            "nonce": asked["nonce"], "sub": "person-1", "name": "Anna Editor", "roles": ["press"],
        }  # fmt: skip
        content = self.change(every | claims)
        if self.signing_key is None:
            texts = (json.dumps(each).encode() for each in (self.header, content))
            parts = [urlsafe_b64encode(text).decode().rstrip("=") for text in texts]
            signed = ".".join([*parts, ""])
        else:
            signed = jwt.encode(self.header, content, self.signing_key)
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": signed}

    def _build_handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - beside `self`
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                documents = {
                    "/.well-known/openid-configuration": {
                        "issuer": provider.issuer,
                        "authorization_endpoint": f"{provider.issuer}/authorize",
                        "token_endpoint": f"{provider.issuer}/token",
                        "jwks_uri": f"{provider.issuer}/keys",
                    },
                    "/keys": KeySet([provider.key]).as_dict(private=False),
                }
                self._answer(200, documents[self.path])

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                self._answer(*provider.exchange(self.headers["Authorization"], form))

            def _answer(self, status: int, document: Any) -> None:
                provider.requests.append(self.path)
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        return Handler


@contextmanager
def run_provider() -> Iterator[LocalProvider]:
    """Run a provider."""
    provider = LocalProvider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()
