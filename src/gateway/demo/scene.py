"""Where a demonstration is played: what its country's mutual, people, files and state are like."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gateway.demo import people as dominican
from gateway.demo import people_india as indian
from gateway.demo.people import SampleMember


@dataclass(frozen=True)
class Words:
    """How people of a country write their lists."""

    members: str
    """Header of the office's register."""
    dependants: str
    receipts: str
    relations: Mapping[str, str]
    additional: str
    direct: str
    dashed: Callable[[str], str]
    """An identity as people write it."""


@dataclass(frozen=True)
class Scene:
    """One country's stage."""

    country: str
    mutual: str
    currency: str
    employer: str
    state: str
    """To whom the state's bills are paid."""
    bank_account: str
    wallet_account: str
    fund: str
    payroll: str
    """Before a code: what a fund and a payroll are called."""
    payrolls: tuple[str, ...]
    fee: str
    people: Callable[[int, int], Iterator[SampleMember]]
    words: Words
    has_examples: bool
    """Whether there are example files of untidy lists."""
    pays_benefits: bool
    """Whether the state pays benefits through the mutual, or to the members themselves."""


DOMINICAN = Scene(
    country="do",
    mutual="Mutual Amparo",
    currency="DOP",
    employer="401999994",
    state="Tesoreria de la Seguridad Social",
    bank_account="Cuenta operativa",
    wallet_account="Billetera",
    fund="Fondo",
    payroll="Nómina",
    payrolls=dominican.PAYROLLS,
    fee="75.00",
    people=dominican.people,
    words=Words(
        members=(
            "Cédula;Nombres;Primer Apellido;Segundo Apellido;Sexo;Fecha de nacimiento;Teléfono;Ocupación;Municipio;Fondo;"
            "Nómina;Salario declarado;Vigente desde;Fecha de ingreso"
        ),
        dependants=(
            "Cédula del titular;Parentesco;Categoría;Nombres;Primer Apellido;Segundo Apellido;Sexo;Fecha de nacimiento;"
            "Documento;Unión desde;Desde"
        ),
        receipts="Cédula;Monto;Fecha;Referencia;Cobrador",
        relations={"spouse": "cónyuge", "partner": "compañero", "child": "hijo", "parent": "padre"},
        additional="adicional",
        direct="directo",
        dashed=lambda cedula: f"{cedula[:3]}-{cedula[3:10]}-{cedula[10]}",
    ),
    has_examples=True,
    pays_benefits=True,
)

INDIAN = Scene(
    country="in",
    mutual="Sahara Mutual",
    currency="INR",
    employer="MHBAN9990001000",
    state="Employees Provident Fund",
    bank_account="Operating account",
    wallet_account="Wallet",
    fund="Fund",
    payroll="Payroll",
    payrolls=indian.PAYROLLS,
    fee="50.00",
    people=indian.people,
    words=Words(
        members=(
            "Identity number;First name;Surname;Second last name;Gender;Date of birth;Mobile;Job;City;Fund code;"
            "Payroll code;Salary;Wage valid from;Enrolled from"
        ),
        dependants="",
        receipts="Identity;Amount;Day;Reference;Collected by",
        relations={},
        additional="",
        direct="",
        dashed=lambda uan: f"{uan[:4]} {uan[4:8]} {uan[8:]}",
    ),
    has_examples=False,
    pays_benefits=False,
)

SCENES: Mapping[str, Scene] = {scene.country: scene for scene in (DOMINICAN, INDIAN)}
