#!/usr/bin/env bash
# Builds the image, or runs it and sends it three requests, or writes it into a file: `image.sh build|test|save FILE`.
# Uses Docker if available; otherwise, as root, Debian's buildah with a base image made by mmdebstrap
# instead of the one in FROM.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/registries.sh

image=localhost/zarya
port=${PORT:-8000}

with_docker() { docker info >/dev/null 2>&1; }

with_buildah() {
    export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=${STORAGE_DRIVER:-vfs}
    local missing=()
    command -v buildah >/dev/null || missing+=(buildah)
    command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
    if [ ${#missing[@]} -gt 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    fi >/dev/null
}

base() {
    buildah inspect --type image python:3.11-slim >/dev/null 2>&1 && return
    local root container mounted
    root=$(mktemp -d)
    mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,passwd,ca-certificates bookworm "$root"
    container=$(buildah from scratch)
    mounted=$(buildah mount "$container")
    cp -a "$root/." "$mounted/"
    buildah umount "$container"
    buildah commit --rm "$container" docker.io/library/python:3.11-slim
    rm -rf --one-file-system "$root"
}

build() {
    if with_docker; then
        docker build --tag "$image" .
        return
    fi
    with_buildah
    base
    mapfile -t given < <(registry_files | sed 's/^/--volume=/; s/$/:ro/')
    buildah bud --pull-never --format docker "${given[@]}" --tag "$image" .
}

start() {
    if with_docker; then
        name=$(docker run --detach --read-only --tmpfs /tmp --publish "127.0.0.1:$port:8000" "$image")
        trap 'docker rm --force "$name" >/dev/null' EXIT
        return
    fi
    with_buildah
    name=$(buildah from --pull-never "$image")
    buildah run "$name" -- .venv/bin/zarya serve --prepare --port "$port" &
    server=$!
    trap 'kill "$server"; wait "$server" || true; buildah rm "$name" >/dev/null' EXIT
}

ask() { curl --silent --show-error --fail "http://127.0.0.1:$port$1"; }

try() {
    start
    for _ in $(seq 60); do ask /health/ready >/dev/null 2>&1 && break || sleep 1; done
    ask /health/ready
    ask '/v1/missions/iss-59/page?month=2019-04' | grep -o '"title":"ISS-59 mission"' | head -n 1
    ask '/v1/people?aboard_on=2019-04-04&with_total=true' | grep -o '"total":6'
}

# Write the image as an OCI archive, and print its digest.
save() {
    if with_docker; then
        docker save --output "$1" "$image"
        return
    fi
    with_buildah
    buildah push --quiet --digestfile "$1.digest" "$image" "oci-archive:$1"
    cat "$1.digest"
}

case ${1:-} in
build) build ;;
save) save "$2" ;;
test) try ;;
*) echo "usage: image.sh build|save FILE|test" >&2 && exit 2 ;;
esac
