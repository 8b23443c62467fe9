"""What `gallery doctor` looks at: one module for each part, each returning findings that say what to do."""
