"""What registers people, signs them in and replaces their passwords."""

from collections.abc import Mapping

from tochka_core.auth.allowances import AuthAllowances
from tochka_core.auth.registration import Registration
from tochka_core.auth.services import AuthService
from tochka_core.messages.allowances import MessageAllowances
from tochka_core.messages.sending import PhoneMessages
from tochka_core.passwords.changing import PasswordService
from tochka_core.passwords.current import CurrentPasswords
from tochka_core.passwords.hashing import PasswordHasher
from tochka_core.second_factor.services import SecondFactors
from tochka_core.wiring.shared import Shared


def people_services(shared: Shared) -> Mapping[str, object]:
    """Return what registers people, signs them in and replaces their passwords, by name."""
    settings, database, counter = shared.settings, shared.database, shared.counter
    allowances = AuthAllowances.of(settings)
    hasher = PasswordHasher(cost=settings.bcrypt_cost, pepper=settings.password_pepper)
    current_passwords = CurrentPasswords(counter=counter, database=database, hasher=hasher)
    region = settings.default_region
    messages = PhoneMessages(
        allowances=MessageAllowances.of(settings),
        counter=counter,
        language=settings.message_language,
        messenger=shared.messenger,
    )
    return {
        "auth": AuthService(
            allowances=allowances,
            counter=counter,
            database=database,
            hasher=hasher,
            sessions=shared.sessions,
            region=region,
        ),
        "passwords": PasswordService(
            allowances=allowances,
            counter=counter,
            current_passwords=current_passwords,
            database=database,
            hasher=hasher,
            messages=messages,
            region=region,
        ),
        "registration": Registration(
            allowances=allowances,
            confirm_phones=settings.confirm_phones,
            counter=counter,
            database=database,
            hasher=hasher,
            messages=messages,
            region=region,
        ),
        "second_factors": SecondFactors(
            counter=counter,
            current_passwords=current_passwords,
            database=database,
            messages=messages,
            ring=shared.ring,
            sessions=shared.sessions,
        ),
    }
