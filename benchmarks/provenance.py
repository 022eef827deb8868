"""What must stand beside every number: machine, versions, seed."""

from placeprint.evaluation.provenance import machine as machine
