"""Guessing passwords on a platform with two workers."""

import asyncio
from collections import Counter

import httpx

PHONE_TRIES, ADDRESS_TRIES = 5, 12


def _guess(platform, phones):
    """Send a wrong password for each of *phones*, all at once; count the answers."""

    async def guess_all():
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(
            base_url=platform.base_url, limits=limits, timeout=60
        ) as client:
            bodies = [{"phone": phone, "password": "wrong password"} for phone in phones]
            return await asyncio.gather(
                *(client.post("/api/v1/auth/login", json=body) for body in bodies)
            )

    return Counter(answer.status_code for answer in asyncio.run(guess_all()))


def test_as_many_guesses_as_are_allowed_reach_the_password_and_not_one_more(serve):
    platform = serve(
        TOCHKA_WORKERS="2",
        TOCHKA_LOGIN_TRIES=str(PHONE_TRIES),
        TOCHKA_LOGIN_TRIES_PER_ADDRESS=str(ADDRESS_TRIES),
    )
    assert len(platform.workers) == 2
    one_phone = _guess(platform, ["+79990000009"] * 50)
    assert one_phone == {401: PHONE_TRIES, 429: 50 - PHONE_TRIES}
    many_phones = _guess(platform, [f"+7999001{number:04}" for number in range(50)])
    left = ADDRESS_TRIES - PHONE_TRIES
    assert many_phones == {401: left, 429: 50 - left}
    print(
        f"guesses at once on 2 workers: {one_phone[401]} of 50 for one phone, {left} of 50 for 50"
    )
