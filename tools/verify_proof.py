#!/usr/bin/env python3
"""Check the heads that a mutual gives away of its books, without the mutual and without its software.

    python3 verify_proof.py HEADS.json --key PUBLIC_KEY [--saved OLD.json] [--lang es|fr|en]

``--key`` is the public key you got from the mutual by another way (base64 of 32 bytes; repeat it after a change of keys).
``--saved`` is a file of heads you kept earlier: every head in it must stand unchanged at the same place. Exit status 0:
all of it holds; 1: something is not as it was given away; 2: a file or key cannot be used. Plain Python 3.10 or newer.
"""

import argparse
import base64
import hashlib
import json
import sys

WORDS = {
    "ok": {
        "es": "Correcto: {n} sellos firmados, cada uno sigue al anterior; de ellos {old} ya los tenía usted guardados.",
        "fr": "Exact : {n} sceaux signés, chacun suit le précédent ; vous en aviez déjà {old} en mémoire.",
        "en": "It holds: {n} signed seals, each follows the one before; {old} of them you had kept already.",
    },
    "chain": {
        "es": "FALSO: el sello {at} no sigue al anterior; la historia fue cambiada.",
        "fr": "FAUX : le sceau {at} ne suit pas le précédent ; l'histoire a été modifiée.",
        "en": "FALSE: seal {at} does not follow the one before; history was changed.",
    },
    "unsigned": {
        "es": "FALSO: el sello {at} no está firmado con una clave que usted dio.",
        "fr": "FAUX : le sceau {at} n'est pas signé par une clé que vous avez donnée.",
        "en": "FALSE: seal {at} is not signed with a key that you gave.",
    },
    "signature": {
        "es": "FALSO: la firma del sello {at} no es de su clave.",
        "fr": "FAUX : la signature du sceau {at} n'est pas celle de sa clé.",
        "en": "FALSE: the signature of seal {at} is not of its key.",
    },
    "shorter": {
        "es": "FALSO: usted guardó {old} sellos y ahora solo hay {n}; se quitó historia.",
        "fr": "FAUX : vous aviez gardé {old} sceaux et il n'y en a plus que {n} ; de l'histoire a été retirée.",
        "en": "FALSE: you kept {old} seals and now there are {n}; history was removed.",
    },
    "fork": {
        "es": "FALSO: el sello {at} no es el que usted guardó; le muestran otra historia.",
        "fr": "FAUX : le sceau {at} n'est pas celui que vous aviez gardé ; on vous montre une autre histoire.",
        "en": "FALSE: seal {at} is not the one you kept; you are shown another history.",
    },
    "mutual": {
        "es": "FALSO: lo guardado es de otra mutual.",
        "fr": "FAUX : ce que vous aviez gardé est d'une autre mutuelle.",
        "en": "FALSE: what you kept is of another mutual.",
    },
    "unusable": {
        "es": "No se puede comprobar: {at} está incompleto o no es lo que se espera.",
        "fr": "Impossible de vérifier : {at} est incomplet ou n'est pas ce qui est attendu.",
        "en": "Cannot be checked: {at} is incomplete or not what is expected.",
    },
}

# Ed25519 as in RFC 8032, section 5.1, verification alone: nothing secret is handled, so time need not be constant.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _x_of(y, odd):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return P - x if (x & 1) != odd else x


def _point(encoded):
    number = int.from_bytes(encoded, "little")
    y = number & (2**255 - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point, number = _add(point, point), number >> 1
    return result


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = _x_of(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_holds(public, message, signature):
    """Tell whether a signature of 64 bytes over a message is of the public key of 32 bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = _times(s, BASE), _add(r, _times(k, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


class UnusableError(Exception):
    """A file or key that cannot be used; its only argument is its name."""


class WrongError(Exception):
    """Something does not hold: which sentence, and its values."""


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        if told["format"] != "gateway.heads.1" or not isinstance(told["mutual"], str) or not told["heads"]:
            raise ValueError
        for one in told["heads"]:
            if len(bytes.fromhex(one["root"])) != 32 or len(bytes.fromhex(one["head"])) != 32:
                raise ValueError
            if not isinstance(one.get("key_id") or "", str):
                raise ValueError
        return told
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnusableError(path) from None


def _keys(given):
    keys = {}
    for text in given:
        try:
            public = base64.b64decode(text, validate=True)
        except ValueError:
            raise UnusableError("--key") from None
        if len(public) != 32 or _point(public) is None:
            raise UnusableError("--key")
        keys[hashlib.sha256(public).hexdigest()[:16]] = public
    return keys


def check(told, keys, saved=None):
    """Check a list of heads; return how many there are and how many of them were saved earlier.

    Every link of the chain is computed. A signature of the newest head covers all before it, so the newest must be signed
    by a given key; earlier ones are checked where their key is among those given.
    """
    heads, before = told["heads"], b""
    for at, one in enumerate(heads, 1):
        if hashlib.sha256(before + bytes.fromhex(one["root"])).hexdigest() != one["head"]:
            raise WrongError("chain", {"at": at})
        before = bytes.fromhex(one["head"])
        if one.get("key_id") in keys:
            try:
                signature = base64.b64decode(one["signature"], validate=True)
            except (ValueError, TypeError, KeyError):
                raise WrongError("signature", {"at": at}) from None
            if not ed25519_holds(keys[one["key_id"]], before, signature):
                raise WrongError("signature", {"at": at})
    if heads[-1].get("key_id") not in keys:
        raise WrongError("unsigned", {"at": len(heads)})
    old = [] if saved is None else saved["heads"]
    if saved is not None and saved["mutual"] != told["mutual"]:
        raise WrongError("mutual", {})
    for at, (kept, now) in enumerate(zip(old, heads, strict=False), 1):
        if kept["head"] != now["head"]:
            raise WrongError("fork", {"at": at})
    if len(old) > len(heads):
        raise WrongError("shorter", {"old": len(old), "n": len(heads)})
    return len(heads), len(old)


def main(arguments=None):
    """Check what the arguments name, say it in one sentence, and return the exit status."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("heads")
    asked.add_argument("--key", action="append", required=True)
    asked.add_argument("--saved")
    asked.add_argument("--lang", choices=["es", "fr", "en"], default="en")
    given = asked.parse_args(arguments)
    try:
        saved = None if given.saved is None else _read(given.saved)
        n, old = check(_read(given.heads), _keys(given.key), saved)
    except UnusableError as unusable:
        print(WORDS["unusable"][given.lang].format(at=unusable.args[0]))
        return 2
    except WrongError as wrong:
        print(WORDS[wrong.args[0]][given.lang].format(**wrong.args[1]))
        return 1
    print(WORDS["ok"][given.lang].format(n=n, old=old))
    return 0


if __name__ == "__main__":
    sys.exit(main())
