//! What holds for a backup as a whole.
