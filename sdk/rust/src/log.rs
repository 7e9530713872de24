//! Lines for the log of the operation.

/// Write a line. `level` is `trace`, `debug`, `info`, `warn` or `error`.
pub fn write(level: &str, message: &str) {
    #[cfg(target_family = "wasm")]
    crate::bindings::modifier::lazarette::plugin::log::write(level, message);
    #[cfg(not(target_family = "wasm"))]
    crate::testing::log(level, message);
}

/// Log at level `debug`, with a format string as `println!` has it.
///
/// ```
/// lazarette_sdk::debug!("looked at {} containers", 3);
/// assert_eq!(lazarette_sdk::testing::log_lines()[0].0, "debug");
/// ```
#[macro_export]
macro_rules! debug { ($($arg:tt)*) => { $crate::write_log("debug", &format!($($arg)*)) }; }

/// Log at level `info`, with a format string as `println!` has it.
///
/// ```
/// lazarette_sdk::info!("looked at {} containers", 3);
/// ```
#[macro_export]
macro_rules! info { ($($arg:tt)*) => { $crate::write_log("info", &format!($($arg)*)) }; }

/// Log at level `warn`, with a format string as `println!` has it.
///
/// ```
/// lazarette_sdk::warn!("{} containers have no limits", 3);
/// assert_eq!(lazarette_sdk::testing::log_lines()[0].0, "warn");
/// ```
#[macro_export]
macro_rules! warn { ($($arg:tt)*) => { $crate::write_log("warn", &format!($($arg)*)) }; }

/// Log at level `error`, with a format string as `println!` has it.
///
/// ```
/// lazarette_sdk::error!("{} volumes are gone", 3);
/// assert_eq!(lazarette_sdk::testing::log_lines()[0].0, "error");
/// ```
#[macro_export]
macro_rules! error { ($($arg:tt)*) => { $crate::write_log("error", &format!($($arg)*)) }; }
