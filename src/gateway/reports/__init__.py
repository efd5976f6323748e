"""What the books say, on paper: statements and balances as of any past date, on either clock, in four forms."""
