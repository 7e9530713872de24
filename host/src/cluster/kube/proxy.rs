//! The proxy to an API server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The proxy for `server`: the one that the kubeconfig names, else what `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
pub(super) fn choose(named: Option<&str>, server: &Uri) -> Result<Option<Uri>, String> {
    match named.filter(|named| !named.is_empty()) {
        Some(named) => read(named).map(Some),
        None => Ok(from(&Matcher::from_env(), server)),
    }
}

fn from(variables: &Matcher, server: &Uri) -> Option<Uri> {
    let proxy = variables.intercept(server)?;
    Some(with_password(&proxy).unwrap_or_else(|| proxy.uri().clone()))
}

/// The address of the proxy with the name and password for it, which reading the variables has taken out.
fn with_password(proxy: &Intercept) -> Option<Uri> {
    let header = proxy.basic_auth()?.to_str().ok()?;
    let named = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let named = String::from_utf8(named).ok()?;
    let (user, password) = named.split_once(':')?;
    let escape = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let (scheme, address) = (proxy.uri().scheme_str()?, proxy.uri().authority()?);
    let whole = format!("{scheme}://{}:{}@{address}", escape(user), escape(password));
    whole.parse().ok()
}

fn read(named: &str) -> Result<Uri, String> {
    let proxy: Uri = named
        .parse()
        .map_err(|error| format!("proxy-url is no URL: {error}"))?;
    let has_login = proxy
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    match proxy.scheme_str() {
        // The client would leave the login out, and the proxy refuse it for that.
        Some("socks5") if has_login => {
            Err("proxy-url has a login, which is only supported for http:// and https://".to_owned())
        }
        Some("http" | "https" | "socks5") => Ok(proxy),
        _ => Err("proxy-url must begin with http://, https:// or socks5://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://proxy:3128", Ok("http://proxy:3128/"))]
    #[case("socks5://proxy:1080", Ok("socks5://proxy:1080/"))]
    #[case("proxy:3128", Err("must begin with"))]
    #[case("ftp://proxy", Err("must begin with"))]
    #[case("http://[", Err("is no URL"))]
    #[case("http://ann:s3same@proxy:3128", Ok("http://ann:s3same@proxy:3128/"))]
    #[case("socks5://ann:s3same@proxy:1080", Err("has a login"))]
    fn the_kubeconfig_names_a_proxy(#[case] named: &str, #[case] expected: Result<&str, &str>) {
        let server = Uri::from_static("https://10.0.0.1");
        match (choose(Some(named), &server), expected) {
            (Ok(proxy), Ok(expected)) => assert_eq!(proxy.unwrap().to_string(), expected),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            (other, _) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_password_of_a_proxy_is_kept() {
        let variables = Matcher::builder().https("http://ann:p%40ss@proxy:3128").build();
        let proxy = from(&variables, &Uri::from_static("https://example.com")).unwrap();
        assert_eq!(proxy.to_string(), "http://ann:p%40ss@proxy:3128/");
    }

    #[rstest]
    #[case("https://example.com", true)]
    #[case("https://inside.example.com", false)]
    #[case("https://10.1.2.3:6443", false)]
    fn the_environment_excepts_servers(#[case] server: &'static str, #[case] expected: bool) {
        let variables = Matcher::builder()
            .https("http://proxy:3128")
            .no("inside.example.com,10.0.0.0/8")
            .build();
        assert_eq!(from(&variables, &Uri::from_static(server)).is_some(), expected);
    }
}
