"""The month: which steps are done, what comes next and who does it, what blocks, who is covered and who is not and why.

It reads every slice and does no step itself. Two calendars meet here: what is **of** a month (assessments, filings,
bills, coverage) is found by the month it is for; what happened **in** a month (receipts, remittances, payouts) by the
day it happened.
"""
