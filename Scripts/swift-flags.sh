# Sourced: the flags of every debug build, the same everywhere so that nothing is built twice.
debug_flags=(--explicit-target-dependency-import-check error)
