//! Answers to the probes of a kubelet: `/healthz` as long as the process works, `/readyz` once it knows its cluster.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that takes longer is none of a kubelet.
const LONGEST: Duration = Duration::from_secs(5);

/// Answer at `address` until this is dropped.
pub(super) async fn answer(address: SocketAddr, is_ready: Arc<AtomicBool>) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    loop {
        // An error is about one connection, or passes.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let is_ready = Arc::clone(&is_ready);
        tokio::spawn(async move { tokio::time::timeout(LONGEST, serve(stream, &is_ready)).await });
    }
}

/// Answer one request. Who is not understood is told so; what goes wrong on the way ends the connection.
async fn serve(mut stream: TcpStream, is_ready: &AtomicBool) -> std::io::Result<()> {
    let mut request = [0; 1_024];
    let count = stream.read(&mut request).await?;
    let line = request
        .get(..count)
        .unwrap_or_default()
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    let (status, body) = match line {
        b"GET /healthz HTTP/1.1" => ("200 OK", "ok"),
        b"GET /readyz HTTP/1.1" if is_ready.load(Ordering::Relaxed) => ("200 OK", "ok"),
        b"GET /readyz HTTP/1.1" => ("503 Service Unavailable", "the API server has not answered yet"),
        _ => ("404 Not Found", "there are /healthz and /readyz"),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
