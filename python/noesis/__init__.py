"""noesis: connectomes as RL environments. What there is in Python so far is the report of a run."""
