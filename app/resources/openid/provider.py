"""The OpenID provider: its metadata and keys, authorisation requests, ID tokens.

Everything that it sends is untrusted until the ID token is verified. Requests go to the host of the
issuer, which the operator has named and which may be a private one, or to public hosts.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from app.api.links import public_url
from app.config import current_settings
from app.domain.dates import MIN_INSTANT, now
from app.domain.languages import tr
from app.http.client import ForbiddenUrl, RequestFailed, send_request
from app.http.problems import Unavailable
from app.resources.openid.schemas import SignInRefused
from app.resources.openid.sign_in import SignIn

_TIMEOUT_SECONDS = 2.5
"""Deadline of a request to the provider: two of them fit into the timeout of a request."""
_MAX_RESPONSE_BYTES = 2**18
_METADATA_SECONDS = 3600
_MIN_KEYS_AGE_SECONDS = 60
"""Age from which the keys are fetched again for a token that they do not verify."""
_CLOCK_TOLERANCE_SECONDS = 60

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Asymmetric algorithms: with HMAC, the client secret would sign."""

_REASONS = {
    "iss": "issuer", "aud": "audience", "azp": "audience", "nonce": "nonce", "sub": "subject",
    "exp": "expiry", "iat": "time of issue", "nbf": "time of issue", "at_hash": "access token",
}  # fmt: skip
"""Faults of an ID token, by the claim that does not hold."""


class OpenIdProvider:
    """The provider of the installation. Its metadata and keys are fetched once an hour."""

    def __init__(self, _database: object) -> None:
        self._metadata: Mapping[str, Any] = {}
        self._keys = KeySet([])
        self._fetched_at = self._keys_fetched_at = MIN_INSTANT

    def build_authorization_url(self, sign_in: SignIn) -> str:
        """The URL at the provider where the person signs in. Raises Unavailable."""
        verifier = sign_in.derive("code verifier").decode()
        url: str = prepare_grant_uri(
            self._load_metadata()["authorization_endpoint"],
            current_settings().oidc_client_id,
            "code",
            redirect_uri=callback_url(),
            scope="openid profile email",
            state=sign_in.derive("state").decode(),
            nonce=sign_in.derive("nonce").decode(),
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return url

    def exchange_code(self, sign_in: SignIn, code: str) -> Mapping[str, Any]:
        """The verified claims of the person. Raises SignInRefused or Unavailable."""
        settings, metadata = current_settings(), self._load_metadata()
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        auth = ClientAuth(settings.oidc_client_id, settings.oidc_client_secret, method)
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=callback_url(),
            code=code,
            code_verifier=sign_in.derive("code verifier").decode(),
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url, headers, body = auth.prepare("POST", metadata["token_endpoint"], headers, body)
        headers |= {"Content-Length": str(len(body))}
        status, answer = _request("POST", url, headers, body.encode())
        if status != 200 or not isinstance(answer.get("id_token"), str):
            error = str(answer.get("error", status))[:80]
            raise SignInRefused(
                tr(
                    f"The provider refused the code: {error}. Sign in again.",
                    f"Провайдер не принял код: {error}. Войдите снова.",
                )
            )
        return self._verify(sign_in, answer["id_token"], answer.get("access_token"))

    def _verify(
        self, sign_in: SignIn, id_token: str, access_token: str | None
    ) -> Mapping[str, Any]:
        settings = current_settings()
        try:
            token = self._decode(id_token)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": settings.oidc_issuer},
                    "aud": {"essential": True, "value": settings.oidc_client_id},
                },
                params={
                    "nonce": sign_in.derive("nonce").decode(),
                    "client_id": settings.oidc_client_id,
                    "access_token": access_token,
                },
            )
            claims.validate(int(now().timestamp()), _CLOCK_TOLERANCE_SECONDS)
        except (JoseError, ValueError) as error:
            claim = getattr(error, "claim", None)
            reason = _REASONS.get(str(claim), "signature" if claim is None else str(claim)[:40])
            raise SignInRefused(
                tr(
                    f"The ID token of the provider is not valid: {reason}. Sign in again.",
                    f"Токен провайдера недействителен ({reason}). Войдите снова.",
                )
            ) from error
        return dict(claims)

    def _decode(self, id_token: str) -> jwt.Token:
        """Verify the signature, with new keys if those that are known do not."""
        if self._keys.keys:
            try:
                return jwt.decode(id_token, self._keys, _ALGORITHMS)
            except (JoseError, ValueError):
                if self._keys_fetched_at > now() - timedelta(seconds=_MIN_KEYS_AGE_SECONDS):
                    raise
        _, document = _request("GET", self._load_metadata()["jwks_uri"])
        try:
            keys = KeySet.import_key_set(cast(KeySetSerialization, document))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _provider_failed("its keys are not valid") from error
        self._keys, self._keys_fetched_at = keys, now()
        return jwt.decode(id_token, self._keys, _ALGORITHMS)

    def _load_metadata(self) -> Mapping[str, Any]:
        """The metadata of the provider. Raises Unavailable if they cannot be fetched."""
        issuer = current_settings().oidc_issuer
        is_old = self._fetched_at <= now() - timedelta(seconds=_METADATA_SECONDS)
        if is_old or self._metadata["issuer"] != issuer:
            status, metadata = _request("GET", get_well_known_url(issuer, external=True))
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            schemes = {urlsplit(str(metadata.get(name))).scheme for name in names}
            if (
                status != 200
                or metadata.get("issuer") != issuer
                or not schemes <= {"https", urlsplit(issuer).scheme}
            ):
                raise _provider_failed("its metadata are not those of the issuer")
            self._metadata, self._fetched_at = metadata, now()
        return self._metadata


def callback_url() -> str:
    """The URL to which the provider sends the browser back; it has to be registered there."""
    return public_url("session", "openid", "callback")


def _request(
    method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b""
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of a response. Raises Unavailable if there is none."""
    settings = current_settings()
    is_issuer = urlsplit(url).hostname == urlsplit(settings.oidc_issuer).hostname
    try:
        response = send_request(
            method,
            url,
            headers,
            content,
            allow_private=settings.private_targets or is_issuer,
            timeout=_TIMEOUT_SECONDS,
            max_bytes=_MAX_RESPONSE_BYTES,
        )
        document = json.loads(response.body)
    except (ForbiddenUrl, RequestFailed, ValueError, RecursionError) as error:
        raise _provider_failed(str(error)) from error
    if not isinstance(document, dict):
        raise _provider_failed("its response is no JSON object")
    return response.status, document


def _provider_failed(reason: str) -> Unavailable:
    return Unavailable(
        tr(
            f"The OpenID provider cannot be used: {reason[:200]}",
            f"Провайдер OpenID недоступен: {reason[:200]}",
        )
    )
