"""What the Apache Beam pipelines share: runner and flags, files wherever they lie, lines, progress."""
