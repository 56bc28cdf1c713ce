"""Breaking changes of the OpenAPI document.

`python -m contract.compat` compares `openapi.json` with that of the last release (the newest tag).
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

ROOT = Path(__file__).parent.parent
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
BOUNDS = {
    "maximum": 1,
    "maxLength": 1,
    "maxItems": 1,
    "minimum": -1,
    "minLength": -1,
    "minItems": -1,
}
"""Bounds of request schemas: those with 1 must not decrease, those with -1 must not increase."""


def breaks(old: Schema, new: Schema) -> list[str]:
    """List the changes from `old` to `new` that may break existing clients, as text lines."""
    return list(_Comparison(old, new).operations())


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self.old = old
        self.new = new
        self.seen: set[tuple[str, str]] = set()

    def operations(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            for method in (name for name in METHODS if name in methods):
                before = methods[method]
                after = self.new["paths"].get(path, {}).get(method)
                place = f"{method.upper()} {path}"
                if after is None:
                    yield f"{place}: removed"
                    continue
                if before.get("operationId") != after.get("operationId"):
                    yield f"{place}: operationId changed; generated clients rename the method"
                yield from self._parameters(place, before, after)
                yield from self._body(place, before, after)
                yield from self._responses(place, before, after)

    def _parameters(self, place: str, before: Schema, after: Schema) -> Iterator[str]:
        was, now = _parameters(before), _parameters(after)
        for key, parameter in was.items():
            name = f"{place}: parameter {key[0]!r}"
            if key not in now:
                yield f"{name} removed"
                continue
            if now[key].get("required") and not parameter.get("required"):
                yield f"{name} is now required"
            yield from self._sent(name, parameter["schema"], now[key]["schema"])
        for key in now.keys() - was.keys():
            if now[key].get("required"):
                yield f"{place}: new required parameter {key[0]!r}"

    def _body(self, place: str, before: Schema, after: Schema) -> Iterator[str]:
        was, now = before.get("requestBody", {}), after.get("requestBody", {})
        if now.get("required") and not was.get("required"):
            yield f"{place}: a request body is now required"
        for kind, media in was.get("content", {}).items():
            if kind not in now.get("content", {}):
                yield f"{place}: request body {kind} is no longer accepted"
            else:
                yield from self._sent(
                    f"{place}: body", media["schema"], now["content"][kind]["schema"]
                )

    def _responses(self, place: str, before: Schema, after: Schema) -> Iterator[str]:
        for status, answer in before["responses"].items():
            was = _resolved(self.old, answer)
            if status not in after["responses"]:
                if status.startswith("2"):
                    yield f"{place}: response {status} removed"
                continue
            now = _resolved(self.new, after["responses"][status])
            for kind, media in was.get("content", {}).items():
                if kind not in now.get("content", {}):
                    yield f"{place}: response {status} is no longer {kind}"
                else:
                    name = f"{place}: response {status}"
                    yield from self._received(name, media["schema"], now["content"][kind]["schema"])

    def _sent(self, name: str, was: Schema, now: Schema) -> Iterator[str]:
        """Compare request schemas: `now` must accept everything that `was` accepts."""
        was, now = _resolved(self.old, was), _resolved(self.new, now)
        if narrower := _types(was) - _types(now):
            yield f"{name}: no longer accepts {_listed(narrower)}"
        yield from _stricter(name, was, now)
        for key in now.get("required", []):
            if key not in was.get("required", []):
                yield f"{name}: property {key!r} is now required"
        for key, schema in was.get("properties", {}).items():
            if key not in now.get("properties", {}):
                yield f"{name}: property {key!r} removed"
            else:
                yield from self._sent(f"{name}.{key}", schema, now["properties"][key])
        if "items" in was and "items" in now:
            yield from self._sent(f"{name}[]", was["items"], now["items"])

    def _received(self, name: str, was: Schema, now: Schema) -> Iterator[str]:
        """Compare response schemas: `now` must keep all properties of `was` and add no types."""
        pair = was.get("$ref", ""), now.get("$ref", "")
        if all(pair):
            if pair in self.seen:
                return
            self.seen.add(pair)
            name = pair[0].rsplit("/", 1)[-1]
        was, now = _resolved(self.old, was), _resolved(self.new, now)
        if wider := _types(now) - _types(was):
            yield f"{name}: may now be {_listed(wider)}"
        yield from _lost_values(name, was, now)
        for key, schema in was.get("properties", {}).items():
            if key not in now.get("properties", {}):
                yield f"{name}: property {key!r} removed"
                continue
            if key in was.get("required", []) and key not in now.get("required", []):
                yield f"{name}: property {key!r} may now be absent"
            yield from self._received(f"{name}.{key}", schema, now["properties"][key])
        if "items" in was and "items" in now:
            yield from self._received(f"{name}[]", was["items"], now["items"])
        for one, other in zip(was.get("anyOf", []), now.get("anyOf", []), strict=False):
            yield from self._received(name, one, other)


def _stricter(name: str, was: Schema, now: Schema) -> Iterator[str]:
    """Find the values that `was` accepts and `now` does not."""
    if "enum" in now and "enum" not in was:
        yield f"{name}: now accepts only some values"
    yield from _lost_values(name, was, now)
    for bound, direction in BOUNDS.items():
        if bound in now and (bound not in was or (now[bound] - was[bound]) * direction < 0):
            yield f"{name}: {bound} is stricter"
    if "pattern" in now and was.get("pattern") != now["pattern"]:
        yield f"{name}: pattern changed"


def _lost_values(name: str, was: Schema, now: Schema) -> Iterator[str]:
    for value in was.get("enum", []):
        if value not in now.get("enum", [value]):
            yield f"{name}: value {value!r} removed"


def _parameters(operation: Schema) -> dict[tuple[str, str], Schema]:
    return {(p["name"], p["in"]): p for p in operation.get("parameters", [])}


def _resolved(document: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _types(schema: Schema) -> set[str]:
    if "anyOf" in schema:
        return {kind for part in schema["anyOf"] for kind in _types(part)}
    kind: str | list[str] = schema.get("type") or schema.get("$ref") or "anything"
    return set(kind) if isinstance(kind, list) else {kind}


def _listed(kinds: set[str]) -> str:
    return ", ".join(sorted(kinds))


def _git(*arguments: str) -> str | None:
    result = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return result.stdout.strip() if result.returncode == 0 else None


def main() -> int:
    """Compare with the last release. Returns exit status 1 if there are breaking changes."""
    release = _git("describe", "--tags", "--abbrev=0")
    released = release and _git("show", f"{release}:openapi.json")
    if not released:
        sys.stdout.write("compat: no release to compare with\n")
        return 0
    changes = breaks(json.loads(released), json.loads((ROOT / "openapi.json").read_text()))
    sys.stdout.writelines(f"- {line}\n" for line in changes)
    sys.stdout.write(f"compat: {len(changes)} breaking changes since {release}\n")
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
