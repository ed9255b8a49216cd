"""The contract: all of the service that a channel may import."""
