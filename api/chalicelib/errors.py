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

    @property
    def headers(self) -> Mapping[str, str]:
        """Return what the answer's headers say of it."""
        return {}


class UnreadableError(ApiError):
    """The body is not what its content type says."""

    code = "unreadable"


class NotSignedInError(ApiError):
    """The address is for members, and nobody is signed in."""

    status = 401
    code = "not_signed_in"

    def __init__(self) -> None:
        super().__init__("Please sign in first.")


class ForbiddenError(ApiError):
    """Whoever asks may not."""

    status = 403
    code = "forbidden"


class NotFoundError(ApiError):
    """There is nothing at the address."""

    status = 404
    code = "not_found"


class MethodNotAllowedError(ApiError):
    """The address is there, and knows no such method."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This address takes {allowed}.")
        self.allowed = allowed

    @property
    def headers(self) -> Mapping[str, str]:
        """Return which methods there are."""
        return {"Allow": self.allowed}


class GoneError(ApiError):
    """A link that was good once."""

    status = 410
    code = "gone"


class TooLargeError(ApiError):
    """The body is larger than any message may be."""

    status = 413
    code = "too_large"


class UnsupportedTypeError(ApiError):
    """The body is of a type that the address does not take."""

    status = 415
    code = "unsupported_media_type"


class InvalidError(ApiError):
    """The fields break a rule, each with what to do about it."""

    status = 422
    code = "invalid"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("Some of what you wrote cannot be taken as it is.")
        self.fields = dict(fields)


class TooManyError(ApiError):
    """More came from one sender than anybody writes."""

    status = 429
    code = "too_many"

    @property
    def headers(self) -> Mapping[str, str]:
        """Return when it is worth another attempt."""
        return {"Retry-After": "600"}


class InternalError(ApiError):
    """A fault of ours; the log has it under the request's id."""

    status = 500
    code = "internal"

    def __init__(self) -> None:
        super().__init__("Something went wrong here. It has been written down; please try again in a minute.")


class UnavailableError(ApiError):
    """What the answer depends on cannot be reached."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str = "This cannot be done just now. Please try again in a minute.") -> None:
        super().__init__(message)

    @property
    def headers(self) -> Mapping[str, str]:
        """Return when it is worth another attempt."""
        return {"Retry-After": "60"}


class DatabaseUnavailableError(UnavailableError):
    """The database did not answer, or not in time; whether it did what it was asked is not known."""


class DatabaseRefusedError(DatabaseUnavailableError):
    """The database answered that the statement cannot be carried out, and would answer the same again."""


class QueueUnavailableError(UnavailableError):
    """The queue did not take what it was given."""


class NotKeptError(UnavailableError):
    """The message could not be made durable anywhere."""

    def __init__(self) -> None:
        super().__init__("Your message was not sent: we could not keep it just now. Please try again in a minute.")


class SettingsError(Exception):
    """The environment does not say what the API needs; the message names the variable."""


class DeliveryError(Exception):
    """A delivery that was not taken; the words are a code of the other side's and never what was to be delivered."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
