"""Checks of the packages in `clients/`, whose types are generated."""

import shutil
from pathlib import Path

from contract import following
from contract.generators import write_python_models, write_typescript_types
from contract.servers import ROOT, Failed
from contract.workspace import CLIENTS, Workspace

_PACKAGES = ROOT / "clients"
_PYTHON_MODELS = _PACKAGES / "python/src/zarya_client/models.py"
_TYPESCRIPT_TYPES = _PACKAGES / "typescript/src/api.ts"
_MAX_BUNDLE_BYTES = 12_000


def _check_current(generated: Path, committed: Path) -> None:
    if generated.read_text() != committed.read_text():
        raise Failed(f"{committed.relative_to(ROOT)} is stale: run `make clients`")


def typescript_package(workspace: Workspace) -> str:
    """Pack the TypeScript client, install it from the pack, test it, and measure a bundle."""
    folder = workspace.node / "package"
    shutil.copytree(_PACKAGES / "typescript", folder, ignore=shutil.ignore_patterns("node_modules"))
    modules = workspace.node / "node_modules/.bin"
    write_typescript_types(workspace, workspace.node / "api.ts")
    _check_current(workspace.node / "api.ts", _TYPESCRIPT_TYPES)
    workspace.call(modules / "tsc", cwd=folder)
    workspace.call(modules / "tsc", "--project", "tsconfig.test.json", cwd=folder)
    tests = "node", "--test", "--test-reporter=tap", "dist-test/test/client.test.js"
    workspace.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": workspace.origin})
    workspace.call(
        *tests, cwd=folder, env={"ZARYA_ORIGIN": "http://[::1]:1"}, expected_error="not ok"
    )
    pack = workspace.call("npm", "pack", "--silent", cwd=folder).strip()
    user = workspace.folder / "user"
    user.mkdir()
    (user / "package.json").write_text('{"type": "module"}')
    install = "npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"
    workspace.call(*install, folder / pack, cwd=user)
    (user / "app.js").write_text(
        'import { createZarya, data, items } from "zarya-client";\n'
        f'const zarya = createZarya({{ baseUrl: "{workspace.origin}" }});\n'
        'console.log((await data(zarya.api.GET("/v1/station"))).on);\n'
        'for await (const each of items(zarya, "/v1/missions")) console.log(each.slug);\n'
    )
    bundle = user / "bundle.js"
    options = "--bundle", "--minify", "--format=esm", f"--outfile={bundle}"
    workspace.call(modules / "esbuild", "app.js", *options, cwd=user)
    count = len(workspace.call("node", bundle, cwd=user).splitlines())
    size = bundle.stat().st_size
    if size >= _MAX_BUNDLE_BYTES or count < 75:
        raise Failed(f"the bundle has {size} bytes, and printed {count} lines")
    return f"{pack}, a bundle of {size} bytes"


def python_package(workspace: Workspace) -> str:
    """Build the wheel of the Python client, install it, check it with strict mypy, and test it."""
    folder = workspace.folder / "python_package"
    shutil.copytree(_PACKAGES / "python", folder)
    models, python = folder / "models.py", workspace.python_tools / "python"
    write_python_models(workspace, models)
    _check_current(models, _PYTHON_MODELS)
    workspace.call(python, "-m", "hatchling", "build", "--target", "wheel", cwd=folder)
    (wheel,) = (folder / "dist").iterdir()
    shutil.rmtree(folder / "src")
    install = "uv", "pip", "install", "--quiet", "--no-deps", "--python", python
    workspace.call(*install, wheel)
    mypy = workspace.python_tools / "mypy", "--strict", "--cache-dir", folder / "cache"
    workspace.call(*mypy, "--package", "zarya_client", cwd=folder)
    workspace.call(*mypy, "tests", cwd=folder)
    tests = python, "-m", "pytest", "-q", "-p", "no:cacheprovider"
    output = workspace.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": workspace.origin})
    wrong = {"ZARYA_ORIGIN": "http://[::1]:1"}
    workspace.call(*tests, "-k", "service", cwd=folder, env=wrong, expected_error="1 failed")
    workspace.call(*mypy, CLIENTS / "follow.py", cwd=folder)
    figures = following.check(python, CLIENTS / "follow.py", workspace.folder / "following")
    return f"{wheel.name}, {output.strip().splitlines()[-1]}; {figures}"


def clients(workspace: Workspace) -> str:
    """Generate the types of both clients anew: `make clients`."""
    write_typescript_types(workspace, _TYPESCRIPT_TYPES)
    write_python_models(workspace, _PYTHON_MODELS)
    return "generated"
