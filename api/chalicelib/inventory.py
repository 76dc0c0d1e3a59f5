"""What a database holds, in numbers: whoever has restored one sees by them how far it has come."""

from __future__ import annotations

from typing import Any, LiteralString

from chalicelib.migrations import Schema

# One statement, so that all counts are of one moment. It has to look at each row: the server's own estimates say
# nothing of a database that was started a minute ago.
COUNTS: LiteralString = """
    SELECT table_name, (xpath('//n/text()', query_to_xml(
        format('SELECT count(*) AS n FROM %%I.%%I', table_schema, table_name), false, true, '')))[1]::text::bigint
    FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    ORDER BY table_name
"""
NEWEST: LiteralString = "SELECT max(received_at) FROM contact_messages"


def take_inventory(schema: Schema) -> dict[str, Any]:
    """Return how many rows each table has, and when the newest message was received; of what is in them, nothing."""
    rows = {str(name): int(count) for name, count in schema.query(COUNTS, ())}
    newest = schema.query(NEWEST)[0][0] if "contact_messages" in rows else None
    return {"rows": rows, "newest_message": newest.isoformat() if newest else None}
