#!/usr/bin/env bash
# Installs Zarya on Debian 12, as root: `deploy/install.sh portal.example`. Runs the blocks ```sh of docs/install.md,
# from top to bottom. Run it again after an interruption or an upgrade: it changes only what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

export HOST=${1:?usage: install.sh HOST, such as portal.example}
export DEBIAN_FRONTEND=noninteractive
[ "$(id -u)" = 0 ] || { echo "Run this as root." >&2; exit 1; }

steps=$(mktemp)
trap 'rm "$steps"' EXIT
sed -n '/^```sh$/,/^```$/{/^```/d;p}' docs/install.md >"$steps"
bash -euo pipefail -x "$steps"
