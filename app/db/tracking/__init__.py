"""Steps that run with every write: what a write records besides the rows themselves."""
