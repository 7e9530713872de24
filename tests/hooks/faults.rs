//! A pod with a state that a before-hook sets and an after-hook clears, and a fault in every backup of it: the state is
//! never left behind. `soak` does it two hundred times.

use crate::harness::Workplace;
use crate::pods::{MARKER, is_frozen, read, web};
use crate::resources::{freezing, shell};
use crate::running::Running;
use lazarette_tests::counts::{Chance, count, seed};
use lazarette_tests::node::Node;
use lazarette_tests::proxy::{Fault, Place, Proxy, Request, Upstream};
use lazarette_tests::wait;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// A before-hook fails.
    Failure,
    /// A before-hook does not end.
    Hang,
    /// The connection to a command is cut, before or after it has said anything.
    Cut,
    /// The API server is killed and started again.
    Restart,
    /// The program is told to end.
    Termination,
    /// What is taken while the pod stands still cannot be taken.
    Capture,
}

const TROUBLES: [Trouble; 6] = [
    Trouble::Failure,
    Trouble::Hang,
    Trouble::Cut,
    Trouble::Restart,
    Trouble::Termination,
    Trouble::Capture,
];

/// The latest moment, in milliseconds after the first command, for what is done from outside.
const LATEST: u64 = 1500;

impl Trouble {
    /// The hook after the one that sets the state.
    fn hook(self) -> Value {
        let fields = json!({"onError": "Fail", "timeout": "2s"});
        match self {
            Trouble::Failure => shell("exit 1", &fields),
            Trouble::Hang => shell("sleep 600", &fields),
            _ => shell("sleep 0.7", &fields),
        }
    }

    /// What the proxy does to requests. The cut comes after `bytes` bytes of the answer.
    fn fault(self, bytes: u64, request: &Request) -> Fault {
        let is_command = request.path.contains("/exec?");
        match self {
            Trouble::Cut if is_command && !request.path.contains("rm") => {
                Fault::CutAnswer(Place::Body(bytes))
            }
            Trouble::Capture if request.path.ends_with("/pods/web") => {
                Fault::status(500, "InternalError", &[])
            }
            _ => Fault::None,
        }
    }
}

#[test]
fn no_fault_leaves_a_pod_frozen() {
    let Some(node) = Node::start() else { return };
    let namespace = web(&node, "marker");
    let mut chance = Chance::new(seed());
    for round in 0..count(6, 200) {
        // Each of them as often as the others, at moments of chance.
        let trouble = TROUBLES[usize::try_from(round).unwrap() % TROUBLES.len()];
        let (moment, bytes) = (Duration::from_millis(chance.below(LATEST)), chance.below(40));
        let told = run(&node, &namespace, trouble, moment, bytes);
        println!("round {round}: {trouble:?}, {moment:?}, {bytes} bytes: {told}");
        assert!(!is_frozen(&node, &namespace, "web"), "{trouble:?}: {told}");
    }
    let log = read(&node, &namespace, "web", "main", &format!("{MARKER}.log")).unwrap_or_default();
    println!("thawed {} times", log.lines().count());
    assert!(!log.is_empty(), "no round got as far as to freeze");
}

/// Make a backup in which something goes wrong, and give what the program says.
fn run(node: &Node, namespace: &str, trouble: Trouble, moment: Duration, bytes: u64) -> String {
    let proxy = Proxy::start(Upstream::cluster(node), move |request| {
        trouble.fault(bytes, request)
    });
    let workplace = Workplace::with_cluster(&node.kubeconfig_behind(&proxy.url()));
    workplace.write("hooks.yaml", &freezing(&json!([trouble.hook()])));
    let words = [
        "backup",
        "create",
        "b",
        "--include-namespaces",
        namespace,
        "--hooks",
        "hooks.yaml",
    ];
    let running = Running::start(&workplace, &words);
    if matches!(trouble, Trouble::Restart | Trouble::Termination) {
        wait::until("the first command is asked for", || {
            proxy
                .seen()
                .iter()
                .any(|request| request.path.contains("/exec?"))
                .then_some(())
        });
        thread::sleep(moment);
    }
    match trouble {
        Trouble::Termination => running.signal(Signal::TERM),
        Trouble::Restart => {
            node.api_server().kill();
            node.api_server().start();
        }
        _ => (),
    }
    let ran = running.wait();
    node.wait_until_ready();
    node.controller_manager().start();
    format!("{}: {}", ran.code, ran.stderr.trim())
}
