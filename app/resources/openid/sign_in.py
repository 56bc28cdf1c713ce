"""A sign-in in progress."""

from dataclasses import dataclass
from hmac import compare_digest
from hmac import digest as compute_hmac

from app.api.secret_tokens import is_well_formed_token


@dataclass(frozen=True)
class SignIn:
    """A sign-in in progress: its values are derived from the token in a cookie of the browser.

    The provider learns none from which another follows, and nothing is stored.
    """

    token: str

    def has_state(self, state: str) -> bool:
        """True if `state` is that of this sign-in, started by the same browser."""
        expected = self.derive("state")
        return is_well_formed_token(self.token) and compare_digest(expected, state.encode())

    def derive(self, purpose: str) -> bytes:
        """A secret value for `purpose`: 64 hexadecimal digits."""
        return compute_hmac(self.token.encode(), purpose.encode(), "sha256").hex().encode()
