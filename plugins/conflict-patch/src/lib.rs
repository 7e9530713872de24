//! Built-in plugin: bring what exists back to the state of the backup, field by field.
