"""The command line: parses, calls, prints. Every error a person is meant to read becomes words here."""
