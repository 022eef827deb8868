"""The files of published weights: torch checkpoints, records of their training, MatConvNet layers."""
