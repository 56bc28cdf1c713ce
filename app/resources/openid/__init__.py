"""Sign-in of editors with OpenID Connect."""
