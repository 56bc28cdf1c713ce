#!/usr/bin/env bash
# Runs compose.yaml with podman, as root. Where docker.io cannot be reached, the images of PostgreSQL and nginx are made
# of Debian's packages instead. Needs that port 8080 is free.
set -euo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
cd "$(dirname "$0")/.."

missing=()
for package in aardvark-dns buildah iptables netavark podman podman-compose runc; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi >/dev/null

folder=$(mktemp -d)
cat >"$folder/containers.conf" <<'END'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
network_backend = "netavark"
runtime = "runc"
END
export CONTAINERS_CONF=$folder/containers.conf STORAGE_DRIVER=overlay BUILDAH_ISOLATION=chroot
export POSTGRES_PASSWORD="a word with / and @"
compose() { podman-compose --project-name zarya-test "$@"; }
finish() {
    compose down --volumes --timeout 5 >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap finish EXIT

# Make the image $1 of Debian's package $2; a container of it runs the script on standard input.
stand_in() {
    local container
    cat >"$folder/start"
    container=$(buildah from --pull-never docker.io/library/python:3.11-slim)
    buildah run "$container" -- sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends $2" >/dev/null
    buildah copy "$container" "$folder/start" /start
    buildah config --cmd '["sh", "/start"]' "$container"
    buildah commit --rm "$container" "$1"
}

deploy/image.sh build
if ! timeout 60 podman pull --quiet docker.io/library/nginx:1.28 docker.io/library/postgres:17 2>/dev/null; then
    echo "exec nginx -g 'daemon off;'" | stand_in docker.io/library/nginx:1.28 nginx
    stand_in docker.io/library/postgres:17 postgresql <<'END'
bin=$(echo /usr/lib/postgresql/*/bin) data=/var/lib/postgresql/data
as_postgres() { runuser -u postgres -- "$@"; }
chown postgres "$data"
if [ ! -e "$data/PG_VERSION" ]; then
    printenv POSTGRES_PASSWORD >/tmp/password
    chown postgres /tmp/password
    as_postgres "$bin/initdb" --auth=scram-sha-256 --encoding=UTF8 --username="$POSTGRES_USER" --pwfile=/tmp/password "$data"
    echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
    as_postgres "$bin/pg_ctl" -D "$data" -w -o '-c listen_addresses=' start
    PGPASSWORD=$POSTGRES_PASSWORD as_postgres createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    as_postgres "$bin/pg_ctl" -D "$data" -w stop
fi
exec runuser -u postgres -- "$bin/postgres" -D "$data" -c listen_addresses='*'
END
fi

ask() { curl --silent --show-error --fail "http://127.0.0.1:8080$1" "${@:2}"; }
expect() { grep -- "$1" >/dev/null || { echo "Not found: $1" >&2; exit 1; }; }

# Positive control of the check that there is no default password.
if POSTGRES_PASSWORD='' compose config >/dev/null 2>&1; then echo "It starts without a password." >&2; exit 1; fi
compose up --detach --no-build
for _ in $(seq 300); do ask /health/ready >/dev/null 2>&1 && break || sleep 1; done
ask /health/ready | expect '"status":"ready"'
ask '/v1/missions/iss-59/page?month=2019-04' | expect '"title":"ISS-59 mission"'
ask /v1/missions/iss-59 --output /dev/null
ask /v1/missions/iss-59 --head | expect 'X-Cache: HIT'
key=$(compose exec -T zarya .venv/bin/zarya keys create --name Test --scope keys:admin 2>/dev/null | grep -o '^zarya_[^ ]*' | tr -d '\r')
ask /v1/keys -H "Authorization: Bearer $key" | expect '"name":"Test"'
for _ in $(seq 300); do compose exec -T backup ls /backups 2>/dev/null | grep 'backup$' >/dev/null && break || sleep 1; done
compose exec -T backup ls /backups | expect 'backup$'
ask /v1/missions/iss-59 >"$folder/before"
compose down --timeout 5 >/dev/null 2>&1
compose up --detach --no-build >/dev/null 2>&1
for _ in $(seq 300); do ask /health/ready >/dev/null 2>&1 && break || sleep 1; done
ask /v1/keys -H "Authorization: Bearer $key" | expect '"name":"Test"'
ask /v1/missions/iss-59 | cmp - "$folder/before"
echo "The portal answers, keeps its data, and has a backup."
