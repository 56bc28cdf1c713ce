"""A release: its files, their checksums and signature, and an installation from its wheel alone."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

UV = str(ROOT / ".venv" / "bin" / "uv")


def run(*command: str, cwd: Path = ROOT, **env: str) -> str:
    """Run a command to completion; returns its standard output."""
    process = subprocess.run(
        command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = tmp_path_factory.mktemp("key") / "release"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    return key


@pytest.fixture(scope="module")
def release(signing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a release without its image."""
    folder = tmp_path_factory.mktemp("dist") / "release"
    run("deploy/release.sh", str(folder), KEY=str(signing_key), IMAGE="no")
    return folder


def is_genuine(release: Path, key: Path, sums: bytes) -> bool:
    """Test if the signature of the release fits `sums`."""
    signers = key.parent / "allowed_signers"
    signers.write_text(f"release@zarya {key.with_suffix('.pub').read_text()}")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "release@zarya"]
    signature = str(release / "SHA256SUMS.sig")
    process = subprocess.run(
        [*command, "-n", "zarya-release", "-s", signature],
        input=sums,
        capture_output=True,
        check=False,
    )
    return process.returncode == 0


def test_checksums_are_signed(release: Path, signing_key: Path) -> None:
    sums = (release / "SHA256SUMS").read_bytes()
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=release)
    summed = {line.split()[1] for line in sums.decode().splitlines()}
    others = {"SHA256SUMS", "SHA256SUMS.sig"}
    assert summed == {file.name for file in release.iterdir()} - others
    assert is_genuine(release, signing_key, sums)
    # Positive control: another file does not fit the signature.
    assert not is_genuine(release, signing_key, sums.replace(b"a", b"b", 1))


def test_wheel_and_bill_of_materials_are_complete(release: Path) -> None:
    names = set(zipfile.ZipFile(next(release.glob("*.whl"))).namelist())
    tracked = run("git", "ls-files", "app", "migrations").split()
    assert set(tracked) | {"alembic.ini"} <= names
    assert not [name for name in names if name.startswith("tests")]
    bill = json.loads((release / "sbom.json").read_text())
    locked = (release / "requirements.txt").read_text()
    for component in bill["components"]:
        assert f"{component['name']}==" in locked, component["name"]
    assert "--hash=sha256:" in locked


def test_installation_as_a_tool(release: Path, tmp_path: Path) -> None:
    """`uv tool install` makes an environment of its own, with the locked versions."""
    wheel = str(next(release.glob("*.whl")))
    locked = str(release / "requirements.txt")
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    run(UV, "tool", "install", "--constraints", locked, wheel, cwd=tmp_path, **folders)
    assert run(str(tmp_path / "bin" / "zarya"), "--version", PYTHONPATH="").startswith("zarya ")
    packages = next((tmp_path / "tools").rglob("site-packages"))
    assert (packages / "migrations" / "versions").is_dir()


def test_lowest_versions_of_dependencies(release: Path, tmp_path: Path) -> None:
    """The archive is loaded with the oldest versions that `pyproject.toml` allows."""
    environment = tmp_path / "environment"
    run(UV, "venv", "--quiet", str(environment))
    wheel = str(next(release.glob("*.whl")))
    python = str(environment / "bin" / "python")
    run(UV, "pip", "install", "--python", python, "--resolution", "lowest-direct", wheel)
    settings = {"ZARYA_DATABASE_URL": f"sqlite:///{tmp_path}/archive.db", "PYTHONPATH": ""}
    for command in (("migrate",), ("load",), ("doctor", "--json")):
        printed = run(str(environment / "bin" / "zarya"), *command, cwd=tmp_path, **settings)
    findings = {each["check"]: each["level"] for each in json.loads(printed)}
    assert findings["tables"] == findings["writes"] == "ok"
