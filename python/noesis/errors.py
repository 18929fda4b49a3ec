"""Errors of noesis: what is wrong, where, what was given, what would be right, and what to do.

A mistake of the caller is a `ConfigError`, a run that started and failed a `RunError`, whether the
environment lives in this process or on a server. What only a server can do wrong is a `RemoteError`.
"""


class UserError(Exception):
    """An error that the user can mend. Made of one text, or of its parts."""

    def __init__(self, message="", *, what="", where="", got="", allowed="", next=""):
        if not message:
            message = f"{where}: {what}" if where else what
            if got:
                message += f": got {got}"
            if allowed:
                message += f", allowed {allowed}" if got else f": allowed {allowed}"
            if next:
                message += f"; {next}"
        super().__init__(message)
        self.what, self.where, self.got, self.allowed, self.next = what, where, got, allowed, next


class ConfigError(UserError, ValueError):
    """Wrong usage, configuration or input data."""


class RunError(UserError, RuntimeError):
    """A run that started and failed."""


class RemoteError(UserError, ConnectionError):
    """Something between this process and a server, or in the server, went wrong."""


class Refused(RemoteError):
    """Nobody listens at the address, or the server does not accept our keys."""


class Silent(RemoteError):
    """The connection was lost, or the server is connected and did not answer in time."""


class LeaseLost(RemoteError):
    """The server has given up the session: nothing was heard of its client for too long."""


class ServerFull(RemoteError):
    """The server has no room; `retry_after_s` says when to try again."""

    def __init__(self, message="", *, retry_after_s=1.0, **parts):
        super().__init__(message, **parts)
        self.retry_after_s = retry_after_s


class ServerError(RemoteError):
    """The server failed, shuts down, or did not understand; `code` is the protocol's."""

    def __init__(self, message="", *, code="", **parts):
        super().__init__(message, **parts)
        self.code = code
