"""What tests of the service and of channels need: fakes, servers, contract tests."""
