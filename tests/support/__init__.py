"""Shared test code: databases, clients, servers, test data and parsers. Contains no tests."""
