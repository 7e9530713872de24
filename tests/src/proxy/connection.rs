//! One client's connection, and the one to the server that belongs to it.

use super::http::{Body, Copy, Head, collect};
use super::upstream::Stream;
use super::{Fault, Place, Shared, exec};
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
            shared.note();
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
            shared.note();
            tokio::time::sleep(time).await;
        }
        let server = match &mut server {
            Some(server) => server,
            none => none.insert(BufStream::new(shared.upstream.connect().await?)),
        };
        if !exchange(&mut client, server, &head, &fault, shared).await? {
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
async fn exchange(
    client: &mut Side,
    server: &mut Side,
    head: &Head,
    fault: &Fault,
    shared: &Shared,
) -> io::Result<bool> {
    let body = head.body_of_request();
    let place = match fault {
        Fault::CutRequest(place) => Some(*place),
        _ => None,
    };
    pass(client, server, head, body, place, shared).await?;
    let answer = loop {
        let answer = Head::read(server).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match answer.status() {
            100 | 102..200 => client.write_all(&answer.raw).await?,
            _ => break answer,
        }
    };
    let (method, _) = head.request();
    let body = answer.body_of_answer(method);
    let goes_on = !answer.closes() && !head.closes();
    match fault {
        Fault::LoseAnswer => {
            Copy::new(&mut sink(), u64::MAX).body(server, body).await?;
            shared.note();
            return Ok(false);
        }
        _ if answer.status() == 101 => {
            client.write_all(&answer.raw).await?;
            client.flush().await?;
            let limit = match fault {
                Fault::CutAnswer(Place::Body(bytes)) => *bytes,
                _ => u64::MAX,
            };
            converse(client, server, limit).await?;
            return Ok(false);
        }
        Fault::CutAnswer(place) => cut(client, server, &answer, body, *place, shared).await?,
        Fault::TruncateAnswer(place) => truncate(client, server, &answer, body, *place, shared).await?,
        Fault::SlowAnswer(pause) => {
            shared.note();
            client.write_all(&answer.raw).await?;
            let rest = slowly(client, server, body, *pause).await?;
            Copy::new(client, u64::MAX).body(server, rest).await?;
        }
        _ => pass(server, client, &answer, body, None, shared).await?,
    }
    Ok(goes_on)
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

/// Pass on a message up to a place. An error when it is cut there.
async fn pass(
    from: &mut Side,
    to: &mut Side,
    head: &Head,
    body: Body,
    place: Option<Place>,
    shared: &Shared,
) -> io::Result<()> {
    let limit = place.map_or(u64::MAX, |place| bytes_before(place, head, body));
    let mut copy = Copy::new(to, limit);
    let mut passed = copy.head(head).await;
    if passed.is_ok() {
        passed = copy.body(from, body).await;
    }
    if copy.is_cut() {
        shared.note();
    }
    passed
}

/// How many bytes of a message come before a place; all of them where that cannot be told.
fn bytes_before(place: Place, head: &Head, body: Body) -> u64 {
    let of_head = head.raw.len() as u64;
    match (place, body) {
        (Place::Head(bytes), _) => bytes.min(of_head - 1),
        (Place::LastOfHead, _) => of_head - 1,
        (Place::Body(bytes), _) => of_head + bytes,
        (Place::Middle, Body::Length(length)) => of_head + length / 2,
        (Place::LastOfBody, Body::Length(length)) => of_head + length.saturating_sub(1),
        (Place::Middle | Place::LastOfBody, _) => u64::MAX,
    }
}

/// Pass on an answer up to a place, for which its length must be known first where that is near its end.
async fn cut(
    client: &mut Side,
    server: &mut Side,
    answer: &Head,
    body: Body,
    place: Place,
    shared: &Shared,
) -> io::Result<()> {
    if !matches!(place, Place::Middle | Place::LastOfBody) || matches!(body, Body::Length(_)) {
        return pass(server, client, answer, body, Some(place), shared).await;
    }
    let whole = collect(server, body).await?;
    let answer = answer.with_length(whole.len() as u64);
    let kept = bytes_before(place, &answer, Body::Length(whole.len() as u64));
    let message = [&answer.raw[..], &whole[..]].concat();
    shared.note();
    client
        .write_all(&message[..usize::try_from(kept).expect("a length")])
        .await?;
    client.flush().await?;
    Err(io::ErrorKind::ConnectionAborted.into())
}

/// Pass on the body of an answer up to a place, under a head that says that this is all.
async fn truncate(
    client: &mut Side,
    server: &mut Side,
    answer: &Head,
    body: Body,
    place: Place,
    shared: &Shared,
) -> io::Result<()> {
    let whole = collect(server, body).await?;
    let length = whole.len();
    let kept = match place {
        Place::Head(_) | Place::LastOfHead => 0,
        Place::Body(bytes) => usize::try_from(bytes).expect("a length").min(length),
        Place::Middle => length / 2,
        Place::LastOfBody => length.saturating_sub(1),
    };
    if kept < length {
        shared.note();
    }
    client.write_all(&answer.with_length(kept as u64).raw).await?;
    client.write_all(&whole[..kept]).await?;
    client.flush().await
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
