//! Built-in plugin: JSON merge patches of resource modifiers.
