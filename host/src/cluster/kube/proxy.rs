//! The proxy to an API server.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// The proxy for `server`: the one that the kubeconfig names, else what `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
pub(super) fn choose(named: Option<&str>, server: &Uri) -> Result<Option<Uri>, String> {
    match named.filter(|named| !named.is_empty()) {
        Some(named) => read(named).map(Some),
        None => Ok(from(&Matcher::from_env(), server)),
    }
}

fn from(variables: &Matcher, server: &Uri) -> Option<Uri> {
    variables.intercept(server).map(|proxy| proxy.uri().clone())
}

fn read(named: &str) -> Result<Uri, String> {
    let proxy: Uri = named
        .parse()
        .map_err(|error| format!("proxy-url is no URL: {error}"))?;
    match proxy.scheme_str() {
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
    fn the_kubeconfig_names_a_proxy(#[case] named: &str, #[case] expected: Result<&str, &str>) {
        let server = Uri::from_static("https://10.0.0.1");
        match (choose(Some(named), &server), expected) {
            (Ok(proxy), Ok(expected)) => assert_eq!(proxy.unwrap().to_string(), expected),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            (other, _) => panic!("{other:?}"),
        }
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
