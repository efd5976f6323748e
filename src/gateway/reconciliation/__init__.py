"""What the bank, the provider and the state say, against our lines and books; every difference is a break with an owner."""
