"""Errors of the command as exceptions that keep their tag and their remedy."""

from __future__ import annotations

from typing import Any, Mapping, Optional


class FitError(Exception):
    """A run that could not be done.

    Parameters
    ----------
    message
        What is wrong, and where.
    remedy
        What to do about it; ``None`` where nobody knows.
    fields
        What else the command says of the place: ``path``, ``line``, ``position`` (in a formula), ``source``, ``option``.

    Attributes
    ----------
    tag : str
        The kind of the error, as the library and the command have it: the name of the class.
    status : int or None
        Exit status of the command: 1 unreadable input or no device, 2 misuse.
    """

    tag: str = "Error"

    def __init__(self, message: str, remedy: Optional[str] = None, fields: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.fields = dict(fields or {})
        self.status: Optional[int] = None

    def __str__(self) -> str:
        if self.remedy is None or self.remedy in self.message:
            return self.message
        return f"{self.message}\n{self.remedy}"


class FormulaError(FitError, ValueError):
    """A formula that cannot be read, or names what the data do not have."""

    tag = "FormulaError"


class DataError(FitError, ValueError):
    """Data that cannot be read, or do not hold what a model needs."""

    tag = "DataError"


class OptionError(FitError, ValueError):
    """An option that does not exist, has a wrong value, or does not go with another."""

    tag = "OptionError"


class DeviceError(FitError, RuntimeError):
    """A graphics device that was asked for and is not there, or failed."""

    tag = "DeviceError"


class AbortError(FitError):
    """A run that was ended from outside, by a signal to the command."""

    tag = "AbortError"


class CommandError(FitError, RuntimeError):
    """The command is not there, or ended without saying why."""

    tag = "CommandError"


_KINDS = {kind.tag: kind for kind in (FormulaError, DataError, OptionError, DeviceError, AbortError)}


def error_of(tag: str) -> type[FitError]:
    """The class for a tag of the command; :class:`CommandError` for what nobody threw on purpose."""
    return _KINDS.get(tag, CommandError)
