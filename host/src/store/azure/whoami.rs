//! Who uses a container, for people.

use super::container::Container;
use super::failure::{Failure, Need};
use crate::store::StoreError;
use azure_core::base64::decode_url_safe;
use serde_json::Value;

/// What tokens for storage are asked for.
const SCOPE: &str = "https://storage.azure.com/.default";

impl Container {
    /// The credential that is used, and who that is.
    pub(super) async fn identity(&self) -> Result<String, StoreError> {
        let credential = &self.credential;
        let Some(entra) = &self.entra else {
            let until = self.validity.and_then(super::validity::Validity::end);
            let until = until.map(|end| format!(" until {end:.0}")).unwrap_or_default();
            let allows = self
                .client
                .url()
                .query_pairs()
                .find_map(|(name, value)| (name == "sp").then(|| value.into_owned()));
            let allows = allows
                .map(|letters| format!(" that allows {letters}"))
                .unwrap_or_default();
            return Ok(format!("{credential}: a shared access signature{allows}{until}"));
        };
        let token = entra
            .get_token(&[SCOPE], None)
            .await
            .map_err(|error| self.error("", Failure::of(error, Need::Read)))?;
        Ok(format!("{credential}: {}", holder(token.token.secret())))
    }
}

/// Whom a token is for, from those of its claims that say it. Its signature is the service's to check.
fn holder(token: &str) -> String {
    let claims: Option<Value> = token
        .split('.')
        .nth(1)
        .and_then(|part| decode_url_safe(part).ok())
        .and_then(|json| serde_json::from_slice(&json).ok());
    let claim = |name: &str| claims.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let known = [
        ("user", claim("upn").or_else(|| claim("unique_name"))),
        ("application", claim("appid").or_else(|| claim("azp"))),
        ("object", claim("oid")),
        ("tenant", claim("tid")),
    ];
    let parts: Vec<String> = known
        .into_iter()
        .filter_map(|(what, value)| Some(format!("{what} {}", value?)))
        .collect();
    match parts.is_empty() {
        true => "an identity whose token says nothing of it".to_owned(),
        false => parts.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::base64::encode_url_safe;

    #[test]
    fn a_token_says_whose_it_is() {
        let claims = encode_url_safe(r#"{"appid":"a","oid":"o","tid":"t","secret":"s"}"#);
        assert_eq!(
            holder(&format!("h.{claims}.s")),
            "application a, object o, tenant t"
        );
        assert_eq!(holder("nonsense"), "an identity whose token says nothing of it");
    }
}
