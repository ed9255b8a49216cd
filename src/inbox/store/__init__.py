"""PostgreSQL behind the ports of the service."""
