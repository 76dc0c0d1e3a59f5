"""Replace the API's signing secret: the function that Secrets Manager calls, once for each step."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.aws import SecretsManagerVault
from chalicelib.rotation import rotate


def work(event: Mapping[str, str], _context: object) -> None:
    """Do the step that the event names; what goes wrong is raised, and the rotation is tried again later."""
    rotate(event["Step"], event["ClientRequestToken"], SecretsManagerVault(event["SecretId"]))
