"""What can go wrong with a request, as values with a status and a code that stays the same."""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """A request that cannot be served, and what to tell whoever sent it."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnreadableError(ApiError):
    """The body is not what its content type says."""

    code = "unreadable"


class TooLargeError(ApiError):
    """The body is larger than any message may be."""

    status = 413
    code = "too_large"


class InvalidError(ApiError):
    """The fields break a rule, each with what to do about it."""

    status = 422
    code = "invalid"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("Some of what you wrote cannot be taken as it is.")
        self.fields = dict(fields)


class StoreUnavailableError(ApiError):
    """The message could not be kept, and nothing of it was."""

    status = 503
    code = "unavailable"

    def __init__(self) -> None:
        super().__init__("Your message was not sent: we could not keep it just now. Please try again in a minute.")


class SettingsError(Exception):
    """The environment does not say what the API needs; the message names the variable."""
