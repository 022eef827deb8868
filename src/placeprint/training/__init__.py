"""Training: tuples from weak labels, mining, the trainer, run folders."""
