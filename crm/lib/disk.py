"""Whether an error says that a disk is full."""

import errno

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: BaseException | None) -> bool:
    """No room on the disk, none left in the quota, or a file larger than this process may write."""
    return isinstance(error, OSError) and error.errno in FULL
