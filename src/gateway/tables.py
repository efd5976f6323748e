"""Every table of every slice, imported once, so that migrations and tests see the whole."""

from sqlmodel import SQLModel

import gateway.administration.models
import gateway.benefits.models
import gateway.calendar.models
import gateway.cash.models
import gateway.complaints.models
import gateway.contributions.models
import gateway.filing.models
import gateway.kit.models
import gateway.ledger.models
import gateway.membership.models
import gateway.notices.models
import gateway.payouts.models
import gateway.reconciliation.models
import gateway.selfcheck.models
import gateway.staff.models
import gateway.statelink.models
import gateway.transparency.models
import gateway.treasury.models
import gateway.webhooks.models  # noqa: F401 - importing a model lists its table

METADATA = SQLModel.metadata
