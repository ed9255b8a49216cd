"""Values and decisions; no input or output, no waiting, no framework."""
