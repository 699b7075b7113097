"""Third-party detectors: the manifest, the process that runs them, and what runs in it."""
