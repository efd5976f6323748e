"""What a portal's answer file says, whatever program wrote it; every mistake is named by its place."""

import json
from typing import Any

import pytest

from gateway.filing.errors import PortalAnswerError
from gateway.filing.portal_file import PortalAnswer, read_answer
from gateway.kit.money import currency_of

DOP = currency_of("DOP")


def read(body: str | bytes) -> PortalAnswer:
    return read_answer(body if isinstance(body, bytes) else body.encode(), "respuesta.csv", DOP)


def verdicts(answer: PortalAnswer) -> list[tuple[Any, ...]]:
    return [(one.line, one.document, one.status, one.code) for one in answer.verdicts]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("line,code\n2,0\n3,24\n", id="as we would write it"),
        pytest.param("Línea;Código;Mensaje\n2;0;Aceptada\n3;24;La cédula no está\n".encode("latin-1"), id="Spanish, Latin-1"),
        pytest.param("No\tEstado\tCodigo de error\n2\tAceptada\t\n3\tRechazada\t24\n", id="a word and no code for the good"),
        pytest.param('\ufeff"Registro","Código error"\r\n"2","0"\r\n"3","24"\r\n', id="quoted, with a mark"),
        pytest.param('{"lines": [{"line": 2, "code": "0"}, {"line": 3, "code": "24"}]}', id="JSON"),
        pytest.param('[{"line": 2, "code": "0"}, {"line": 3, "code": "24"}]', id="a bare list"),
        pytest.param('[{"lines": [{"line": 2, "code": "0"}]}, {"lines": [{"line": 3, "code": "24"}]}]', id="pages"),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_people_have_it(body: str | bytes) -> None:
    answer = read(body)
    answer.check()
    assert verdicts(answer) == [(2, None, "accepted", "0"), (3, None, "rejected", "24")]


def test_a_line_may_be_named_by_its_document_and_the_interfaces_own_shape_is_read_with_its_totals() -> None:
    assert verdicts(read("Cédula;Error\n001-0000001-1;101\n")) == [(None, "001-0000001-1", "rejected", "101")]
    line = {"line": 2, "payroll": "001", "document_type": "C", "document": "99900000018", "status": "accepted", "code": "0",
            "message": "Aceptada", "declared_wage": "23223.00", "accepted_wage": "23223.00", "additional_dependants": 0,
            "components": [], "amount": "4923.27"}  # fmt: skip
    page = {"filing_id": "x", "reception_number": "R1", "counts": {"lines": 1, "accepted": 1, "rejected": 0},
            "totals": {"currency": "DOP", "declared_wage": "23223.00", "accepted_wage": "23223.00", "billed": "4923.27"},
            "lines": [line], "next_cursor": None}  # fmt: skip
    answer = read(json.dumps(page))
    answer.check()
    assert (answer.reception_number, answer.controls["billed"], answer.controls["lines"]) == ("R1", 492_327, 1)
    assert (answer.verdicts[0].amount_minor, answer.verdicts[0].accepted_wage_minor) == (492_327, 2_322_300)


def test_a_refusal_of_the_whole_file_is_no_list_of_lines() -> None:
    told = {
        "status": "rejected",
        "code": "PY1",
        "message": "formato",
        "errors": [{"line": 7, "column": 3, "code": "PY1", "message": "m"}],
    }
    answer = read(json.dumps(told))
    answer.check()
    assert (answer.refused_whole, answer.code) == ([(7, 3, "PY1", "m")], "PY1")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ("line,code\nx,0\n", "line 2, column line", "line_number"),
        ("Línea;Código\n0;0\n", "line 2, column Línea", "line_number"),
        ("line,code\n,24\n", "line 2", "line_or_document"),
        ("line,code,status\n2,24,Aceptada\n", "line 2, column status", "status_contradicts"),
        ("line,code,status\n2,24,perhaps\n", "line 2, column status", "status_unknown"),
        ("line,code,amount\n2,0,ten\n", "line 2, column amount", "amount_invalid"),
        ("message,code\nx,0\n", "line 1", "column_missing"),
        ('{"lines": [{"line": "2", "code": "0"}]}', "/lines/0/line", "line_number"),
        ('{"lines": [{"line": 2}]}', "/lines/0/code", "code_missing"),
        ('{"lines": [{"line": 2, "code": "0", "amount": "4923.277"}]}', "/lines/0/amount", "amount_invalid"),
        ('{"status": "accepted"}', "/lines", "lines_missing"),
        ('{"lines": [\n{"line": 2,}]}', "line 2, column 12", "not_json"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_by_line_and_column(body: str, pointer: str, code: str) -> None:
    with pytest.raises(PortalAnswerError) as refused:
        read(body).check()
    assert [(one.pointer, one.code) for one in refused.value.errors] == [(pointer, code)]


def test_all_mistakes_of_a_file_are_named_at_once() -> None:
    with pytest.raises(PortalAnswerError) as refused:
        read("line,code\nx,0\n2,0\ny,24\n").check()
    assert [one.pointer for one in refused.value.errors] == ["line 2, column line", "line 4, column line"]
