"""A fresh code of the second factor, asked for again where money goes out and the mutual wants it so.

The setting ``second_factor_at_release`` says whether. A bearer token alone then releases nothing, whoever holds it: the
pages ask for the same code on the page that says what will be released.
"""

from typing import Annotated

from fastapi import Depends, Header

from gateway.api.dependencies import Act, Gate, GateDep, commit, opened
from gateway.staff.errors import FactorCodeWrongError, SecondFactorNeededError
from gateway.staff.second_factor import check_again
from gateway.staff.vault import Vault

SETTING = "second_factor_at_release"


class FreshCode:
    """What a request carries to prove that its sender is there herself."""

    def __init__(self, gate: Gate, code: str | None) -> None:
        self._gate, self._code = gate, code

    def prove(self, act: Act, *, always: bool = False) -> None:
        """Check the code where the mutual asks for one; a wrong one is counted even though the request is refused.

        Args:
            act: Who asks, of which mutual.
            always: Whatever the mutual's setting: only she herself may do it, not whoever holds her token.

        Raises:
            SecondFactorNeededError: One is asked for and none came.
            FactorCodeWrongError: Not the code of this half minute, used before, or the account is locked.
        """
        if not (always or act.mutual.settings.get(SETTING)):
            return
        if self._code is None:
            raise SecondFactorNeededError("send Second-Factor-Code with the code that your app shows now")
        vault = Vault(self._gate.settings.second_factor_key())
        # In a transaction of its own, so that the code is used up, or the failure counted, whatever becomes of the request.
        with opened(self._gate, act.mutual.code, actor=act.actor) as session:
            is_proved = check_again(session, act.principal, self._code, vault)
            commit(session)
        if not is_proved:
            raise FactorCodeWrongError("the code is not the one of this half minute, or it was used before")


async def _fresh_code(
    gate: GateDep,
    second_factor_code: Annotated[
        str | None,
        Header(
            max_length=20,
            description="The code that your app shows now; needed where the mutual asks for one when money goes out.",
        ),
    ] = None,
) -> FreshCode:
    return FreshCode(gate, second_factor_code)


FreshCodeDep = Annotated[FreshCode, Depends(_fresh_code)]
"""``code.prove(act)``: refuses unless whoever releases is there herself."""
