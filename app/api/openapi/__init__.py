"""OpenAPI document: completes FastAPI's output for client generators."""
