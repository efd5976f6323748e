"""A mutual as virtual employer: members and their money in, one payroll a month to the state, benefits back."""

__version__ = "0.1.0"
