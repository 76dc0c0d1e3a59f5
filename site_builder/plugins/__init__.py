"""What the build adds to Pelican, each a pure function and a `register()` of a few lines, with no state."""
