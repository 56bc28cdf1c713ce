#!/usr/bin/env bash
# Runs install.sh twice on an empty Debian 12, booted in a container, and uses what it has installed. Needs root, and
# that the ports 80, 443, 5432, 8000, 9090, 9093 and 9100 are free: the container has the network of this machine.
set -euo pipefail
trap 'echo "$0: line $LINENO failed" >&2' ERR
cd "$(dirname "$0")/.."
. deploy/registries.sh

missing=()
command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi >/dev/null

host=portal.example
folder=$(mktemp -d)
root=$folder/root
leader=

finish() {
    [ -z "$leader" ] || { kill -s RTMIN+4 "$leader" && wait "$container"; } || true
    rm -rf --one-file-system "$folder"
}
trap finish EXIT

mmdebstrap --quiet --variant=minbase --include=systemd-sysv,dbus,ca-certificates bookworm "$root"
install -d "$root/srv/zarya"
git ls-files -z --cached --others --exclude-standard | tar -c --null -T - --owner=root --group=root | tar -x -C "$root/srv/zarya"

mapfile -t binds < <(registry_files | sed 's/^/--bind-ro=/')
systemd-nspawn --quiet --directory "$root" --boot --register=no --keep-unit --console=pipe \
    --resolv-conf=copy-host --timezone=off "${binds[@]}" >"$folder/console" &
container=$!
for _ in $(seq 100); do
    leader=$(pgrep --parent "$container" systemd) && break || sleep 0.1
done
inside() { nsenter --target "$leader" --mount --uts --ipc --pid --root env -i -C / PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
for _ in $(seq 300); do
    case $(inside systemctl is-system-running 2>/dev/null || true) in running | degraded) break ;; esac
    sleep 0.1
done

SECONDS=0
inside /srv/zarya/deploy/install.sh "$host"
echo "Installed in $SECONDS s."
key=$(cat "$root/root/zarya.key")
inside /srv/zarya/deploy/install.sh "$host" 2>/dev/null
[ "$key" = "$(cat "$root/root/zarya.key")" ]

ask() {
    curl --silent --show-error --fail --cacert "$root/etc/ssl/zarya/fullchain.pem" --resolve "$host:443:127.0.0.1" "https://$host$1" "${@:2}"
}
expect() { grep -- "$1" >/dev/null || { echo "Not found: $1" >&2; exit 1; }; }

ask /v1/missions/iss-59/page?month=2019-04 | expect '"title":"ISS-59 mission"'
ask /v1/keys -H "Authorization: Bearer $key" | expect '"name":"Administrator"'
ask / --head | expect 'strict-transport-security'
[ "$(curl --silent --output /dev/null --write-out '%{http_code} %{redirect_url}' -H "Host: $host" http://127.0.0.1/people)" = "308 https://$host/people" ]
inside systemctl --failed --no-legend
[ -z "$(inside systemctl --failed --no-legend)" ]
inside systemctl list-timers --no-legend zarya-backup.timer | expect zarya-backup.service
ls "$root"/var/backups/zarya/*.backup >/dev/null
for job in zarya node; do
    curl --silent --fail 'http://127.0.0.1:9090/api/v1/query' --data-urlencode "query=up{job=\"$job\"}" | expect '"1"\]'
done
curl --silent --fail http://127.0.0.1:9090/api/v1/rules | expect ZaryaBackupMissing
echo "The portal answers over HTTPS."
