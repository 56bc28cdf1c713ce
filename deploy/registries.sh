# Sourced: settings of this machine that installations in containers need to reach the package registries.

# Print the files as `path:path in the container`, one a line.
registry_files() {
    local path settings
    settings=$(mktemp -d)
    echo 'system-certs = true' >"$settings/uv.toml"
    echo "$settings:/etc/uv"
    for path in /etc/pip.conf /etc/xdg/pip /etc/ssl/certs/ca-certificates.crt; do
        [ ! -e "$path" ] || echo "$path:$path"
    done
}
