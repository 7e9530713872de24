//! The structured form of label selectors, as in Kubernetes' own objects.

use super::{LabelSelector, Operator, Requirement, SelectorError, check_key, check_value};
use serde_json::{Map, Value};

impl LabelSelector {
    /// Read `{matchLabels: {…}, matchExpressions: [{key, operator, values}]}`. Null and `{}` fit everything.
    pub fn from_json(value: &Value) -> Result<Self, SelectorError> {
        requirements(value)
            .map(|requirements| LabelSelector { requirements })
            .map_err(|message| SelectorError { text: None, message })
    }
}

fn requirements(value: &Value) -> Result<Vec<Requirement>, String> {
    let fields = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(fields) => fields,
        other => {
            return Err(format!(
                "expected matchLabels and matchExpressions, found {other}"
            ));
        }
    };
    known_fields(fields, &["matchLabels", "matchExpressions"])?;
    let mut requirements = Vec::new();
    match fields.get("matchLabels") {
        None | Some(Value::Null) => {}
        Some(Value::Object(labels)) => {
            for (key, value) in labels {
                let value = value.as_str().ok_or_else(|| not_a_text(key, value))?;
                requirements.push(equals(key, value)?);
            }
        }
        Some(other) => {
            return Err(format!(
                "matchLabels must be a mapping from keys to values, found {other}"
            ));
        }
    }
    match fields.get("matchExpressions") {
        None | Some(Value::Null) => {}
        Some(Value::Array(expressions)) => {
            for expression in expressions {
                requirements.push(read_expression(expression)?);
            }
        }
        Some(other) => return Err(format!("matchExpressions must be a list, found {other}")),
    }
    Ok(requirements)
}

fn equals(key: &str, value: &str) -> Result<Requirement, String> {
    check_key(key)?;
    check_value(key, value)?;
    Ok(Requirement {
        key: key.to_owned(),
        operator: Operator::In(vec![value.to_owned()]),
    })
}

fn read_expression(expression: &Value) -> Result<Requirement, String> {
    let fields = expression.as_object().ok_or_else(|| {
        format!("each of matchExpressions must have key, operator and values, found {expression}")
    })?;
    known_fields(fields, &["key", "operator", "values"])?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let key = text("key").ok_or("one of matchExpressions lacks its key")?;
    check_key(key)?;
    let values = values(key, fields.get("values"))?;
    let operator = match (text("operator"), values.is_empty()) {
        (Some("In"), false) => Operator::In(values),
        (Some("NotIn"), false) => Operator::NotIn(values),
        (Some("Exists"), true) => Operator::Exists,
        (Some("DoesNotExist"), true) => Operator::DoesNotExist,
        (Some(name @ ("In" | "NotIn")), true) => {
            return Err(format!("{name} of the label '{key}' needs values"));
        }
        (Some(name @ ("Exists" | "DoesNotExist")), false) => {
            return Err(format!("{name} of the label '{key}' takes no values"));
        }
        (name, _) => {
            let found = name.unwrap_or("nothing");
            return Err(format!(
                "the operator for the label '{key}' must be In, NotIn, Exists or DoesNotExist, found {found}"
            ));
        }
    };
    Ok(Requirement {
        key: key.to_owned(),
        operator,
    })
}

fn values(key: &str, values: Option<&Value>) -> Result<Vec<String>, String> {
    let values = match values {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(other) => {
            return Err(format!(
                "values of the label '{key}' must be a list, found {other}"
            ));
        }
    };
    let read = |value: &Value| {
        let text = value.as_str().ok_or_else(|| not_a_text(key, value))?;
        check_value(key, text).map(|()| text.to_owned())
    };
    values.iter().map(read).collect()
}

fn not_a_text(key: &str, value: &Value) -> String {
    format!("the value {value} of the label '{key}' is not a text; quote it")
}

fn known_fields(fields: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match fields.keys().find(|field| !known.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => {
            let hint = crate::report::did_you_mean(field, known);
            Err(format!("the field '{field}' is not known{hint}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const LABELS: [(&str, &str); 2] = [("app", "web"), ("tier", "front")];

    #[rstest]
    #[case::null(json!(null), true)]
    #[case::nothing(json!({}), true)]
    #[case::labels(json!({"matchLabels": {"app": "web", "tier": "front"}}), true)]
    #[case::not_all_labels(json!({"matchLabels": {"app": "web", "tier": "back"}}), false)]
    #[case::one_of(json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "web"]}]}), true)]
    #[case::none_of(json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}), false)]
    #[case::there(json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}), true)]
    #[case::not_there(json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist", "values": []}]}), false)]
    #[case::both(
        json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "team", "operator": "Exists"}]}), false
    )]
    fn a_selector_fits_as_in_the_api(#[case] selector: Value, #[case] fits: bool) {
        assert_eq!(LabelSelector::from_json(&selector).unwrap().matches(LABELS), fits);
    }

    #[rstest]
    #[case(json!([]), "expected matchLabels")]
    #[case(json!({"matchLabel": {}}), "did you mean 'matchLabels'?")]
    #[case(json!({"matchLabels": {"app": 1}}), "quote it")]
    #[case(json!({"matchLabels": {"a b": "c"}}), "not the key of a label")]
    #[case(json!({"matchExpressions": {}}), "must be a list")]
    #[case(json!({"matchExpressions": [{"operator": "Exists"}]}), "lacks its key")]
    #[case(json!({"matchExpressions": [{"key": "app", "operator": "in", "values": ["x"]}]}), "must be In, NotIn")]
    #[case(json!({"matchExpressions": [{"key": "app", "operator": "In"}]}), "needs values")]
    #[case(json!({"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["x"]}]}), "takes no values")]
    fn an_error_says_what_is_wrong(#[case] selector: Value, #[case] message: &str) {
        let error = LabelSelector::from_json(&selector).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
