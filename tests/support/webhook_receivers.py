"""HTTP server that receives webhooks and records them."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class WebhookReceiver:
    """Webhook endpoint, by default on the loopback address."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        """Headers and body of each request received."""
        self.next_statuses: list[int] = []
        """Status codes of the next responses; 204 once the list is empty."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append((dict(self.headers.items()), body))
                status = receiver.next_statuses.pop(0) if receiver.next_statuses else 204
                content = b"" if status < 300 else b"Sorry, no\0."
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self.server.server_port}/hook"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def webhook_receiver(address: str = "127.0.0.1") -> Iterator[WebhookReceiver]:
    """Run a `WebhookReceiver`."""
    receiver = WebhookReceiver(address)
    yield receiver
    receiver.close()
