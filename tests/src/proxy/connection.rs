//! One client's connection, and the one to the server that belongs to it.

use super::http::{Body, Copy, Head};
use super::upstream::Stream;
use super::{Fault, Shared, exec};
use std::fmt::Write;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream, copy, sink, split};
use tokio::net::TcpStream;

/// How many pieces of a slow answer come slowly, and how many bytes each has.
const PIECES: usize = 10;
const PIECE: u64 = 256;

type Side = BufStream<Box<dyn Stream>>;

/// Pass on what a client asks until it, the server or a fault ends the connection.
pub async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut client = BufStream::new(shared.upstream.accept(stream).await?);
    let mut server = None;
    while let Some(head) = next(&mut client, &mut server).await? {
        let (method, path) = head.request();
        let fault = shared.meet(method, path);
        if let Fault::Answer {
            status,
            headers,
            body,
        } = &fault
        {
            Copy::new(&mut sink(), u64::MAX)
                .body(&mut client, head.body_of_request())
                .await?;
            client
                .write_all(answer(*status, headers, body).as_bytes())
                .await?;
            client.flush().await?;
            continue;
        }
        if let Fault::Exec(time) = fault {
            exec::succeed(&mut client, &head, time).await?;
            break;
        }
        if let Fault::Delay(time) = fault {
            tokio::time::sleep(time).await;
        }
        let server = match &mut server {
            Some(server) => server,
            none => none.insert(BufStream::new(shared.upstream.connect().await?)),
        };
        if !exchange(&mut client, server, &head, &fault).await? {
            break;
        }
    }
    client.shutdown().await
}

/// The head of the next request. A server that ends the connection ends the client's too.
async fn next(client: &mut Side, server: &mut Option<Side>) -> io::Result<Option<Head>> {
    let Some(server) = server else {
        return Head::read(client).await;
    };
    tokio::select! {
        head = Head::read(client) => head,
        _ = server.fill_buf() => Ok(None),
    }
}

/// Pass on a request and its answer. False when the connection is of no more use.
async fn exchange(client: &mut Side, server: &mut Side, head: &Head, fault: &Fault) -> io::Result<bool> {
    let limit = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
    let (of_request, of_answer) = match fault {
        Fault::CutRequest(bytes) => (Some(*bytes), None),
        Fault::CutAnswer(bytes) | Fault::TruncateAnswer(bytes) => (None, Some(*bytes)),
        _ => (None, None),
    };
    server.write_all(&head.raw).await?;
    Copy::new(server, limit(of_request))
        .body(client, head.body_of_request())
        .await?;
    let answer = loop {
        let answer = Head::read(server).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match answer.status() {
            100 | 102..200 => client.write_all(&answer.raw).await?,
            _ => break answer,
        }
    };
    let (method, _) = head.request();
    let body = answer.body_of_answer(method);
    if matches!(fault, Fault::LoseAnswer) {
        Copy::new(&mut sink(), u64::MAX).body(server, body).await?;
        return Ok(false);
    }
    if let (Fault::TruncateAnswer(bytes), Body::Length(length)) = (fault, body) {
        truncate(client, server, &answer, *bytes, length).await?;
        return Ok(!answer.closes() && !head.closes());
    }
    client.write_all(&answer.raw).await?;
    if answer.status() == 101 {
        client.flush().await?;
        converse(client, server, limit(of_answer)).await?;
        return Ok(false);
    }
    let body = match fault {
        Fault::SlowAnswer(pause) => slowly(client, server, body, *pause).await?,
        _ => body,
    };
    Copy::new(client, limit(of_answer)).body(server, body).await?;
    Ok(!answer.closes() && !head.closes())
}

/// Pass on what both sides say after an upgrade, until one has ended or the server has said `limit` bytes.
async fn converse(client: &mut Side, server: &mut Side, limit: u64) -> io::Result<()> {
    let (mut of_client, mut to_client) = split(client);
    let (of_server, mut to_server) = split(server);
    let mut of_server = of_server.take(limit);
    tokio::select! {
        asked = copy(&mut of_client, &mut to_server) => asked?,
        answered = copy(&mut of_server, &mut to_client) => answered?,
    };
    to_server.flush().await?;
    to_client.flush().await
}

/// Pass on the first `bytes` of a body of `length`, under a head that says that these are all.
async fn truncate(
    client: &mut Side,
    server: &mut Side,
    answer: &Head,
    bytes: u64,
    length: u64,
) -> io::Result<()> {
    let kept = bytes.min(length);
    client.write_all(&answer.with_length(kept)).await?;
    Copy::new(client, u64::MAX)
        .body(server, Body::Length(kept))
        .await?;
    Copy::new(&mut sink(), u64::MAX)
        .body(server, Body::Length(length - kept))
        .await
}

/// Pass on the first pieces of a body with a pause before each, and tell what is left of it.
async fn slowly(client: &mut Side, server: &mut Side, body: Body, pause: Duration) -> io::Result<Body> {
    let mut body = body;
    for _ in 0..PIECES {
        client.flush().await?;
        tokio::time::sleep(pause).await;
        if let Body::Length(length) = body {
            let piece = length.min(PIECE);
            Copy::new(client, u64::MAX)
                .body(server, Body::Length(piece))
                .await?;
            body = Body::Length(length - piece);
        }
    }
    Ok(body)
}

fn answer(status: u16, headers: &[(String, String)], body: &str) -> String {
    let mut answer = format!("HTTP/1.1 {status} Fault\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(answer, "{name}: {value}\r\n");
    }
    answer + "\r\n" + body
}
