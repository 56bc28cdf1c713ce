"""nginx with one server block, for comparisons with files that it sends by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from bench.deployment import find_nginx
from bench.wrk import Server
from contract.servers import free_port, running

_CONFIG = Template("""\
user root;
worker_processes 1;
daemon off;
pid $folder/nginx.pid;
error_log $folder/error.log warn;

events {
    worker_connections 256;
}

http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=100;
    client_body_temp_path $folder/client;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    keepalive_requests 1000000;
$blocks
    server {
        listen 127.0.0.1:$port;
$locations
    }
}
""")


@contextmanager
def run_nginx(
    folder: Path, locations: str, ready: str, *, blocks: str = "", pids: tuple[int, ...] = ()
) -> Iterator[Server]:
    """Run nginx with `locations` in its server, and `blocks` before it, until `ready` responds.

    The processes `pids` count towards its CPU time. Raises Failed if nginx is not installed.
    """
    port = free_port()
    path = folder / "nginx.conf"
    path.write_text(
        _CONFIG.substitute(folder=folder, port=port, blocks=blocks, locations=locations)
    )
    command = [find_nginx(), "-c", str(path), "-e", str(folder / "error.log")]
    origin = f"http://127.0.0.1:{port}"
    with running(command, folder / "nginx.log", origin + ready) as process:
        yield Server(origin, (process.pid, *pids))
