"""Failures of a picture store and their reasons."""

import errno
from enum import StrEnum

from app.http.redaction import redact

_MAX_DESCRIPTION_CHARS = 500


class StoreFailureReason(StrEnum):
    """Reason for a failure of a picture store; docs/operations.md says what to do about each."""

    WRONG_CREDENTIALS = "wrong-credentials"
    UNREACHABLE = "unreachable"
    NO_BUCKET = "no-bucket"
    FULL = "full"
    READ_ONLY = "read-only"
    OTHER = "other"


_BY_ERRNO = {
    errno.EACCES: StoreFailureReason.READ_ONLY,
    errno.EDQUOT: StoreFailureReason.FULL,
    errno.EEXIST: StoreFailureReason.UNREACHABLE,  # a file has the name of the folder
    errno.EIO: StoreFailureReason.UNREACHABLE,
    errno.ENOENT: StoreFailureReason.UNREACHABLE,
    errno.ENOSPC: StoreFailureReason.FULL,
    errno.ENOTDIR: StoreFailureReason.UNREACHABLE,
    errno.EPERM: StoreFailureReason.READ_ONLY,
    errno.EROFS: StoreFailureReason.READ_ONLY,
    errno.ESTALE: StoreFailureReason.UNREACHABLE,  # of a network file system
    errno.ETIMEDOUT: StoreFailureReason.UNREACHABLE,
}
_BY_CLASS_NAME = {
    "FileNotFoundError": StoreFailureReason.NO_BUCKET,
    "PermissionDeniedError": StoreFailureReason.WRONG_CREDENTIALS,
    "UnauthenticatedError": StoreFailureReason.WRONG_CREDENTIALS,
}
"""Reasons of the errors of obstore, which may not be installed."""

_NO_BUCKET_CODE = "NoSuchBucket"
"""Code of S3 in the message of an error: obstore has no class for it if the request was a list."""


def find_store_failure_reason(error: BaseException) -> StoreFailureReason:
    """Find the reason of an error of a store; `error` may be the Unavailable that it caused."""
    cause = error.__cause__ or error
    code = getattr(cause, "errno", None)
    if code is not None:
        return _BY_ERRNO.get(code, StoreFailureReason.OTHER)
    if _NO_BUCKET_CODE in str(cause):
        return StoreFailureReason.NO_BUCKET
    is_of_obstore = type(cause).__module__ == "obstore.exceptions"
    default = StoreFailureReason.UNREACHABLE if is_of_obstore else StoreFailureReason.OTHER
    return _BY_CLASS_NAME.get(type(cause).__name__, default)


def describe_store_error(error: BaseException) -> str:
    """The message of an error of a store in one line, without the details of obstore."""
    message = str(error.__cause__ or error).partition("Debug source:")[0]
    return redact(" ".join(message.split()))[:_MAX_DESCRIPTION_CHARS]
