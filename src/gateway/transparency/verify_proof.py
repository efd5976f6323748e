#!/usr/bin/env python3
"""Check what a mutual gives away of its books and log, without the mutual and without its software.

    python3 verify_proof.py FILE --key KEY [--saved OLD] [--receipt NUMBER] [--amount AMOUNT] [--lang es|fr|en]

FILE is one of three: a member's proof (``/v1/me/proofs/…`` or the page's "save"), a signed head of the log (a checkpoint), or a
list of heads (``gateway transparency publish``). ``--key`` is the public key you got from the mutual by another way: base64 of
32 bytes, or one line ``name+hash+key``; repeat it after a change of keys. ``--saved`` is a file of any of these kinds that was
kept earlier, or that a neighbour was given: what it shows must still stand. ``--receipt`` and ``--amount`` are what is on
your paper. Exit status 0: all of it holds; 1: something is not as it should be; 2: it cannot be checked: a file or key
cannot be used, or what is asked for is not sealed yet. Plain Python 3.10 or newer, nothing to install.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

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
    "missing": {
        "es": "No se puede comprobar: {at} no está o no se puede leer.",
        "fr": "Vérification impossible : {at} n'est pas là ou ne peut être lu.",
        "en": "Cannot be checked: {at} is not there or cannot be read.",
    },
    "unusable": {
        "es": "No se puede comprobar: {at} está incompleto o no es lo que se espera.",
        "fr": "Impossible de vérifier : {at} est incomplet ou n'est pas ce qui est attendu.",
        "en": "Cannot be checked: {at} is incomplete or not what is expected.",
    },
    "proof_ok": {
        "es": "Correcto: {n} datos suyos están en el registro firmado de {mutual} (cabeza de {size} entradas).",
        "fr": "Exact : {n} données à vous sont dans le registre signé de {mutual} (tête de {size} entrées).",
        "en": "It holds: {n} facts of yours are in the signed log of {mutual} (head of {size} entries).",
    },
    "head_ok": {
        "es": "Correcto: la cabeza de {size} entradas está firmada con su clave.",
        "fr": "Exact : la tête de {size} entrées est signée par votre clé.",
        "en": "It holds: the head of {size} entries is signed with your key.",
    },
    "kept_ok": {
        "es": "Lo que usted guardó ({old} entradas) sigue en su sitio, sin cambios.",
        "fr": "Ce que vous aviez gardé ({old} entrées) est toujours en place, inchangé.",
        "en": "What you kept ({old} entries) still stands, unchanged.",
    },
    "of_receipt": {
        "es": "  Recibo {receipt}: {amount} {currency}, pagado el {day}, a nombre del afiliado {member}.",
        "fr": "  Reçu {receipt} : {amount} {currency}, payé le {day}, au nom de l'adhérent {member}.",
        "en": "  Receipt {receipt}: {amount} {currency}, paid on {day}, for member {member}.",
    },
    "of_taken_back": {
        "es": "  ATENCIÓN: el recibo {receipt} fue anulado el {day} ({amount} {currency}).",
        "fr": "  ATTENTION : le reçu {receipt} a été repris le {day} ({amount} {currency}).",
        "en": "  NOTE: receipt {receipt} was taken back on {day} ({amount} {currency}).",
    },
    "of_line": {
        "es": "  Declaración {filing}, mes {period}, línea {line}: salario {wage}, al Estado {amount} {currency}.",
        "fr": "  Déclaration {filing}, mois {period}, ligne {line} : salaire {wage}, à l'État {amount} {currency}.",
        "en": "  Filing {filing}, month {period}, line {line}: wage {wage}, to the state {amount} {currency}.",
    },
    "of_used": {
        "es": "  De este recibo se usaron {amount} para la línea {line} de la declaración {filing} (lo más antiguo primero; no firmado).",
        "fr": "  De ce reçu, {amount} ont servi à la ligne {line} de la déclaration {filing} (le plus ancien d'abord ; non signé).",
        "en": "  Of this receipt, {amount} went to line {line} of filing {filing} (oldest money first; not signed).",
    },
    "of_accepted": {
        "es": "  El Estado ACEPTÓ la línea {line} de la declaración {filing} (mes {period}).",
        "fr": "  L'État a ACCEPTÉ la ligne {line} de la déclaration {filing} (mois {period}).",
        "en": "  The state ACCEPTED line {line} of filing {filing} (month {period}).",
    },
    "of_rejected": {
        "es": "  El Estado RECHAZÓ la línea {line} de la declaración {filing} (mes {period}), código {code}.",
        "fr": "  L'État a REFUSÉ la ligne {line} de la déclaration {filing} (mois {period}), code {code}.",
        "en": "  The state REFUSED line {line} of filing {filing} (month {period}), code {code}.",
    },
    "of_unanswered": {
        "es": "  Esta prueba no trae respuesta del Estado para la línea {line} de la declaración {filing}.",
        "fr": "  Cette preuve ne contient pas de réponse de l'État pour la ligne {line} de la déclaration {filing}.",
        "en": "  This proof holds no answer of the state for line {line} of filing {filing}.",
    },
    "of_sealed": {
        "es": "  Declaración {filing} entera, mes {period}: {lines} líneas, archivos con SHA-256 {files}.",
        "fr": "  Déclaration {filing} entière, mois {period} : {lines} lignes, fichiers de SHA-256 {files}.",
        "en": "  Filing {filing} as a whole, month {period}: {lines} lines, files with SHA-256 {files}.",
    },
    "of_answered": {
        "es": "  Respuesta del Estado a la declaración {filing}: {accepted_lines} aceptadas, {rejected_lines} rechazadas; archivo {file}.",
        "fr": "  Réponse de l'État à la déclaration {filing} : {accepted_lines} acceptées, {rejected_lines} refusées ; fichier {file}.",
        "en": "  The state's answer to filing {filing}: {accepted_lines} accepted, {rejected_lines} refused; file {file}.",
    },
    "waiting": {
        "es": "Aún no está sellado; lo estará a más tardar el {at}. Pida la prueba de nuevo después.",
        "fr": "Pas encore scellé ; ce le sera au plus tard le {at}. Demandez la preuve de nouveau ensuite.",
        "en": "Not sealed yet; it will be by {at}. Ask for the proof again then.",
    },
    "late": {
        "es": "No está sellado, y debía estarlo el {at}. Reclame en la oficina.",
        "fr": "Ce n'est pas scellé, et ce devait l'être le {at}. Réclamez au bureau.",
        "en": "It is not sealed, and should have been by {at}. Complain at the office.",
    },
    "no_head": {
        "es": "La mutual no firma su registro; sin firma no se puede comprobar nada.",
        "fr": "La mutuelle ne signe pas son registre ; sans signature, rien ne peut être vérifié.",
        "en": "The mutual does not sign its log; without a signature nothing can be checked.",
    },
    "head_unsigned": {
        "es": "FALSO: la cabeza del registro no está firmada con una clave que usted dio.",
        "fr": "FAUX : la tête du registre n'est pas signée par une clé que vous avez donnée.",
        "en": "FALSE: the log's head is not signed with a key that you gave.",
    },
    "head_signature": {
        "es": "FALSO: la firma de la cabeza del registro no es de su clave; el texto fue cambiado.",
        "fr": "FAUX : la signature de la tête du registre n'est pas celle de sa clé ; le texte a été modifié.",
        "en": "FALSE: the signature of the log's head is not of its key; the text was changed.",
    },
    "leaf": {
        "es": "FALSO: el dato {at} no está en el árbol que dice la entrada; fue cambiado o quitado.",
        "fr": "FAUX : la donnée {at} n'est pas dans l'arbre que dit l'entrée ; elle a été modifiée ou retirée.",
        "en": "FALSE: fact {at} is not in the tree that the entry names; it was altered or removed.",
    },
    "entry": {
        "es": "FALSO: la entrada del dato {at} no está en el registro firmado.",
        "fr": "FAUX : l'entrée de la donnée {at} n'est pas dans le registre signé.",
        "en": "FALSE: the entry of fact {at} is not in the signed log.",
    },
    "misfit": {
        "es": "FALSO: el dato {at} es de otra cosa, de otra persona o de otra mutual.",
        "fr": "FAUX : la donnée {at} est d'autre chose, de quelqu'un d'autre ou d'une autre mutuelle.",
        "en": "FALSE: fact {at} is of something, somebody or some mutual else.",
    },
    "receipt": {
        "es": "FALSO: el recibo {at} no está en esta prueba.",
        "fr": "FAUX : le reçu {at} n'est pas dans cette preuve.",
        "en": "FALSE: receipt {at} is not in this proof.",
    },
    "amount": {
        "es": "FALSO: en los libros el recibo es de {amount}, no de {at}.",
        "fr": "FAUX : dans les livres le reçu est de {amount}, non de {at}.",
        "en": "FALSE: in the books the receipt is of {amount}, not of {at}.",
    },
    "used": {
        "es": "FALSO: lo que se dice que pagó este recibo no cuadra con el recibo y la línea {at}.",
        "fr": "FAUX : ce que ce reçu aurait payé ne s'accorde pas avec le reçu et la ligne {at}.",
        "en": "FALSE: what this receipt is said to have paid does not fit the receipt and line {at}.",
    },
    "other_log": {
        "es": "FALSO: lo que usted guardó es de otro registro.",
        "fr": "FAUX : ce que vous aviez gardé est d'un autre registre.",
        "en": "FALSE: what you kept is of another log.",
    },
    "log_shorter": {
        "es": "FALSO: usted guardó {old} entradas y ahora solo hay {n}; se quitó historia.",
        "fr": "FAUX : vous aviez gardé {old} entrées et il n'y en a plus que {n} ; de l'histoire a été retirée.",
        "en": "FALSE: you kept {old} entries and now there are {n}; history was removed.",
    },
    "log_fork": {
        "es": "FALSO: con {n} entradas usted guardó otra raíz; le muestran otra historia.",
        "fr": "FAUX : avec {n} entrées vous aviez gardé une autre racine ; on vous montre une autre histoire.",
        "en": "FALSE: with {n} entries you kept another root; you are shown another history.",
    },
    "log_rewritten": {
        "es": "FALSO: el registro de {n} entradas no continúa el que usted guardó ({old}); la historia fue cambiada.",
        "fr": "FAUX : le registre de {n} entrées ne continue pas celui que vous aviez gardé ({old}) ; l'histoire a été modifiée.",
        "en": "FALSE: the log of {n} entries does not go on from the one you kept ({old}); history was changed.",
    },
    "kept_unsigned": {
        "es": "Lo que usted guardó no está firmado con una clave que dio; dé también la clave anterior.",
        "fr": "Ce que vous aviez gardé n'est pas signé par une clé que vous avez donnée ; donnez aussi la clé d'avant.",
        "en": "What you kept is not signed with a key that you gave; give the earlier key too.",
    },
    "consistency": {
        "es": "Falta la prueba de que el registro continúa desde {old}: pídala con ?since={old}, o con --consistency.",
        "fr": "Il manque la preuve que le registre continue depuis {old} : demandez-la avec ?since={old}, ou par --consistency.",
        "en": "The proof that the log goes on from {old} is missing: ask for it with ?since={old}, or give --consistency.",
    },
}

# Ed25519 as in RFC 8032, section 5.1, verification alone: nothing secret is handled, so time need not be constant.
Point = tuple[int, int, int, int]
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _x_of(y: int, odd: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return P - x if (x & 1) != odd else x


def _point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    y = number & (2**255 - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point, number = _add(point, point), number >> 1
    return result


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = _x_of(BASE_Y, 0) or 0
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
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


Json = dict[str, Any]
DASH = "\u2014"
TREE_OF = {
    "receipt": ("books", "seal"),
    "placed": ("books", "seal"),
    "taken_back": ("books", "seal"),
    "line": ("filing", "filing"),
    "sealed": ("filing", "filing"),
    "answer": ("answer", "filing"),
    "answered": ("answer", "filing"),
}
"""Kind of leaf -> the kind of tree it must stand in, and what both must name alike."""


MONTH, PLAIN_AMOUNT = re.compile("[0-9]{4}-[0-9]{2}"), re.compile(r"[0-9]{1,18}(\.[0-9]{1,6})?")


class UnusableError(Exception):
    """What cannot be checked: which sentence, and its values."""


class WrongError(Exception):
    """Something does not hold: which sentence, and its values."""


class Head(NamedTuple):
    """A signed head of a log."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: list[tuple[str, bytes, bytes]]


def _unusable(path: str) -> UnusableError:
    return UnusableError("unusable", {"at": path})


def _load(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            # Mail and other systems change the ends of lines; what was signed has a line feed.
            return file.read().replace("\r\n", "\n")
    except OSError:
        raise UnusableError("missing", {"at": path}) from None
    except ValueError:
        raise _unusable(path) from None


def _read(path: str) -> Json | Head:
    """Read a file: a list of heads, a proof, or a signed head of the log."""
    text = _load(path)
    try:
        if text.lstrip()[:1] != "{":
            return read_head(text)
        told = json.loads(text)
        if told["format"] == "gateway.heads.1":
            _look_at_heads(told)
        elif told["format"] != "gateway.proof.1" or not isinstance(told["mutual"], str):
            raise ValueError
        return dict(told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unusable(path) from None


def _look_at_heads(told: Json) -> None:
    if not isinstance(told["mutual"], str) or not told["heads"]:
        raise ValueError
    for one in told["heads"]:
        if len(bytes.fromhex(one["root"])) != 32 or len(bytes.fromhex(one["head"])) != 32:
            raise ValueError
        if not isinstance(one.get("key_id") or "", str):
            raise ValueError


def _keys(given: list[str]) -> dict[str, bytes]:
    """Return the given public keys by the short name that heads of seals call them by."""
    keys = {}
    for text in map(str.strip, given):
        try:
            if len(text) == 44:
                public = base64.b64decode(text, validate=True)
            else:
                name, hashed, encoded = text.split("+", 2)
                raw = base64.b64decode(encoded, validate=True)
                public = raw[1:]
                if raw[:1] != b"\x01" or key_hash(name, public).hex() != hashed:
                    raise ValueError
        except ValueError:
            raise _unusable("--key") from None
        if len(public) != 32 or _point(public) is None:
            raise _unusable("--key")
        keys[hashlib.sha256(public).hexdigest()[:16]] = public
    return keys


def key_hash(name: str, public: bytes) -> bytes:
    """Return the four bytes that a signature line calls an Ed25519 key by (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def read_head(note: str) -> Head:
    """Read a signed head of a log (C2SP signed-note and tlog-checkpoint).

    Raises:
        ValueError: It is none.
    """
    text, found, lines = note.rpartition("\n\n")
    if not found or not lines.endswith("\n"):
        raise ValueError
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
        if dash != DASH or not name or len(raw) < 5:
            raise ValueError
        signatures.append((name, raw[:4], raw[4:]))
    told = (text + "\n").split("\n")
    size, root = int(told[1]), base64.b64decode(told[2], validate=True)
    if not told[0] or told[1] != str(size) or size < 1 or len(root) != 32:
        raise ValueError
    return Head(told[0], size, root, (text + "\n").encode(), signatures)


def check_signed(head: Head, keys: dict[str, bytes]) -> None:
    """Check that a head is signed by one of the given keys, and that no signature of theirs on it is false.

    Raises:
        WrongError: It is not.
    """
    known = {key_hash(head.origin, public): public for public in keys.values()}
    ours = [
        (known[called], signature)
        for name, called, signature in head.signatures
        if name == head.origin and called in known
    ]
    if not all(ed25519_holds(public, head.text, signature) for public, signature in ours):
        raise WrongError("head_signature", {})
    if not ours:
        raise WrongError("head_unsigned", {})


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaf_hash(text: str) -> bytes:
    """Return the hash of a leaf or an entry."""
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def root_by_inclusion(hashed: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that a path leads to (RFC 9162, 2.1.3.2); None where it is not the path of that leaf and size."""
    if not 0 <= index < size:
        return None
    here, last = index, size - 1
    for step in path:
        if last == 0:
            return None
        if here & 1 or here == last:
            hashed = _node(step, hashed)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            hashed = _node(hashed, step)
        here, last = here >> 1, last >> 1
    return hashed if last == 0 else None


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    """Tell whether a path shows that the log of the new size begins with that of the old one (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    steps = path if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = _node(step, first), _node(step, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = _node(second, step)
        here, last = here >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _path(given: Any) -> list[bytes]:
    path = [base64.b64decode(step, validate=True) for step in given]
    if any(len(step) != 32 for step in path):
        raise ValueError
    return path


def _texts(text: Any) -> Json:
    """Read a leaf or an entry: texts and whole numbers, written in the one way that is hashed."""
    if not isinstance(text, str):
        raise ValueError
    told = json.loads(text)
    if json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False) != text:
        raise ValueError
    if not all(type(value) in (str, int) for value in told.values()):
        raise ValueError
    return dict(told)


def check_part(part: Json, at: int, head: Head, mutual: str) -> Json:
    """Check that one leaf is under its entry, the entry under the signed head; return what the leaf says.

    Raises:
        WrongError: It is not.
        ValueError: It is not of the shape of a part.
    """
    leaf, entry = _texts(part["leaf"]), _texts(part["entry"])
    if not type(part["index"]) is type(part["entry_index"]) is int:
        raise ValueError
    tree, same = TREE_OF[leaf["kind"]]
    if (leaf["form"], entry["form"]) != ("gateway.leaf.1", "gateway.entry.1") or len(leaf["salt"]) != 64:
        raise ValueError
    if {leaf["mutual"], entry["mutual"]} != {mutual} or entry["kind"] != tree or leaf[same] != entry[same]:
        raise WrongError("misfit", {"at": at})
    root = base64.b64decode(entry["root"], validate=True)
    if root_by_inclusion(leaf_hash(part["leaf"]), part["index"], entry["leaves"], _path(part["path"])) != root:
        raise WrongError("leaf", {"at": at})
    place = root_by_inclusion(leaf_hash(part["entry"]), part["entry_index"], head.size, _path(part["entry_path"]))
    if place != head.root:
        raise WrongError("entry", {"at": at})
    return leaf


def _amount(text: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        raise _unusable("--amount") from None
    if not found.is_finite():
        raise _unusable("--amount")
    return found


def check_proof(
    told: Json, keys: dict[str, bytes], *, receipt: str | None, amount: str | None
) -> tuple[Head, list[Json]]:
    """Check a proof; return the head it stands on and what its leaves say.

    Raises:
        UnusableError: It is not sealed yet.
        WrongError: Something in it does not hold.
        ValueError: It is not of the shape of a proof.
    """
    if not told["checkpoint"] or not told["parts"]:
        sentence = {"waiting": "waiting", "late": "late"}.get(told["status"], "no_head")
        raise UnusableError(sentence, {"at": told.get("ready_by")})
    head = read_head(told["checkpoint"])
    check_signed(head, keys)
    mutual = told["mutual"]
    if head.origin.rpartition("/")[2] != mutual:
        raise WrongError("misfit", {"at": 0})
    leaves = [check_part(part, at, head, mutual) for at, part in enumerate(told["parts"], 1)]
    if len({part["leaf"] for part in told["parts"]}) < len(leaves):
        raise ValueError
    members = [leaf["member"] for leaf in leaves if "member" in leaf]
    for at, leaf in enumerate(leaves, 1):
        if "member" in leaf and leaf["member"] != members[0]:
            raise WrongError("misfit", {"at": at})
        if any(told["about"].get(name) not in (None, leaf.get(name)) for name in ("filing", "line") if name in leaf):
            raise WrongError("misfit", {"at": at})
    number = told["about"].get("receipt")
    wanted = number if receipt is None else receipt.replace(" ", "").upper()
    if wanted is not None:
        _check_receipt(leaves, told["about"], wanted, amount)
        _check_used(leaves, told["used"])
    elif amount is not None:
        raise WrongError("receipt", {"at": "?"})
    return head, leaves


def _check_receipt(leaves: list[Json], about: Json, number: str, amount: str | None) -> None:
    money = [leaf for leaf in leaves if leaf["kind"] in ("receipt", "placed", "taken_back")]
    lines = {leaf["line"]: Decimal(leaf["amount"]) for leaf in money if leaf["kind"] != "taken_back"}
    if not lines or any(leaf["receipt"] != number for leaf in money) or about.get("receipt") != number:
        raise WrongError("receipt", {"at": number})
    total = sum(lines.values(), Decimal(0))
    for said in (about["amount"], amount):
        if said is not None and _amount(said) != total:
            raise WrongError("amount", {"at": said, "amount": total})
    for currency in {leaf["currency"] for leaf in money}:
        if about.get("currency") not in (None, currency):
            raise WrongError("amount", {"at": f"{total} {about['currency']}", "amount": f"{total} {currency}"})


def _check_used(leaves: list[Json], used: list[Json]) -> None:
    money = {leaf["line"]: Decimal(leaf["amount"]) for leaf in leaves if leaf["kind"] in ("receipt", "placed")}
    own = {(leaf["filing"], leaf["line"]): Decimal(leaf["own"]) for leaf in leaves if leaf["kind"] == "line"}
    refused = {
        (leaf["filing"], leaf["line"]) for leaf in leaves if leaf["kind"] == "answer" and leaf["status"] == "rejected"
    }
    left = sum(money.values(), Decimal(0))
    for one in used:
        # Nothing of this is signed, and it is printed: it may not look like anything else.
        if not (type(one["filing"]) is type(one["line"]) is int and MONTH.fullmatch(one["period"])):
            raise ValueError
        if not PLAIN_AMOUNT.fullmatch(one["amount"]):
            raise ValueError
        key, part = (one["filing"], one["line"]), Decimal(one["amount"])
        # What the state refused came back and was used again.
        left -= Decimal(0) if key in refused else part
        if part <= 0 or left < 0 or (key in own and part > own[key]):
            raise WrongError("used", {"at": one["line"]})


def check_kept(head: Head, saved: Head, consistency: Any) -> None:
    """Check that the log goes on from a head that was kept.

    Raises:
        UnusableError: The proof of it is not there.
        WrongError: It does not.
        ValueError: What is there is not of its shape.
    """
    values = {"old": saved.size, "n": head.size}
    if saved.origin != head.origin:
        raise WrongError("other_log", {})
    if saved.size > head.size:
        raise WrongError("log_shorter", values)
    if saved.size == head.size:
        if saved.root != head.root:
            raise WrongError("log_fork", values)
        return
    if not consistency or consistency.get("from", consistency.get("from_size")) != saved.size:
        raise UnusableError("consistency", values)
    if not is_consistent(saved.size, head.size, saved.root, head.root, _path(consistency["path"])):
        raise WrongError("log_rewritten", values)


def _check_kept_signed(kept: Head, keys: dict[str, bytes]) -> None:
    try:
        check_signed(kept, keys)
    except WrongError:
        raise UnusableError("kept_unsigned", {}) from None


def check(told: Json, keys: dict[str, bytes], saved: Json | None = None) -> tuple[int, int]:
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
    for at, (kept, now) in enumerate(zip(old, heads), 1):  # noqa: B905 - both lengths are looked at below
        if kept["head"] != now["head"]:
            raise WrongError("fork", {"at": at})
    if len(old) > len(heads):
        raise WrongError("shorter", {"old": len(old), "n": len(heads)})
    return len(heads), len(old)


def _head_in(found: Json | Head, path: str) -> Head:
    if isinstance(found, Head):
        return found
    if not found.get("checkpoint"):
        raise _unusable(path)
    return read_head(found["checkpoint"])


def _sentences(told: Json, leaves: list[Json]) -> list[tuple[str, Json]]:
    said: list[tuple[str, Json]] = []
    answered = {(leaf["filing"], leaf["line"]): leaf for leaf in leaves if leaf["kind"] == "answer"}
    for leaf in leaves:
        kind = leaf["kind"]
        if kind in ("receipt", "placed"):
            said.append(("of_receipt", {**leaf, "day": leaf.get("paid_on", leaf.get("placed_on"))}))
        elif kind == "taken_back":
            said.append(("of_taken_back", {**leaf, "day": leaf["taken_back_on"]}))
        elif kind == "line":
            said.append(("of_line", leaf))
        elif kind in ("sealed", "answered"):
            said.append((f"of_{kind}", leaf))
    said += [("of_used", one) for one in told["used"]]
    lines = [(leaf["filing"], leaf["line"]) for leaf in leaves if leaf["kind"] == "line"]
    for filing, line in dict.fromkeys([*lines, *((one["filing"], one["line"]) for one in told["used"])]):
        answer = answered.get((filing, line))
        if answer is None:
            said.append(("of_unanswered", {"filing": filing, "line": line}))
        else:
            said.append(("of_rejected" if answer["status"] == "rejected" else "of_accepted", answer))
    return said


def _verify(given: argparse.Namespace) -> list[tuple[str, Json]]:
    """Check what the arguments name; return the sentences that tell how it stands."""
    keys, found = _keys(given.key), _read(given.file)
    saved = None if given.saved is None else _read(given.saved)
    if isinstance(found, dict) and found["format"] == "gateway.heads.1":
        if saved is not None and (isinstance(saved, Head) or saved["format"] != "gateway.heads.1"):
            raise _unusable(given.saved)
        n, old = check(found, keys, saved)
        return [("ok", {"n": n, "old": old})]
    try:
        if isinstance(found, Head):
            check_signed(found, keys)
            head, said, consistency = found, [("head_ok", {"size": found.size})], None
        else:
            head, leaves = check_proof(found, keys, receipt=given.receipt, amount=given.amount)
            about = {"n": len(leaves), "mutual": found["mutual"], "size": head.size}
            said, consistency = [("proof_ok", about), *_sentences(found, leaves)], found.get("consistency")
        if saved is not None:
            if given.consistency is not None:
                consistency = json.loads(_load(given.consistency))
            kept = _head_in(saved, given.saved)
            _check_kept_signed(kept, keys)
            check_kept(head, kept, consistency)
            said.append(("kept_ok", {"old": kept.size}))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError, binascii.Error):
        raise _unusable(given.file) from None
    return said


def main(arguments: list[str] | None = None) -> int:
    """Check what the arguments name, say it in a few sentences, and return the exit status."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("file")
    asked.add_argument("--key", action="append", required=True)
    asked.add_argument("--saved")
    asked.add_argument(
        "--consistency", help="The answer of /v1/transparency/…/consistency, where FILE does not hold one."
    )
    asked.add_argument("--receipt")
    asked.add_argument("--amount")
    asked.add_argument("--lang", choices=["es", "fr", "en"], default="en")
    given = asked.parse_args(arguments)
    try:
        said, status = _verify(given), 0
    except UnusableError as unusable:
        said, status = [unusable.args], 2
    except WrongError as wrong:
        said, status = [wrong.args], 1
    for sentence, values in said:
        print(WORDS[sentence][given.lang].format(**{name: _plain(value) for name, value in values.items()}))
    return status


def _plain(value: Any) -> str:
    """Return a value as it may stand in a sentence: in one line and without anything that moves a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


if __name__ == "__main__":
    sys.exit(main())
