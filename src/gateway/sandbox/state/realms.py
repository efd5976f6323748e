"""The states that can be played, by country."""

from collections.abc import Mapping

from gateway.sandbox.state.dominican import DOMINICAN
from gateway.sandbox.state.indian import INDIAN
from gateway.sandbox.state.realm import Realm

REALMS: Mapping[str, Realm] = {realm.country: realm for realm in (DOMINICAN, INDIAN)}
