"""Checks of the packages in `clients/`, whose types are generated."""

import shutil
from pathlib import Path

from contract import following
from contract.bench import CLIENTS, Bench
from contract.generators import write_python_models, write_typescript_types
from contract.servers import ROOT, Failed

_PACKAGES = ROOT / "clients"
_PYTHON_MODELS = _PACKAGES / "python/src/zarya_client/models.py"
_TYPESCRIPT_TYPES = _PACKAGES / "typescript/src/api.ts"
_MAX_BUNDLE_BYTES = 12_000


def _check_current(generated: Path, committed: Path) -> None:
    if generated.read_text() != committed.read_text():
        raise Failed(f"{committed.relative_to(ROOT)} is stale: run `make clients`")


def typescript_package(bench: Bench) -> str:
    """Pack the TypeScript client, install it from the pack, test it, and measure a bundle."""
    folder = bench.node / "package"
    shutil.copytree(_PACKAGES / "typescript", folder, ignore=shutil.ignore_patterns("node_modules"))
    modules = bench.node / "node_modules/.bin"
    write_typescript_types(bench, bench.node / "api.ts")
    _check_current(bench.node / "api.ts", _TYPESCRIPT_TYPES)
    bench.call(modules / "tsc", cwd=folder)
    bench.call(modules / "tsc", "--project", "tsconfig.test.json", cwd=folder)
    tests = "node", "--test", "--test-reporter=tap", "dist-test/test/client.test.js"
    bench.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": bench.origin})
    bench.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": "http://[::1]:1"}, expected_error="not ok")
    pack = bench.call("npm", "pack", "--silent", cwd=folder).strip()
    user = bench.folder / "user"
    user.mkdir()
    (user / "package.json").write_text('{"type": "module"}')
    install = "npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"
    bench.call(*install, folder / pack, cwd=user)
    (user / "app.js").write_text(
        'import { createZarya, data, items } from "zarya-client";\n'
        f'const zarya = createZarya({{ baseUrl: "{bench.origin}" }});\n'
        'console.log((await data(zarya.api.GET("/v1/station"))).on);\n'
        'for await (const each of items(zarya, "/v1/missions")) console.log(each.slug);\n'
    )
    bundle = user / "bundle.js"
    options = "--bundle", "--minify", "--format=esm", f"--outfile={bundle}"
    bench.call(modules / "esbuild", "app.js", *options, cwd=user)
    count = len(bench.call("node", bundle, cwd=user).splitlines())
    size = bundle.stat().st_size
    if size >= _MAX_BUNDLE_BYTES or count < 75:
        raise Failed(f"the bundle has {size} bytes, and printed {count} lines")
    return f"{pack}, a bundle of {size} bytes"


def python_package(bench: Bench) -> str:
    """Build the wheel of the Python client, install it, check it with strict mypy, and test it."""
    folder = bench.folder / "python_package"
    shutil.copytree(_PACKAGES / "python", folder)
    models, python = folder / "models.py", bench.python_tools / "python"
    write_python_models(bench, models)
    _check_current(models, _PYTHON_MODELS)
    bench.call(python, "-m", "hatchling", "build", "--target", "wheel", cwd=folder)
    (wheel,) = (folder / "dist").iterdir()
    shutil.rmtree(folder / "src")
    install = "uv", "pip", "install", "--quiet", "--no-deps", "--python", python
    bench.call(*install, wheel)
    mypy = bench.python_tools / "mypy", "--strict", "--cache-dir", folder / "cache"
    bench.call(*mypy, "--package", "zarya_client", cwd=folder)
    bench.call(*mypy, "tests", cwd=folder)
    tests = python, "-m", "pytest", "-q", "-p", "no:cacheprovider"
    output = bench.call(*tests, cwd=folder, env={"ZARYA_ORIGIN": bench.origin})
    wrong = {"ZARYA_ORIGIN": "http://[::1]:1"}
    bench.call(*tests, "-k", "service", cwd=folder, env=wrong, expected_error="1 failed")
    bench.call(*mypy, CLIENTS / "follow.py", cwd=folder)
    figures = following.check(python, CLIENTS / "follow.py", bench.folder / "following")
    return f"{wheel.name}, {output.strip().splitlines()[-1]}; {figures}"


def clients(bench: Bench) -> str:
    """Generate the types of both clients anew: `make clients`."""
    write_typescript_types(bench, _TYPESCRIPT_TYPES)
    write_python_models(bench, _PYTHON_MODELS)
    return "generated"
