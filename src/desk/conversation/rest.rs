//! Doors for programs.
