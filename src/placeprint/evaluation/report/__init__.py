"""The page about an evaluation: scores, curves, and what went right and wrong, in photos."""

from placeprint.evaluation.report.page import write_report as write_report

__all__ = ["write_report"]
