//! Proxies between us and the API server.

use super::*;
use lazarette_tests::socks::SocksProxy;
use lazarette_tests::tunnel::Tunnel;

/// The API server under a name that is in its certificate, and that nobody but a proxy knows.
const NAME: &str = "https://kubernetes.default.svc";

/// Back up something small, with these variables of the environment.
fn create_among(workplace: &Workplace, environment: &[(&str, &str)]) -> Ran {
    let mut command = workplace.command(&["backup", "create", "b", "--include-resources", "namespaces"]);
    command.envs(environment.iter().copied());
    command.output().unwrap().into()
}

#[rstest]
#[case::of_the_kubeconfig(true, &[])]
#[case::of_the_environment(false, &["HTTPS_PROXY"])]
#[case::in_small_letters(false, &["https_proxy"])]
#[case::for_everything(false, &["ALL_PROXY"])]
fn the_way_leads_through_a_proxy(#[case] is_in_kubeconfig: bool, #[case] variables: &[&str]) {
    let tunnel = Tunnel::start(cluster::first().port(), None);
    let url = format!("http://{}", tunnel.address());
    let mut workplace = Workplace::empty();
    let kubeconfig = changed(&workplace, |config| {
        let cluster = &mut config["clusters"][0]["cluster"];
        cluster["server"] = json!(NAME);
        if is_in_kubeconfig {
            cluster["proxy-url"] = json!(url);
        }
    });
    workplace.go_to(&kubeconfig);
    let environment: Vec<_> = variables.iter().map(|name| (*name, url.as_str())).collect();
    let ran = create_among(&workplace, &environment);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let asked = tunnel.asked();
    let is_server = |asked: &String| asked == "kubernetes.default.svc:443";
    assert!(!asked.is_empty() && asked.iter().all(is_server), "{asked:?}");
}

#[test]
fn the_environment_names_servers_that_need_no_proxy() {
    let workplace = Workplace::with_cluster(cluster::first().kubeconfig());
    let nobody = ("HTTPS_PROXY", "http://127.0.0.1:1");
    assert_eq!(create_among(&workplace, &[nobody]).code, 1);
    let ran = create_among(&workplace, &[nobody, ("NO_PROXY", "127.0.0.1")]);
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[rstest]
#[case::of_the_kubeconfig(true)]
#[case::of_the_environment(false)]
fn a_proxy_gets_its_password_and_nobody_else_sees_it(#[case] is_in_kubeconfig: bool) {
    // `ann:s3same`
    let tunnel = Tunnel::start(cluster::first().port(), Some("Basic YW5uOnMzc2FtZQ=="));
    let run = |user: &str| {
        let mut workplace = Workplace::empty();
        let url = format!("http://{user}@{}", tunnel.address());
        let kubeconfig = changed(&workplace, |config| {
            if is_in_kubeconfig {
                config["clusters"][0]["cluster"]["proxy-url"] = json!(url);
            }
        });
        workplace.go_to(&kubeconfig);
        let variable = [("HTTPS_PROXY", url.as_str())];
        create_among(&workplace, if is_in_kubeconfig { &[] } else { &variable })
    };
    let ran = run("ann:s3same");
    assert_eq!(ran.code, 0, "{ran:#?}");
    let ran = run("ann:wr0ng");
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.stderr.contains("error[ClusterUnreachable]"), "{}", ran.stderr);
    assert!(!format!("{ran:?}").contains("wr0ng"), "{ran:#?}");
}

/// Back up something small with this URL as the kubeconfig's proxy.
fn create_behind(url: &str) -> Ran {
    create_with(|config| config["clusters"][0]["cluster"]["proxy-url"] = json!(url))
}

#[test]
fn the_way_leads_through_a_socks_proxy() {
    let Some(proxy) = SocksProxy::start() else {
        return;
    };
    let ran = create_behind(&format!("socks5://{}", proxy.address()));
    assert_eq!(ran.code, 0, "{ran:#?}");
    let server = format!("127.0.0.1:{}", cluster::first().port());
    assert!(proxy.log().contains(&server), "{}", proxy.log());
}

/// As kube's connector leaves it out, which would look like a broken proxy.
#[test]
fn a_login_at_a_socks_proxy_is_refused_and_nobody_sees_it() {
    let ran = create_behind("socks5://ann:s3same@127.0.0.1:1080");
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(ran.stderr.contains("proxy-url has a login"), "{}", ran.stderr);
    assert!(!format!("{ran:?}").contains("s3same"), "{ran:#?}");
}
