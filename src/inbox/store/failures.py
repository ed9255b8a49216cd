"""What the database reports, as errors of ours."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from inbox.errors import Conflict, InboxError, Invalid, Unavailable

REPORTED = (
    DBAPIError,
    PoolTimeout,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)

_BUSY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,  # it was let in at the start: somebody is at work on the server
    asyncpg.InvalidCatalogNameError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # takes no connections, or a lock was not to be had
    asyncpg.OperatorInterventionError,  # shut down, or the statement took too long
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,  # the server went away in the middle of a word
    ConnectionError,
    PoolTimeout,
)


def failure_of(error: BaseException) -> InboxError | None:
    """Return what an error of the driver means to a caller; None for a mistake of ours."""
    match reported(error):
        case asyncpg.UniqueViolationError():
            return Conflict("There is one of that name or key already.")
        case asyncpg.ForeignKeyViolationError(detail=str(detail)) if "still referenced" in detail:
            return Conflict("Something else still belongs to this.")
        case asyncpg.ForeignKeyViolationError():
            return Invalid("This names something that does not exist.")
        # Numbers out of range, characters that PostgreSQL does not hold: nothing that a person meant to send.
        case asyncpg.DataError() | ValueError():  # the driver's own refusals are ValueErrors
            return Invalid("A value is out of range, or holds characters that cannot be stored.")
        case asyncpg.InterfaceError() as lost if "clos" in str(lost):
            return Unavailable("The database cannot take this right now.")
        case asyncpg.DiskFullError():
            return Unavailable("The disk of the database is full.")
        case found if isinstance(found, _BUSY):
            return Unavailable("The database cannot take this right now.")
    return None


def reported(error: BaseException) -> BaseException:
    """Return the driver's own error from within SQLAlchemy's."""
    inner = error.orig if isinstance(error, DBAPIError) else None
    return (inner.__cause__ or inner) if inner is not None else error
