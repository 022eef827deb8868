"""Optimizer steps, schedules, several processes."""
