"""Training: the one loop, its checkpoints and record, experiments from a configuration, evaluation of runs."""
