"""Code samples of the operations (`x-codeSamples`): curl, TypeScript and Python."""

import json
from typing import Any
from urllib.parse import urlencode

from app.api.openapi.components import OpenApiObject
from app.config import current_settings

_AUTHORIZATION = "Bearer $KEY"


def build_code_samples(method: str, path: str, operation: OpenApiObject) -> list[OpenApiObject]:
    """Build the samples of a complete operation, with the examples of its required parameters.

    The body of a write is in the file `document.json`, or in the variable `document`.
    """
    required = [each for each in operation.get("parameters", []) if each["required"]]
    values = {place: _examples(required, place) for place in ("path", "query", "header")}
    query = f"?{urlencode(values['query'])}" if values["query"] else ""
    url = f"{current_settings().base_url}{path.format(**values['path'])}{query}"
    headers = dict(values["header"])
    if operation["security"]:
        headers["Authorization"] = _AUTHORIZATION
    if "requestBody" in operation:
        headers["Content-Type"] = next(iter(operation["requestBody"]["content"]))
    has_text = not _returns_json(operation)
    return [
        {"lang": "Shell", "label": "curl", "source": _curl(method, url, headers)},
        {
            "lang": "TypeScript",
            "label": "TypeScript",
            "source": _typescript(method, url, headers, has_text),
        },
        {"lang": "Python", "label": "Python", "source": _python(method, url, headers, has_text)},
    ]


def _examples(parameters: list[OpenApiObject], place: str) -> dict[str, Any]:
    return {each["name"]: each["example"] for each in parameters if each["in"] == place}


def _returns_json(operation: OpenApiObject) -> bool:
    content = next(iter(operation["responses"].values())).get("content", {})
    return any("json" in media for media in content)


def _curl(method: str, url: str, headers: dict[str, str]) -> str:
    parts = ["curl" if method == "get" else f"curl -X {method.upper()}", f"'{url}'"]
    for name, value in headers.items():
        quote = '"' if "$" in value else "'"  # the shell replaces $KEY in double quotes only
        parts.append(f"-H {quote}{name}: {value}{quote}")
    parts += ["-d @document.json"] if "Content-Type" in headers else []
    return " ".join(parts[:2]) + "".join(f" \\\n  {part}" for part in parts[2:])


def _typescript(method: str, url: str, headers: dict[str, str], has_text: bool) -> str:
    options = [f'  method: "{method.upper()}",'] if method != "get" else []
    if headers:
        lines = [f"    {json.dumps(name)}: {_quote(value)}," for name, value in headers.items()]
        options += ["  headers: {", *lines, "  },"]
    options += ["  body: JSON.stringify(document),"] if "Content-Type" in headers else []
    arguments = "\n".join([f'"{url}", {{', *options, "}"]) if options else f'"{url}"'
    read = "text" if has_text else "json"
    return (
        f"const response = await fetch({arguments});\n"
        "if (!response.ok) throw new Error((await response.json()).detail);\n"
        f"console.log(await response.{read}());"
    )


def _quote(value: str) -> str:
    """TypeScript expression of a header."""
    return "`Bearer ${key}`" if value == _AUTHORIZATION else json.dumps(value)


def _python(method: str, url: str, headers: dict[str, str], has_text: bool) -> str:
    arguments = [f'    "{url}",']
    arguments += [f'    method="{method.upper()}",'] if method != "get" else []
    if headers:
        lines = [
            f"        {json.dumps(name)}: {_format(value)}," for name, value in headers.items()
        ]
        arguments += ["    headers={", *lines, "    },"]
    has_body = "Content-Type" in headers
    arguments += ["    data=json.dumps(document).encode(),"] if has_body else []
    read = "print(response.read())" if has_text else "print(json.load(response))"
    imports = "import json\n" if has_body or not has_text else ""
    request = f'"{url}"'
    preparation = ""
    if method != "get" or headers:
        preparation = "\n".join(["request = Request(", *arguments, ")\n"])
        request = "request"
    names = "Request, urlopen" if preparation else "urlopen"
    return (
        f"{imports}from urllib.request import {names}\n\n{preparation}"
        f"with urlopen({request}) as response:\n    {read}"
    )


def _format(value: str) -> str:
    """Python expression of a header."""
    return 'f"Bearer {key}"' if value == _AUTHORIZATION else json.dumps(value)
