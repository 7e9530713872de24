//! An HTTP proxy that makes tunnels (`CONNECT`), as there is one between many machines and their clusters.

use crate::listening::Listening;
use crate::proxy::Head;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncWriteExt, BufStream, copy_bidirectional};
use tokio::net::TcpStream;

/// A running proxy on a free port of the loopback interface. It knows one server only, under whatever name clients ask
/// for it: a client that is answered by a name which nobody else knows came through here.
pub struct Tunnel {
    shared: Arc<Shared>,
    listening: Listening,
}

struct Shared {
    to: SocketAddr,
    /// What `Proxy-Authorization` must say, if anything.
    authorization: Option<String>,
    asked: Mutex<Vec<String>>,
}

impl Tunnel {
    /// A proxy before the server that listens on `port`. With `authorization` it serves only those who say this, such as
    /// `Basic dXNlcjpwYXNzd29yZA==`.
    pub fn start(port: u16, authorization: Option<&str>) -> Self {
        let shared = Arc::new(Shared {
            to: (Ipv4Addr::LOCALHOST, port).into(),
            authorization: authorization.map(str::to_owned),
            asked: Mutex::default(),
        });
        let of_all = Arc::clone(&shared);
        let listening = Listening::start(move |stream| {
            let shared = Arc::clone(&of_all);
            async move { serve(stream, &shared).await }
        });
        Tunnel { shared, listening }
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The servers that clients asked for, as they named them: `kubernetes.default.svc:443`.
    pub fn asked(&self) -> Vec<String> {
        self.shared
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Shared {
    fn note(&self, server: &str) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(server.to_owned());
    }

    /// The status for a client that is not served.
    fn refusal(&self, head: &Head) -> Option<&'static str> {
        let (method, _) = head.request();
        let said = head.header("proxy-authorization");
        match (method, self.authorization.as_deref()) {
            ("CONNECT", Some(wanted)) if said != Some(wanted) => Some("407 Proxy Authentication Required"),
            ("CONNECT", _) => None,
            _ => Some("405 Method Not Allowed"),
        }
    }
}

async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut client = BufStream::new(stream);
    let Some(head) = Head::read(&mut client).await? else {
        return Ok(());
    };
    if let Some(refusal) = shared.refusal(&head) {
        let answer = format!("HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        client.write_all(answer.as_bytes()).await?;
        return client.shutdown().await;
    }
    shared.note(head.request().1);
    let mut server = TcpStream::connect(shared.to).await?;
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await?;
    client.flush().await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
