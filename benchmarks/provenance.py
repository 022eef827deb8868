"""What must stand beside every number: machine, versions, seed."""

from placeprint.provenance import machine as machine
