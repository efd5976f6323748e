"""Working days by country: a frozen list of holidays, corrected by staff where the government frees a day or takes one back.

The list is data with its source; a correction is a row that is never changed, and the newest one for a day counts. The
state's own due day always stands on its bill; ours says what it should be and warns before there is a bill.
"""
