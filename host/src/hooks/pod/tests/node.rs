//! An API server with one pod, in which every command does what a test says.

use crate::cluster::{Cluster, Kube, PodAccess};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// What the server does once a command is started.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Write to a channel.
    Send(u8, Vec<u8>),
    /// Wait for standard input, until this has come.
    Await(&'static [u8]),
    /// Wait for the end of standard input.
    AwaitEnd,
    /// End the connection as it should be.
    Close,
    /// Say nothing more, and keep the connection.
    Hang,
}

impl Step {
    pub(super) fn stdout(text: &str) -> Self {
        Step::Send(1, text.as_bytes().to_vec())
    }

    pub(super) fn stderr(text: &str) -> Self {
        Step::Send(2, text.as_bytes().to_vec())
    }

    pub(super) fn status(status: &Value) -> Self {
        Step::Send(3, status.to_string().into_bytes())
    }

    pub(super) fn exit(code: i32) -> Self {
        match code {
            0 => Step::status(&json!({"status": "Success"})),
            code => Step::status(&json!({
                "status": "Failure", "reason": "NonZeroExitCode",
                "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]},
            })),
        }
    }
}

/// What the server has, and what it was asked for.
#[derive(Clone)]
pub(super) struct Node {
    /// The pod as it is; there is none where it is none.
    pub(super) pod: Option<Value>,
    pub(super) protocol: &'static str,
    /// A status with which commands are refused.
    pub(super) refusal: Option<Value>,
    pub(super) steps: Vec<Step>,
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

/// A server that ends with the value.
pub(super) struct Server {
    pub(super) access: PodAccess,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Node {
    /// One with a pod whose container `web` runs.
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Node {
            pod: Some(web(json!({"running": {}}))),
            protocol: "v5.channel.k8s.io",
            refusal: None,
            steps,
            asked: Arc::default(),
        }
    }

    pub(super) async fn start(self) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(self.clone().serve(stream));
            }
        });
        Server {
            access: Kube::at(&url).pods().unwrap(),
            task,
        }
    }

    async fn serve(self, mut stream: TcpStream) {
        while let Some(head) = head(&mut stream).await {
            let path = head.split_whitespace().nth(1).unwrap().to_owned();
            self.asked.lock().unwrap().push(path.clone());
            let refusal =
                json!({"code": 404, "reason": "NotFound", "details": {"name": "web", "kind": "pods"}});
            let (code, body) = match (path.contains("/exec?"), &self.refusal, &self.pod) {
                (true, None, _) => return self.run(stream, &head).await,
                (true, Some(status), _) => (status["code"].to_string(), status),
                (false, _, Some(pod)) => ("200".to_owned(), pod),
                (false, _, None) => ("404".to_owned(), &refusal),
            };
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    async fn run(self, mut stream: TcpStream, head: &str) {
        let key = head
            .lines()
            .find_map(|line| line.strip_prefix("sec-websocket-key: "))
            .unwrap();
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-accept: {}\r\nsec-websocket-protocol: {}\r\n\r\n",
            derive_accept_key(key.as_bytes()),
            self.protocol,
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        for channel in 1..4 {
            socket.send(Message::binary(vec![channel])).await.unwrap();
        }
        for step in self.steps {
            match step {
                Step::Send(channel, data) => {
                    let message = [vec![channel], data].concat();
                    let _ = socket.send(Message::Binary(Bytes::from(message))).await;
                }
                Step::Await(expected) => read(&mut socket, [&[0], expected].concat()).await,
                Step::AwaitEnd => read(&mut socket, vec![255, 0]).await,
                Step::Close => {
                    let _ = socket.close(None).await;
                }
                Step::Hang => tokio::time::sleep(Duration::from_secs(3600)).await,
            }
        }
    }
}

/// A pod whose container `web` is in this state.
pub(super) fn web(state: Value) -> Value {
    json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "1"},
        "spec": {"containers": [{"name": "web"}, {"name": "log"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "web", "ready": true, "state": state}]},
    })
}

async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

async fn read(socket: &mut WebSocketStream<TcpStream>, expected: Vec<u8>) {
    while let Some(Ok(message)) = socket.next().await {
        if message.into_data() == expected {
            return;
        }
    }
}
