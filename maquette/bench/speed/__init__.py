"""Speed, measured: every fast part against a textbook formulation of the same thing, one after the other in turn."""
