"""A believable platform to try the service with: its campaigns, its managers and what its crowd says."""
