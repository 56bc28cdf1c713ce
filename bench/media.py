"""Files of pictures: sent by the service, and by nginx through `X-Accel-Redirect`."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from PIL import Image

from app.resources.media.folder_store import FolderStore
from app.resources.media.picture_store import compute_digest
from app.resources.media.renditions import make_renditions
from bench import archives, servers
from bench.deployment import find_nginx
from bench.suite import Bench
from bench.wrk import Server, Target
from contract.servers import free_port, running

MIN_RATIO = 0.7
REDIRECT = "/pictures"
PHOTO_PIXELS = 2400, 1800
FILES_BY_GRAIN_WIDTH = {80: ("thumb", "card", "page", "full"), 300: ("full",)}
"""Rendition files to measure, by the width of the noise in the photo: 80 is an ordinary photo (1 MB
in all); 300 has a `full` file that is streamed."""

CONFIG = Template("""\
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

    upstream zarya {
        server $service;
        keepalive 32;
        keepalive_requests 1000000;
    }

    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://zarya;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
        location $redirect/ {
            internal;
            alias $pictures/;
        }
    }
}
""")


def store_photo(pictures: Path, grain_width: int) -> str:
    """Store a picture like a photo in the folder `pictures`. Returns its digest."""
    size = grain_width, grain_width * 3 // 4
    grain = random.Random(59).randbytes(size[0] * size[1] * 3)
    photo = Image.frombytes("RGB", size, grain)
    content = BytesIO()
    photo.resize(PHOTO_PIXELS, Image.Resampling.BICUBIC).save(content, "JPEG", quality=90)
    digest, store = compute_digest(content.getvalue()), FolderStore(pictures)
    with store.staging() as folder:
        source, files = folder / "source", folder / digest
        source.write_bytes(content.getvalue())
        files.mkdir()
        make_renditions(source, files)
        store.add(digest, files)
    return digest


@contextmanager
def run_nginx(folder: Path, pictures: Path, service: Server, ready: str) -> Iterator[Server]:
    """Run nginx in front of a service that answers with `X-Accel-Redirect`."""
    port = free_port()
    config = CONFIG.substitute(
        folder=folder,
        pictures=pictures,
        port=port,
        redirect=REDIRECT,
        service=service.origin.removeprefix("http://"),
    )
    path = folder / "nginx.conf"
    path.write_text(config)
    command = [find_nginx(), "-c", str(path), "-e", str(folder / "error.log")]
    origin = f"http://127.0.0.1:{port}"
    with running(command, folder / "nginx.log", f"{origin}{ready}") as process:
        yield Server(origin, (process.pid, *service.pids))


def measure_renditions(bench: Bench) -> None:
    """Compare files of the service with the same files of nginx, which asks the service first."""
    with TemporaryDirectory(prefix="zarya-bench-media-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        folder.chmod(0o755)
        pictures = folder / "pictures"
        paths = [
            f"/media/{digest}/{name}.jpg"
            for grain_width, names in FILES_BY_GRAIN_WIDTH.items()
            for digest in [store_photo(pictures, grain_width)]
            for name in names
        ]
        address, env = archives.sqlite(bench.plan.small), {"ZARYA_MEDIA_DIR": str(pictures)}
        direct = stack.enter_context(servers.zarya(address, env=env))
        redirecting = stack.enter_context(
            servers.zarya(address, env={**env, "ZARYA_MEDIA_REDIRECT": REDIRECT})
        )
        nginx = stack.enter_context(run_nginx(folder, pictures, redirecting, paths[0]))
        pairs = []
        for path in paths:
            sizes = {server: len(Target("", server, []).get(path)[2]) for server in (direct, nginx)}
            name = f"picture of {sizes[direct] / 1000:,.0f} kB"
            assert sizes[direct] == sizes[nginx] > 0, path
            pairs.append((Target(f"{name}, nginx", nginx, [path]), Target(name, direct, [path])))
        bench.results.measure(bench.plan, [target for pair in pairs for target in pair])
    for reference, target in pairs:
        bench.results.at_least(target.name, reference.name, MIN_RATIO)
