//! Built-in plugin: leave what exists as it is.
