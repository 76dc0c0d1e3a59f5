"""The roles of a new server, made once by its administrator: who owns the database, and as whom the API connects.

Where the server is RDS they sign in by IAM, so neither has a password. Behind RDS Proxy the API's role has one, which
only the proxy knows, because a role of `rds_iam` cannot sign in with a password at all.
"""

from __future__ import annotations

from chalicelib.migrations import Schema

OWNER_ROLE = "zichkoding_owner"
API_ROLE = "zichkoding_api"

# May be run again. The administrator is a member of the owner's role only while it hands over the database: whoever is
# in `rds_iam`, by whatever way, cannot use a password any more.
MAKE_ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'zichkoding_owner') THEN
        CREATE ROLE zichkoding_owner LOGIN CREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'zichkoding_api') THEN
        CREATE ROLE zichkoding_api;
    END IF;
    ALTER ROLE zichkoding_api LOGIN;
    GRANT zichkoding_api TO zichkoding_owner WITH ADMIN OPTION;
    EXECUTE format('GRANT zichkoding_owner TO %I', current_user);
    EXECUTE format('ALTER DATABASE %I OWNER TO zichkoding_owner', current_database());
    EXECUTE format('REVOKE zichkoding_owner FROM %I', current_user);
END
$$;
"""
SIGN_IN_BY_IAM = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        GRANT rds_iam TO {role};
    END IF;
END
$$;
"""


def make_roles(schema: Schema, *, has_proxy: bool) -> list[str]:
    """Make both roles, give the owner its database, and return who signs in by IAM where the server knows of it."""
    by_iam = [OWNER_ROLE] if has_proxy else [OWNER_ROLE, API_ROLE]
    with schema.transaction():
        schema.run_script(MAKE_ROLES)
        for role in by_iam:
            schema.run_script(SIGN_IN_BY_IAM.format(role=role))
    return by_iam
