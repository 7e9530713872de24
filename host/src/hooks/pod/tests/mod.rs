//! Commands and sessions against a server that does what servers should not.

mod node;

use super::RunningPod;
use crate::object::{GroupResource, Object, ResourceType};
use crate::plugin::{EXEC_OUTPUT, Pod, PodError};
use node::{Node, Server, Step, web};
use rstest::rstest;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

fn pod(server: &Server) -> RunningPod {
    let of = ResourceType {
        resource: GroupResource::new("", "pods"),
        version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespaced: true,
    };
    RunningPod::new(
        server.access.clone(),
        &Object::new(&of, web(json!({"running": {}}))).unwrap(),
    )
}

fn argv() -> Vec<String> {
    ["/bin/echo", "a b", "$HOME; & ü"].map(str::to_owned).to_vec()
}

#[rstest]
#[case::well(0)]
#[case::with_an_exit_code(3)]
#[case::by_a_signal(137)]
#[tokio::test]
async fn a_command_ends(#[case] code: i32) {
    let steps = vec![
        Step::stdout("a"),
        Step::stderr("no"),
        Step::stdout("b"),
        Step::exit(code),
    ];
    let server = Node::new(steps).start().await;
    let output = pod(&server).exec(None, &argv(), LONG).await.unwrap();
    assert_eq!(output.exit_code, code);
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"ab"[..], &b"no"[..])
    );
    assert_eq!(output.dropped, 0);
}

#[rstest]
#[case::the_first_container(None, "web")]
#[case::another(Some("log"), "log")]
#[tokio::test]
async fn a_command_goes_as_it_is_and_through_no_shell(#[case] named: Option<&str>, #[case] container: &str) {
    let node = Node::new(vec![Step::exit(0)]);
    let asked = Arc::clone(&node.asked);
    let server = node.start().await;
    pod(&server).exec(named, &argv(), LONG).await.unwrap();
    let expected = format!(
        "/api/v1/namespaces/shop/pods/web/exec?container={container}&stdout=true&stderr=true\
         &command=%2Fbin%2Fecho&command=a%20b&command=%24HOME%3B%20%26%20%C3%BC"
    );
    assert_eq!(*asked.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn of_much_output_the_end_is_kept_and_the_rest_counted() {
    let mut steps = vec![Step::Send(1, vec![b'a'; 32 << 10]); 100];
    steps.extend([Step::stdout("end"), Step::exit(0)]);
    let server = Node::new(steps).start().await;
    let output = pod(&server).exec(None, &argv(), LONG).await.unwrap();
    assert_eq!(
        (output.stdout.len(), output.stdout.ends_with(b"aend")),
        (EXEC_OUTPUT, true)
    );
    assert_eq!(output.dropped, (100 * (32 << 10) + 3 - EXEC_OUTPUT) as u64);
}

fn failure(message: &str) -> Value {
    json!({"status": "Failure", "reason": "InternalError", "message": message})
}

#[rstest]
#[case::cut(vec![], "connection", "without closing handshake")]
#[case::closed(vec![Step::Close], "connection", "before it said how the command ended")]
#[case::too_long(vec![Step::Send(1, vec![0; 2 << 20]), Step::exit(0)], "connection", "exceed")]
#[case::hangs(vec![Step::Hang], "timeout", "may still be running")]
#[case::not_found(vec![Step::status(&failure("executable file not found"))], "not-started", "executable file not found")]
#[case::odd_status(vec![Step::Send(3, b"?".to_vec())], "connection", "cannot be read")]
#[tokio::test]
async fn what_goes_wrong_is_told_apart_and_the_output_kept(
    #[case] then: Vec<Step>,
    #[case] code: &str,
    #[case] message: &str,
) {
    let steps = [vec![Step::stdout("so far")], then].concat();
    let patience = if code == "timeout" { SHORT } else { LONG };
    let server = Node::new(steps).start().await;
    let error = pod(&server).exec(None, &argv(), patience).await.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(message), "{error}");
    assert_eq!(error.output.unwrap().stdout, b"so far");
}

#[rstest]
#[case::no_pod(None, "pod-gone")]
#[case::another_pod(Some(json!({"metadata": {"uid": "2"}})), "pod-gone")]
#[case::waiting(Some(web(json!({"waiting": {"reason": "CrashLoopBackOff"}}))), "not-running")]
#[case::running(Some(web(json!({"running": {}}))), "not-started")]
#[tokio::test]
async fn what_became_of_the_pod_tells_why(#[case] live: Option<Value>, #[case] code: &str) {
    let mut node = Node::new(vec![Step::status(&failure("container not found"))]);
    node.pod = live;
    let server = node.start().await;
    let error = pod(&server).exec(None, &argv(), LONG).await.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains("container not found"), "{error}");
}

/// A node may keep the connection of a command whose container ended as the command began.
#[tokio::test]
async fn a_command_that_hangs_in_a_container_that_has_ended_is_not_waited_for() {
    let mut node = Node::new(vec![Step::stdout("so far"), Step::Hang]);
    node.pod = Some(json!({"metadata": {"uid": "1"}, "status": {"phase": "Failed"}}));
    let server = node.start().await;
    let error = pod(&server).exec(None, &argv(), LONG).await.unwrap_err();
    assert_eq!(error.code, "pod-ended", "{error}");
    assert_eq!(error.output.unwrap().stdout, b"so far");
}

#[rstest]
#[case::no_right(json!({"code": 403, "message": "User \"eve\" cannot create resource \"pods/exec\""}), "forbidden", "no right to create pods/exec in namespace shop")]
#[case::bad_request(json!({"code": 400, "message": "container web is not valid"}), "connection", "not valid")]
#[case::busy(json!({"code": 503, "message": "etcd"}), "timeout", "may be running")]
#[tokio::test]
async fn a_server_may_refuse(#[case] refusal: Value, #[case] code: &str, #[case] message: &str) {
    let mut node = Node::new(vec![]);
    node.refusal = Some(refusal);
    let server = node.start().await;
    let error = pod(&server).exec(None, &argv(), SHORT).await.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(message), "{error}");
}

#[tokio::test]
async fn a_container_that_the_pod_lacks_is_an_error_at_once() {
    let node = Node::new(vec![]);
    let asked = Arc::clone(&node.asked);
    let server = node.start().await;
    let pod = pod(&server);
    let expected = PodError::new("no-container", "the pod has no container 'db': it has web, log");
    assert_eq!(pod.exec(Some("db"), &argv(), LONG).await, Err(expected.clone()));
    assert_eq!(pod.wait(Some("db"), "running", LONG).await, Err(expected.clone()));
    assert_eq!(pod.open(Some("db"), &argv()).await.err(), Some(expected));
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_session_is_written_to_and_read_from() {
    let steps = vec![
        Step::Await(b"SELECT 1;"),
        Step::stderr("hm"),
        Step::stdout("one"),
        Step::AwaitEnd,
        Step::stdout("bye"),
        Step::exit(7),
    ];
    let server = Node::new(steps).start().await;
    let mut session = pod(&server).open(None, &argv()).await.unwrap();
    assert_eq!(session.read(10, SHORT).await.unwrap_err().code, "timeout");
    session.write(b"SELECT 1;".to_vec()).await.unwrap();
    assert_eq!(session.read(2, LONG).await.unwrap(), b"on");
    assert_eq!(session.read(10, LONG).await.unwrap(), b"e");
    assert_eq!(session.finish(LONG).await, Ok(7));
    assert_eq!(session.finish(LONG).await, Ok(7));
    assert_eq!(session.read(10, LONG).await.unwrap(), b"");
    assert_eq!(session.write(vec![1]).await.unwrap_err().code, "connection");
}

#[tokio::test]
async fn a_session_that_writes_much_is_not_held_up_by_what_it_is_told() {
    let mut steps = vec![Step::Send(1, vec![b'a'; 8 << 10]); 200];
    steps.extend([Step::Await(b"end"), Step::exit(0)]);
    let server = Node::new(steps).start().await;
    let mut session = pod(&server).open(None, &argv()).await.unwrap();
    session.write(vec![b'x'; 1 << 20]).await.unwrap();
    session.write(b"end".to_vec()).await.unwrap();
    assert_eq!(session.finish(LONG).await, Ok(0));
}

#[rstest]
#[case::cut(vec![], "connection")]
#[case::hangs(vec![Step::Hang], "timeout")]
#[tokio::test]
async fn a_session_that_breaks_says_so(#[case] steps: Vec<Step>, #[case] code: &str) {
    let server = Node::new(steps).start().await;
    let mut session = pod(&server).open(None, &argv()).await.unwrap();
    assert_eq!(session.read(1, SHORT).await.unwrap_err().code, code);
    assert_eq!(session.finish(SHORT).await.unwrap_err().code, code);
}

#[tokio::test]
async fn an_old_server_cannot_end_standard_input_and_the_user_learns_it() {
    let mut node = Node::new(vec![Step::AwaitEnd, Step::exit(0)]);
    node.protocol = "v4.channel.k8s.io";
    let server = node.start().await;
    let mut session = pod(&server).open(None, &argv()).await.unwrap();
    let error = session.finish(SHORT).await.unwrap_err();
    assert_eq!(error.code, "timeout");
    assert!(error.message.contains("older than Kubernetes 1.30"), "{error}");
}

#[rstest]
#[case::running("running", web(json!({"running": {}})), Ok(()))]
#[case::waits("running", web(json!({"waiting": {"reason": "ContainerCreating"}})), Err(("timeout", "ContainerCreating")))]
#[case::unknown("happy", web(json!({"running": {}})), Err(("invalid-condition", "'happy'")))]
#[case::replaced("ready", json!({"metadata": {"uid": "2"}}), Err(("pod-gone", "another one")))]
#[tokio::test]
async fn a_container_is_waited_for(
    #[case] condition: &str,
    #[case] live: Value,
    #[case] expected: Result<(), (&str, &str)>,
) {
    let mut node = Node::new(vec![]);
    node.pod = Some(live);
    let server = node.start().await;
    match (pod(&server).wait(None, condition, SHORT).await, expected) {
        (Ok(()), Ok(())) => {}
        (Err(error), Err((code, message))) => {
            assert_eq!(error.code, code);
            assert!(error.message.contains(message), "{error}");
        }
        (result, _) => panic!("{result:?}"),
    }
}
