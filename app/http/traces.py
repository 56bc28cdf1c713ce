"""Traces: the OpenTelemetry provider, which exports no secrets."""

from typing import TYPE_CHECKING, Any

from app.http.redaction import redact

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


def build_tracer_provider() -> "TracerProvider":
    """A provider without exporters that redacts the attributes of spans as they start.

    FastAPI starts a span for a request with its path and query, and adds the exporter.
    """
    # An optional dependency, of the extra `otel`.
    from opentelemetry.sdk.trace import (  # noqa: PLC0415 - an extra
        Span,
        SpanProcessor,
        TracerProvider,
    )

    class RedactingProcessor(SpanProcessor):
        def on_start(self, span: Span, parent_context: Any = None) -> None:
            for name, value in (span.attributes or {}).items():
                if isinstance(value, str):
                    span.set_attribute(name, redact(value))

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(RedactingProcessor())
    return provider
