#!/usr/bin/env bash
# Builds a release into a new folder: `release.sh FOLDER`. It has the wheel, the locked versions of what it depends on, the bill of
# materials, the image (where docker or buildah is, unless IMAGE=no) and their checksums. With KEY=FILE, a private key of
# ssh-keygen, the checksums are signed. docs/operations.md says how to verify and to install it.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:?usage: release.sh FOLDER}
uv=.venv/bin/uv
mkdir "$folder"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

"$uv" build --quiet --wheel --out-dir "$folder"
rm -f "$folder/.gitignore"
"$uv" export --quiet --frozen --no-default-groups --no-emit-project --format requirements-txt --output-file "$folder/requirements.txt"
"$uv" export --quiet --frozen --no-default-groups --no-emit-project --format cyclonedx1.5 --output-file "$folder/sbom.json"
if [ "${IMAGE:-}" != no ] && { docker info || command -v buildah; } >/dev/null 2>&1; then
    deploy/image.sh build
    deploy/image.sh save "$folder/image.tar"
fi
(cd "$folder" && sha256sum -- * >SHA256SUMS)
if [ -n "${KEY:-}" ]; then
    ssh-keygen -q -Y sign -f "$KEY" -n zarya-release "$folder/SHA256SUMS"
fi
ls -l "$folder"
