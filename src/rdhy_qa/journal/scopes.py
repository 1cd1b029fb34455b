"""What a caller of the service may do."""

from enum import StrEnum


class Scope(StrEnum):
    """A group of things that a caller may do; none implies another."""

    READ = "read"
    """Ask, search, and read documents."""
    FEEDBACK = "feedback"
    """Vote on answers."""
    ADMIN = "admin"
    """See what readers asked in vain, and the figures of the service."""
