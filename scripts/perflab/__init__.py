"""The performance lab: what monitoring costs real brokers. See README.md."""
