"""What the service does, one module a use case; each is a function of a unit of work and values."""
