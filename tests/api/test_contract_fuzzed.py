"""Everything that the contract allows, and much that it does not, gets an answer that the contract knows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from chalicelib.accounts.sessions import hash_of, make_token

from tests.api.conftest import API, Server

pytestmark = pytest.mark.integration

EXAMPLES = "200" if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else "6"
# Each ends the account or the session that all the others need; they have tests of their own.
ENDING = ("deleteMe", "deleteMeByForm", "endSession")


def fuzz(server: Server, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis, with every check that it has."""
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", str(API / "openapi.yaml"), "--url", server.url,
        "--checks", "all", "--max-examples", EXAMPLES, "--seed", "1", "--continue-on-failure", "--warnings", "off",
        "--phases", "examples,coverage,fuzzing", "--header", "Sec-Fetch-Site: same-origin", *options,
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("role", ["visitor", "admin"])
def test_nothing_that_is_sent_is_answered_otherwise_than_written(
    server: Server, database: str, tmp_path: Path, role: str
) -> None:
    """By nobody and by who may do everything."""
    options = []
    if role == "admin":
        token = make_token()
        with psycopg.connect(database) as connection:
            connection.execute(
                "WITH who AS (INSERT INTO members (email, role) VALUES ('admin@a.example', 'admin') RETURNING id)"
                " INSERT INTO sessions (token_hash, member_id) SELECT %s, id FROM who",
                (hash_of(token),),
            )
        # In its own way, so that it knows which requests are to be refused for coming without.
        (tmp_path / "schemathesis.toml").write_text(f'[auth.openapi.session]\napi_key = "{token}"\n')
        options = [option for name in ENDING for option in ("--exclude-operation-id", name)]
    done = fuzz(server, tmp_path, *options)

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "crash" not in server.log.read_text()
