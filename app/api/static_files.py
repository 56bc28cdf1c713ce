"""Static files."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path

from fastapi import Response

from app.domain.languages import tr
from app.http.problems import NotFound

_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}

IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"
REVALIDATE_CACHE_CONTROL = "no-cache"


def build_version(*contents: bytes) -> str:
    """Digest of assets: a part of their URLs, so that caches may keep them forever."""
    return blake2b(b"".join(contents), digest_size=8).hexdigest()


def versioned_cache_control(version: str, current_version: str) -> str:
    """Immutable for the current version; a URL of another version gets the current file."""
    return IMMUTABLE_CACHE_CONTROL if version == current_version else REVALIDATE_CACHE_CONTROL


class StaticDirectory:
    """Files of a directory, listed once: a request selects one by name and cannot leave it."""

    def __init__(
        self,
        path: Path,
        headers: Mapping[str, str],
        media_types: Mapping[str, str] = _MEDIA_TYPES,
        transform: Callable[[str, bytes], bytes] = lambda _name, content: content,
    ) -> None:
        self.files = {
            file.relative_to(path).as_posix(): file
            for file in path.rglob("*")
            if file.suffix in media_types
        }
        self._headers = dict(headers)
        self._media_types = media_types
        self._transform = transform

    def get_response(self, name: str, cache_control: str = REVALIDATE_CACHE_CONTROL) -> Response:
        """Response with the content of the file `name`, converted by `transform`.

        Raises NotFound if there is no such file.
        """
        path = self.files.get(name)
        if path is None:
            raise NotFound(tr(f"There is no file {name[:80]!r}.", f"Файла {name[:80]!r} нет."))
        return Response(
            self._transform(name, path.read_bytes()),
            headers=self._headers | {"Cache-Control": cache_control},
            media_type=self._media_types[path.suffix],
        )
