"""Files of pictures: sent by the service, and by nginx through `X-Accel-Redirect`."""

import random
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from PIL import Image

from app.resources.media.folder_store import FolderStore
from app.resources.media.picture_store import compute_digest
from app.resources.media.renditions import make_renditions
from bench import archives, servers
from bench.nginx import run_nginx
from bench.suite import Bench
from bench.wrk import Target

MIN_RATIO = 0.7
REDIRECT = "/pictures"
PHOTO_PIXELS = 2400, 1800
FILES_BY_GRAIN_WIDTH = {80: ("thumb", "card", "page", "full"), 300: ("full",)}
"""Rendition files to measure, by the width of the noise in the photo: 80 is an ordinary photo (1 MB
in all); 300 has a `full` file of 661 kB."""

UPSTREAM = Template("""
    upstream zarya {
        server $service;
        keepalive 32;
        keepalive_requests 1000000;
    }
""")
LOCATIONS = Template("""\
        location / {
            proxy_pass http://zarya;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
        location $redirect/ {
            internal;
            alias $pictures/;
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
        upstream = UPSTREAM.substitute(service=redirecting.origin.removeprefix("http://"))
        locations = LOCATIONS.substitute(redirect=REDIRECT, pictures=pictures)
        nginx = stack.enter_context(
            run_nginx(folder, locations, paths[0], blocks=upstream, pids=redirecting.pids)
        )
        pairs = []
        for path in paths:
            sizes = {server: len(Target("", server, []).get(path)[2]) for server in (direct, nginx)}
            name = f"picture of {sizes[direct] / 1000:,.0f} kB"
            assert sizes[direct] == sizes[nginx] > 0, path
            pairs.append((Target(f"{name}, nginx", nginx, [path]), Target(name, direct, [path])))
        bench.results.measure(bench.plan, [target for pair in pairs for target in pair])
    for reference, target in pairs:
        bench.results.ratio_at_least(target.name, reference.name, MIN_RATIO)
