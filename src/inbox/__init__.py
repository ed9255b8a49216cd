"""One inbox for every channel that a crowd writes through."""
