"""India's provident fund (EPFO): its monthly file (ECR 2.0), its codes, and what it would answer to a file.

One member a line, eleven fields, no header; one bad line and nothing is imported. What is known, and how well, stands
in ``docs/states/india.md``. Source: SRC-020.
"""
