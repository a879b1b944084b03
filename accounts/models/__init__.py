"""The tables of this app, gathered."""

from accounts.models.people import User
from accounts.models.proofs import Proof
from accounts.models.roles import Role, RoleField, RoleHolder, RoleRight
from accounts.models.signin import (
    ApiToken,
    KnownDevice,
    PasswordReset,
    PastPassword,
    RecoveryCode,
    SignInAttempt,
    UserSession,
)
from accounts.models.structure import Department, Membership, Position, Team, TeamMember

__all__ = [
    "ApiToken",
    "Department",
    "KnownDevice",
    "Membership",
    "PasswordReset",
    "PastPassword",
    "Position",
    "Proof",
    "RecoveryCode",
    "Role",
    "RoleField",
    "RoleHolder",
    "RoleRight",
    "SignInAttempt",
    "Team",
    "TeamMember",
    "User",
    "UserSession",
]
