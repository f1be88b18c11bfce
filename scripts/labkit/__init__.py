"""The parts of scripts/lab; each module is one command or one shared job."""
