"""What can be done that is written down."""

from typing import Final, Literal, get_args

from tochka_plugins import InvalidInput

Action = Literal[
    "user.created",
    "user.signed_in",
    "user.signed_out",
    "user.sign_in_refused",
    "user.refresh_token_reused",
    "user.session_revoked",
    "user.sessions_revoked",
    "user.password_changed",
    "user.password_change_refused",
    "user.password_reset",
    "user.deactivated",
    "user.activated",
    "user.role_changed",
    "user.sessions_ended",
    "user.password_voided",
    "user.password_set",
    "second_factor.enrolled",
    "second_factor.removed",
    "second_factor.refused",
    "second_factor.recovery_code_used",
    "second_factor.recovery_codes_renewed",
    "tenant.created",
    "tenant.renamed",
    "tenant.retitled",
    "tenant.suspended",
    "tenant.resumed",
    "tenant.deleted",
    "tenant.restored",
    "tenant.exported",
    "tenant.imported",
    "tenant.purged",
    "tenant.entered",
    "member.added",
    "member.role_changed",
    "member.left",
    "member.removed",
    "ownership.transferred",
    "invitation.sent",
    "invitation.resent",
    "invitation.revoked",
    "invitation.accepted",
    "invitation.declined",
    "role.created",
    "role.changed",
    "role.retitled",
    "role.deleted",
    "api_key.made",
    "api_key.revoked",
    "plan.created",
    "plan.changed",
    "subscription.sold",
    "subscription.renewed",
    "subscription.plan_changed",
    "subscription.canceled",
    "subscription.cancellation_withdrawn",
    "module.enabled",
    "module.disabled",
    "module.settings_changed",
    "module.availability_changed",
    "domain.claimed",
    "domain.verified",
    "domain.lapsed",
    "domain.released",
    "domain.vouched_for",
]
"""Each is on the page of the audit log in the documentation; a new one needs a line here, and one
that is written no more keeps it, as long as there are entries.
"""

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)


def known_action(text: str, *, pointer: str) -> Action:
    """Return the action that is called *text*.

    Raises:
        InvalidInput: none is; it tells which there are.
    """
    for action in ACTIONS:
        if action == text:
            return action
    known = ", ".join(sorted(ACTIONS))
    raise InvalidInput(f"No action is called {text!r}; known are {known}.", pointer=pointer)
