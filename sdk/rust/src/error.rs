//! Why a plugin could not do what it was asked to do.

/// Why a plugin could not do what it was asked to do. Shown to a person next to the names of plugin and object.
///
/// Errors of `serde_json` turn into one, so `?` works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// For programs: lower-case words with hyphens.
    pub code: String,
    /// For people: one sentence.
    pub message: String,
    /// JSON pointer into the configuration (from `configure`) or the object.
    pub pointer: Option<String>,
}

impl Error {
    /// An error about nothing in particular.
    ///
    /// ```
    /// let error = lazarette_sdk::Error::new("no-port", "the service has no port");
    /// assert_eq!(error.to_string(), "the service has no port (no-port)");
    /// ```
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Error {
            code: code.into(),
            message: message.into(),
            pointer: None,
        }
    }

    /// A configuration that the plugin cannot work with: `pointer` says which member.
    ///
    /// ```
    /// let error = lazarette_sdk::Error::invalid_config("there is no label to add", "/labels");
    /// assert_eq!(error.to_string(), "there is no label to add (invalid-config at /labels)");
    /// ```
    pub fn invalid_config(message: impl Into<String>, pointer: impl Into<String>) -> Self {
        Error::new("invalid-config", message).at(pointer)
    }

    /// The same error, at `pointer`.
    ///
    /// ```
    /// let error = lazarette_sdk::Error::new("no-port", "the service has no port").at("/spec/ports");
    /// assert_eq!(error.pointer.as_deref(), Some("/spec/ports"));
    /// ```
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.pointer {
            Some(pointer) => write!(f, "{} ({} at {pointer})", self.message, self.code),
            None => write!(f, "{} ({})", self.message, self.code),
        }
    }
}

impl std::error::Error for Error {}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::new("unexpected-value", error.to_string())
    }
}

impl From<crate::bindings::modifier::lazarette::plugin::types::Error> for Error {
    fn from(error: crate::bindings::modifier::lazarette::plugin::types::Error) -> Self {
        Error {
            code: error.code,
            message: error.message,
            pointer: error.pointer,
        }
    }
}

impl From<Error> for crate::bindings::modifier::lazarette::plugin::types::Error {
    fn from(error: Error) -> Self {
        Self {
            code: error.code,
            message: error.message,
            pointer: error.pointer,
        }
    }
}
