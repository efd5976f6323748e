"""Every currency a bank may write, with its decimals: a statement is read in any, whatever the mutual keeps its books in.

Source: SRC-ISO-4217, list one, read 2026-11-24; with the codes withdrawn since 2016, which old files carry.
"""

from gateway.kit.money import Currency

_WITHOUT_DECIMALS = "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
_TWO_DECIMALS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR
JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL LTL LVL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN NAD
NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP
SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VEF VES WST XCD XCG YER ZAR ZMW ZWG ZWL
"""


def _of(codes: str, exponent: int) -> dict[str, Currency]:
    return {code: Currency(code, exponent) for code in codes.split()}


CURRENCIES = _of(_TWO_DECIMALS, 2) | _of(_WITHOUT_DECIMALS, 0) | _of(_THREE_DECIMALS, 3) | _of(_FOUR_DECIMALS, 4)


def find_currency(code: str) -> Currency | None:
    """Return the currency with this ISO 4217 code; None where no country has it."""
    return CURRENCIES.get(code)
