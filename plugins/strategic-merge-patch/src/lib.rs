//! Built-in plugin: strategic merge patches of resource modifiers.
