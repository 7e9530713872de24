//! One shape for everything that can go wrong.

use super::Code;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that went wrong, in the shape that users, scripts and resources get it.
///
/// Errors of modules are typed; each turns into a problem at the edge (`impl From<…> for Problem`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", target.as_ref().map(|target| format!("{target}: ")).unwrap_or_default())]
pub struct Problem {
    /// Which kind of problem; decides recommended action, retryable and user error.
    pub code: Code,
    /// What happened and why, in one sentence, without the target.
    pub message: String,
    /// The object, file or plugin that it is about.
    pub target: Option<String>,
}

/// A result whose error is ready to be shown.
pub type ResultOf<T> = Result<T, Problem>;

impl Problem {
    /// A problem with `message`, about nothing in particular.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Problem {
            code,
            message: message.into(),
            target: None,
        }
    }

    /// The same, about `target`.
    #[must_use]
    pub fn about(mut self, target: impl ToString) -> Self {
        self.target = Some(target.to_string());
        self
    }
}

/// The stable form for scripts: `code, message, recommendedAction, target, retryable, userError`.
impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Problem", 6)?;
        fields.serialize_field("code", self.code.name())?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("recommendedAction", self.code.action())?;
        fields.serialize_field("target", &self.target)?;
        fields.serialize_field("retryable", &self.code.retryable())?;
        fields.serialize_field("userError", &self.code.user_error())?;
        fields.end()
    }
}

/// Reads what the [`Serialize`] form says; what follows from the code is left out.
impl<'de> Deserialize<'de> for Problem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            code: String,
            message: String,
            target: Option<String>,
        }
        let Fields {
            code,
            message,
            target,
        } = Fields::deserialize(deserializer)?;
        let known = Code::ALL.iter().find(|known| known.name() == code);
        let code = *known.ok_or_else(|| D::Error::custom(format!("'{code}' is no code of a problem")))?;
        Ok(Problem {
            code,
            message,
            target,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_json() {
        for code in Code::ALL {
            let problem = Problem::new(*code, "message").about("target");
            let json = serde_json::to_string(&problem).unwrap();
            assert_eq!(serde_json::from_str::<Problem>(&json).unwrap(), problem);
        }
    }

    #[test]
    fn scripts_get_these_names() {
        let json = serde_json::to_value(Problem::new(Code::Conflict, "it changed")).unwrap();
        let expected = serde_json::json!({
            "code": "Conflict",
            "message": "it changed",
            "recommendedAction": Code::Conflict.action(),
            "target": null,
            "retryable": true,
            "userError": false,
        });
        assert_eq!(json, expected);
    }
}
