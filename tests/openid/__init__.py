"""Tests of the sign-in with OpenID."""
