"""Uploaded files are known by what is in them, never by their name or by what the browser says of them."""

from gateway.backoffice.frame.faults import UploadRefusedError
from gateway.backoffice.frame.forms import Upload
from gateway.backoffice.frame.texts import N_

LARGEST_TABLE = 64 * 1024 * 1024


def check_table(file: Upload) -> None:
    """Check that a file is a list: CSV, or a workbook of a spreadsheet program.

    Raises:
        UploadRefusedError: It is too large, or something else.
    """
    check_size(file, LARGEST_TABLE)
    is_workbook = (
        file.body.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in file.body[:4096] + file.body[-65536:]
    )
    is_other = file.body[:5].startswith(
        (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"PK")
    )
    is_text = b"\0" not in file.body[:4096] or file.body.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_workbook and (is_other or not is_text):
        raise UploadRefusedError(N_("Not a list: send a CSV file, or a workbook (XLSX)."))


def check_size(file: Upload, most: int = LARGEST_TABLE) -> None:
    """Check that a file is not larger than is read here, whatever is in it.

    Raises:
        UploadRefusedError: It is.
    """
    if len(file.body) > most:
        raise UploadRefusedError(N_("The file is too large."))
