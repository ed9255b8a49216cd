"""The edge: HTTP and websockets."""
