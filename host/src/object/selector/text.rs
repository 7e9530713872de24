//! The text form of label selectors, as in `kubectl -l`.

use super::{LabelSelector, Operator, Requirement, SelectorError, check_key, check_value};

impl LabelSelector {
    /// Read the form of `kubectl -l`: requirements with commas between them, all of which must hold.
    ///
    /// | form | fits an object whose label |
    /// | --- | --- |
    /// | `key=value`, `key==value` | is `value` |
    /// | `key!=value` | is not `value`, or that has no such label |
    /// | `key in (a,b)`, `key notin (a,b)` | is one of these; is none of these, or that has no such label |
    /// | `key`, `!key` | is there; is not there |
    /// | `key>5`, `key<5` | is a greater or smaller whole number |
    ///
    /// The empty text fits everything.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut reader = Reader { rest: text };
        let requirements = reader.requirements();
        requirements
            .map(|requirements| LabelSelector { requirements })
            .map_err(|message| SelectorError {
                text: Some(text.to_owned()),
                message,
            })
    }
}

/// What is still to be read.
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        if self.is_at_end() {
            return Ok(requirements);
        }
        loop {
            requirements.push(self.requirement()?);
            if self.is_at_end() {
                return Ok(requirements);
            }
            if !self.take(",") {
                return Err(self.expected("',' or the end"));
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.take("!");
        let key = self.word();
        if key.is_empty() {
            return Err(self.expected("the key of a label"));
        }
        check_key(key)?;
        let operator = if absent {
            Operator::DoesNotExist
        } else {
            self.operator(key)?
        };
        Ok(Requirement {
            key: key.to_owned(),
            operator,
        })
    }

    fn operator(&mut self, key: &str) -> Result<Operator, String> {
        if self.take("!=") {
            return Ok(Operator::NotIn(vec![self.value(key)?]));
        }
        if self.take("==") || self.take("=") {
            return Ok(Operator::In(vec![self.value(key)?]));
        }
        if self.take(">") {
            return self.number().map(Operator::GreaterThan);
        }
        if self.take("<") {
            return self.number().map(Operator::LessThan);
        }
        if self.is_at_end() || self.rest.trim_start().starts_with(',') {
            return Ok(Operator::Exists);
        }
        let before = self.rest;
        match self.word() {
            "in" => self.values(key).map(Operator::In),
            "notin" => self.values(key).map(Operator::NotIn),
            _ => {
                self.rest = before;
                Err(self.expected(&format!("one of '=', '!=', 'in', 'notin' or ',' after '{key}'")))
            }
        }
    }

    fn value(&mut self, key: &str) -> Result<String, String> {
        let value = self.word();
        check_value(key, value)?;
        Ok(value.to_owned())
    }

    fn values(&mut self, key: &str) -> Result<Vec<String>, String> {
        if !self.take("(") {
            return Err(self.expected("'(' and the values"));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value(key)?);
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(self.expected("',' or ')' between the values"));
            }
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let word = self.word();
        word.parse()
            .map_err(|_| format!("'{word}' is not a whole number"))
    }

    /// Up to the next character with a meaning.
    fn word(&mut self) -> &'t str {
        let text = self.rest.trim_start();
        let ends = |c: char| c.is_whitespace() || "=!,()<>".contains(c);
        let (word, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        self.rest = rest;
        word
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn is_at_end(&self) -> bool {
        self.rest.trim().is_empty()
    }

    fn expected(&self, what: &str) -> String {
        match self.rest.trim() {
            "" => format!("it ends where {what} is expected"),
            rest => format!("expected {what} at '{rest}'"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LABELS: [(&str, &str); 3] = [("app", "web"), ("example.com/tier", "front"), ("size", "7")];

    #[rstest]
    #[case::nothing("", true)]
    #[case::equal("app=web", true)]
    #[case::equal_twice("app==web", true)]
    #[case::other_value("app=db", false)]
    #[case::missing("team=web", false)]
    #[case::empty_value("app=", false)]
    #[case::unequal("app!=db", true)]
    #[case::unequal_and_missing("team!=db", true)]
    #[case::unequal_fails("app!=web", false)]
    #[case::one_of("app in (db, web)", true)]
    #[case::none_of("app notin (db,web)", false)]
    #[case::none_of_and_missing("team notin (db)", true)]
    #[case::there("example.com/tier", true)]
    #[case::not_there("!team", true)]
    #[case::not_there_fails("! app", false)]
    #[case::greater("size>5", true)]
    #[case::smaller("size<7", false)]
    #[case::no_number("app>5", false)]
    #[case::all("app = web , !team,size in (7)", true)]
    #[case::not_all("app=web,team=x", false)]
    #[case::keys_like_words("in,notin", false)]
    fn a_selector_fits_as_in_kubectl(#[case] text: &str, #[case] fits: bool) {
        assert_eq!(LabelSelector::parse(text).unwrap().matches(LABELS), fits);
    }

    #[rstest]
    #[case("app=web,", "it ends where the key of a label is expected")]
    #[case(",app", "expected the key of a label at ',app'")]
    #[case(
        "app web",
        "expected one of '=', '!=', 'in', 'notin' or ',' after 'app' at 'web'"
    )]
    #[case("app in web", "expected '(' and the values at 'web'")]
    #[case("app in (web", "it ends where ',' or ')' between the values is expected")]
    #[case("app in (web db)", "expected ',' or ')' between the values at 'db)'")]
    #[case("app=web db", "expected ',' or the end at 'db'")]
    #[case("app=w*", "'w*' is not a value for the label 'app'")]
    #[case("a/b/c=d", "'a/b/c' is not the key of a label")]
    #[case("size>x", "'x' is not a whole number")]
    fn an_error_says_what_is_expected(#[case] text: &str, #[case] message: &str) {
        let error = LabelSelector::parse(text).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains(text), "{error}");
    }
}
