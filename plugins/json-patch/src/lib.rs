//! Built-in plugin: JSON patches of resource modifiers.
