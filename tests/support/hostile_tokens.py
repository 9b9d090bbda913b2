"""Access tokens that open nothing, made by who knows one that opens something.

Each is told apart by a name. Some are signed with the key of the installation, which nobody has but
itself: they show that a claim or a header is looked at even where the signature is right.
"""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

STRANGER = "00000000-0000-4000-8000-000000000000"
ATTACKER = b"a key that the attacker has made, of 32 bytes and more"


def encoded(data):
    if not isinstance(data, bytes):
        written = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
        data = written.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mac(message, key, digest=hashlib.sha256):
    return hmac.digest(key, message.encode(), digest)


@dataclass(frozen=True)
class Target:
    """A token that is good, and how its installation has made it."""

    token: str
    kid: str
    algorithm: str
    secret: bytes

    @property
    def header(self):
        return {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}

    @property
    def claims(self):
        payload = self.token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    def signature(self, message):
        if self.algorithm == "EdDSA":
            return Ed25519PrivateKey.from_private_bytes(self.secret).sign(message.encode())
        return mac(message, self.secret)

    def signed(self, header, payload):
        """Return what the installation itself would sign."""
        message = f"{encoded(header)}.{encoded(payload)}"
        return f"{message}.{encoded(self.signature(message))}"


def hostile_tokens(target):
    """Yield names and tokens."""
    for makers in (_claims, _algorithms, _names, _brought_keys, _known_keys, _spellings, _shapes):
        for name, token in makers(target):
            yield f"{makers.__name__[1:]}: {name}", token


def _claims(target):
    now, good = int(time.time()), target.claims
    wrong = {
        "iss": [
            "",
            "tochka-rosta ",
            "Tochka-Rosta",
            "https://tochka-rosta",
            ["tochka-rosta"],
            {},
            1,
        ],
        "aud": ["", "tochka-rosta", "*", [], ["another"], [1], {"tochka-rosta-api": 1}, 0, True],
        "sub": ["", STRANGER, "anna", "'; DROP TABLE users", [good["sub"]], {}, 1, True, "\0"],
        "sid": ["", STRANGER, "phone", good["sub"], [good["sid"]], {}, 1, True, f"{good['sid']}\0"],
        "typ": ["", "refresh", "Access", "ACCESS", "access ", "id", "at+jwt", ["access"], {}, 1],
        "exp": [0, -1, now - 1, now - 86400, "tomorrow", "", [], {}, True, str(now - 1), 1e-300],
        "iat": [now + 3600, 2**63, "", "yesterday", [], {}],
        "nbf": [now + 3600, 2**63, "", "tomorrow", [], {}, None],
    }
    for claim, values in wrong.items():
        for value in values:
            yield f"{claim} {value!r}", target.signed(target.header, {**good, claim: value})
    for claim in ("iss", "aud", "sub", "sid", "typ", "exp", "iat"):
        yield f"{claim} null", target.signed(target.header, {**good, claim: None})
        rest = {name: value for name, value in good.items() if name != claim}
        yield f"without {claim}", target.signed(target.header, rest)
    for claim in ("exp", "iat", "nbf"):
        rest = {name: value for name, value in good.items() if name != claim}
        for number in ("1e400", "-1e400", "NaN", "Infinity", "9" * 5000):
            text = f'{json.dumps(rest)[:-1]}, "{claim}": {number}}}'
            yield f"{claim} {number[:9]}", target.signed(target.header, text)
    for claim, value in (("sub", STRANGER), ("sid", STRANGER), ("exp", 1), ("typ", "refresh")):
        text = f"{json.dumps(good)[:-1]}, {json.dumps(claim)}: {json.dumps(value)}}}"
        yield f"{claim} twice", target.signed(target.header, text)


def _algorithms(target):
    others = [
        *("none", "None", "NONE", "nOnE", "", " ", "HS384", "HS512", "RS256", "RS512", "PS256"),
        *("ES256", "ES256K", "ES512", "EdDSA", "Ed25519", "Ed448", "HS256", "hs256", "HS256 "),
        *("dir", "A128KW", "RSA-OAEP", None, 256, True, [], ["HS256"], {}),
    ]
    payload = encoded(target.claims)
    for algorithm in others:
        if algorithm == target.algorithm:
            continue
        head = f"{encoded({**target.header, 'alg': algorithm})}.{payload}"
        yield f"{algorithm!r}, signed rightly", f"{head}.{encoded(target.signature(head))}"
        yield f"{algorithm!r}, not signed", f"{head}."
        yield f"{algorithm!r}, the old signature", f"{head}.{target.token.split('.')[2]}"
    for digest in (hashlib.sha384, hashlib.sha512, hashlib.sha1, hashlib.md5):
        head = f"{encoded(target.header)}.{payload}"
        yield f"mac by {digest().name}", f"{head}.{encoded(mac(head, target.secret, digest))}"
    without = {name: value for name, value in target.header.items() if name != "alg"}
    yield "no algorithm", target.signed(without, target.claims)


def _names(target):
    injected = [
        *("", " ", "0", "null", "undefined", "*", "%", "default", "JWT_SECRET", target.kid.upper()),
        *(
            f" {target.kid}",
            f"{target.kid} ",
            f"{target.kid}\0",
            f"{target.kid}\n",
            target.kid * 900,
        ),
        *(
            "../../../../../../dev/null",
            "/dev/null",
            "/proc/sys/kernel/randomize_va_space",
            "C:\\NUL",
        ),
        *("file:///dev/null", "http://127.0.0.1/key", "https://attacker.example/jwks.json"),
        *(
            "x' UNION SELECT 'key'--",
            "' OR '1'='1",
            "1; DROP TABLE keys",
            "| cat /etc/passwd",
            "$(id)",
        ),
        *("__class__", "__init__", "{0.__class__}", "%s%s%s", "й", "\ud83d\ude00"),
        *(None, 0, 1, True, [], [target.kid], {}, {"kid": target.kid}),
    ]
    for kid in injected:
        if kid == target.kid:
            continue
        header = {**target.header, "kid": kid}
        head = f"{encoded(header)}.{encoded(target.claims)}"
        yield f"{str(kid)[:40]!r}, signed rightly", target.signed(header, target.claims)
        yield f"{str(kid)[:40]!r}, the empty key", f"{head}.{encoded(mac(head, b''))}"
    without = {name: value for name, value in target.header.items() if name != "kid"}
    yield "no name", target.signed(without, target.claims)
    yield (
        "the other case of the header's own name",
        target.signed({**without, "KID": target.kid}, target.claims),
    )


def _brought_keys(target):
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    own = {"kty": "OKP", "crv": "Ed25519", "x": encoded(public)}
    shared = {"kty": "oct", "k": encoded(ATTACKER)}
    certificate = base64.b64encode(b"a certificate").decode()
    brought = {
        "jwk of a public key": {"jwk": own},
        "jwk of a shared key": {"jwk": shared},
        "jwk without a key": {"jwk": {}},
        "jwk by name": {"jwk": {**shared, "kid": target.kid}},
        "jwks": {"jwks": {"keys": [own, shared]}},
        "jku": {"jku": "https://attacker.example/jwks.json"},
        "jku at home": {"jku": "http://127.0.0.1:8000/schema/../jwks.json"},
        "jku in a file": {"jku": "file:///etc/passwd"},
        "x5u": {"x5u": "https://attacker.example/cert.pem"},
        "x5c": {"x5c": [certificate]},
        "x5t": {"x5t": encoded(bytes(20))},
        "unknown critical": {"crit": ["unknown"], "unknown": 1},
        "critical key": {"crit": ["jwk"], "jwk": own},
        "critical nothing": {"crit": []},
        "not encoded": {"b64": False, "crit": ["b64"]},
        "compressed": {"zip": "DEF"},
        "encrypted": {"enc": "A256GCM", "alg": "dir"},
        "of many rounds": {"alg": "PBES2-HS256+A128KW", "p2c": 2**31 - 1, "p2s": "x"},
        "nested": {"cty": "JWT"},
        "another type": {"typ": "at+jwt"},
        "claims in the header": {"sub": STRANGER, "exp": 2**40},
    }
    for name, extra in brought.items():
        header = {**target.header, **extra}
        head = f"{encoded(header)}.{encoded(target.claims)}"
        yield f"{name}, the attacker's mac", f"{head}.{encoded(mac(head, ATTACKER))}"
        yield f"{name}, signed rightly", target.signed(header, target.claims)
        by_own = f"{encoded({**header, 'alg': 'EdDSA'})}.{encoded(target.claims)}"
        yield (
            f"{name}, the attacker's Ed25519",
            f"{by_own}.{encoded(private.sign(by_own.encode()))}",
        )


def _known_keys(target):
    """What anybody knows, or might take for the key."""
    head = f"{encoded(target.header)}.{encoded({**target.claims, 'sub': STRANGER})}"
    same = target.token.rpartition(".")[0]
    public = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"any").digest()).public_key()
    if target.algorithm == "EdDSA":
        public = Ed25519PrivateKey.from_private_bytes(target.secret).public_key()
    raw = public.public_bytes_raw()
    known = {
        "nothing": b"",
        "zeros": bytes(32),
        "secret": b"secret",
        "the name": target.kid.encode(),
        "the issuer": b"tochka-rosta",
        "the example's": b"0123456789abcdef0123456789abcdef0",
        "another installation's": ATTACKER,
        "the public key": raw,
        "the public key in hex": raw.hex().encode(),
        "the public key in base64": encoded(raw).encode(),
        "the public key in PEM": public.public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ),
        "the public key in DER": public.public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        ),
        "the public key of SSH": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
    }
    as_shared = f"{encoded({**target.header, 'alg': 'HS256'})}.{encoded(target.claims)}"
    for name, key in known.items():
        yield f"{name}, other claims", f"{head}.{encoded(mac(head, key))}"
        yield f"{name}, as a shared key", f"{as_shared}.{encoded(mac(as_shared, key))}"
    own = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(ATTACKER).digest())
    yield "another installation's Ed25519", f"{same}.{encoded(own.sign(same.encode()))}"
    for name, signature in {
        "zeros": bytes(64),
        "a point of small order": bytes([1]) + bytes(63),
        "the neutral point": bytes([1]) + bytes(31) + bytes(32),
        "all ones": b"\xff" * 64,
        "short zeros": bytes(32),
    }.items():
        yield f"signed with {name}", f"{same}.{encoded(signature)}"


def _spellings(target):
    head, payload, signature = target.token.split(".")
    padded = {part: part + "=" * (-len(part) % 4) for part in (head, payload, signature)}
    if padded[signature] != signature:
        yield "padded signature", f"{head}.{payload}.{padded[signature]}"
    for name, extra in {
        "line": "\n",
        "blank": " ",
        "equals": "=",
        "slash": "/",
        "bang": "!",
        "letter": "x",
        "dot": ".",
        "comma": ",",
        "comma and another": f", Bearer {target.token}",
        "percent": "%00",
        "another script": "\u0439",
        "nul": "\0",
    }.items():
        for place in (0, len(head), len(head) + 9, len(target.token) - 9):
            if (name, place) == ("blank", 0):
                continue  # Which may stand there.
            yield f"{name} at {place}", target.token[:place] + extra + target.token[place:]
    yield "comma at the end", f"{target.token},"
    yield "bang at the end", f"{target.token}!"
    for length in (1, 5, len(head), len(head) + 1, len(head) + len(payload), -2, -1):
        yield f"cut at {length}", target.token[:length]
    for place in (0, 1, len(signature) // 2, len(signature) - 2, len(signature) - 1):
        other = "B" if signature[place] == "A" else chr(ord(signature[place]) ^ 1)
        if not other.isalnum():
            other = "x" if signature[place] != "x" else "y"
        changed = signature[:place] + other + signature[place + 1 :]
        yield f"signature changed at {place}", f"{head}.{payload}.{changed}"
    for part in (head, payload):
        yield "a part in other case", target.token.replace(part, part.swapcase())
    yield "parts exchanged", f"{payload}.{head}.{signature}"
    yield (
        "the signature of another",
        f"{head}.{encoded({**target.claims, 'sub': STRANGER})}.{signature}",
    )


def _shapes(target):
    head, payload, signature = target.token.split(".")
    yield "one part", payload
    yield "two parts", f"{head}.{payload}"
    yield "empty parts", ".."
    yield "five parts", f"{head}..{payload}.{signature}.{signature}"
    yield "many parts", "." * 5000
    yield "a header alone", f"{head}.."
    flat = {"protected": head, "payload": payload, "signature": signature}
    yield "JSON, flat", json.dumps(flat)
    yield "JSON, general", json.dumps({"payload": payload, "signatures": [flat]})
    yield "a token within", target.signed(target.header, target.token)
    yield "itself encoded", encoded(target.token)
    for name, text in {
        "an array": "[]",
        "null": "null",
        "a number": "1",
        "text": '"claims"',
        "true": "true",
        "nothing": "",
        "no JSON": "{",
        "single quotes": "{'sub': 'anna'}",
        "bytes that are no UTF-8": b'{"sub": "\xff\xfe"}',
        "UTF-16": '{"sub": "anna"}'.encode("utf-16"),
        "a lone surrogate": '{"sub": "\\ud800"}',
        "a long text": json.dumps({**target.claims, "sub": "x" * 100_000}),
        "a deep array": "[" * 100_000,
        "a deep object": '{"a":' * 100_000,
        "a long number": "9" * 100_000,
    }.items():
        yield f"claims are {name}", target.signed(target.header, text)
        yield f"header is {name}", target.signed(text, target.claims)
    double = json.dumps(target.header)[:-1] + ', "alg": "none"}'
    yield "header with two algorithms", target.signed(double, target.claims)
    double = '{"alg": "none", ' + json.dumps(target.header)[1:]
    yield "header with two algorithms, the right one last", target.signed(double, target.claims)
    for size in (10_000, 100_000, 1_000_000):
        yield f"{size} characters", "x" * size
        yield f"{size} characters of a signature", f"{head}.{payload}.{'A' * size}"
        yield f"{size} characters of a header", f"{'A' * size}.{payload}.{signature}"
