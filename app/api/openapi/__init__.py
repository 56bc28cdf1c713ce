"""The OpenAPI document: what FastAPI derives, put so that generators make good clients of it."""
