//! Each fault, as a client sees it.

use super::{Fault, Place, Proxy, Upstream};
use rstest::rstest;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a server has received: the bodies of requests, as far as they came.
type Received = Arc<Mutex<Vec<String>>>;

/// A server that answers each request with `hello`, in one chunk, and keeps the connection open.
fn server() -> (SocketAddr, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let received = Received::default();
    let bodies = Arc::clone(&received);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let bodies = Arc::clone(&bodies);
            thread::spawn(move || answer_all(BufReader::new(stream), &bodies));
        }
    });
    (address, received)
}

fn answer_all(mut stream: BufReader<TcpStream>, bodies: &Received) {
    while let Some(length) = length_of_body(&mut stream) {
        let mut body = String::new();
        stream.by_ref().take(length).read_to_string(&mut body).unwrap();
        bodies.lock().unwrap().push(body);
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        let _ = stream.get_mut().write_all(answer);
    }
}

/// Read a head, and tell how long the body is that follows; none at the end of the connection.
fn length_of_body(stream: &mut BufReader<TcpStream>) -> Option<u64> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim().strip_prefix("Content-Length: ") {
            Some(number) => length = number.parse().unwrap(),
            None if line.trim().is_empty() => return Some(length),
            None => (),
        }
    }
}

/// All that comes back on one connection until it is closed, for two requests of which the second asks for the end.
fn two_requests(proxy: &Proxy) -> String {
    let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
    let request = |path: &str, more: &str| {
        format!("PUT {path} HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n{more}\r\nbody")
    };
    let requests = request("/first?a=b", "") + &request("/second", "Connection: close\r\n");
    stream.write_all(requests.as_bytes()).unwrap();
    let mut answers = String::new();
    // A connection that is cut may end with a reset.
    let _ = stream.read_to_string(&mut answers);
    answers
}

/// What happens to the first of the two requests.
fn proxy(fault: Fault) -> (Proxy, Received) {
    let (address, received) = server();
    let choose = move |request: &super::Request| {
        if request.number == 1 {
            fault.clone()
        } else {
            Fault::None
        }
    };
    (Proxy::start(Upstream::plain(address), choose), received)
}

#[test]
fn requests_and_answers_pass_unchanged() {
    let (proxy, received) = proxy(Fault::None);
    let answers = two_requests(&proxy);
    assert_eq!(answers.matches("5\r\nhello\r\n0\r\n\r\n").count(), 2, "{answers}");
    assert_eq!(*received.lock().unwrap(), ["body", "body"]);
    let seen: Vec<_> = proxy
        .seen()
        .into_iter()
        .map(|seen| (seen.method, seen.path, seen.repeat))
        .collect();
    let put = |path: &str| ("PUT".to_owned(), path.to_owned(), 1);
    assert_eq!(seen, [put("/first?a=b"), put("/second")]);
}

#[test]
fn an_answer_of_the_proxy_is_all_that_happens() {
    let (proxy, received) = proxy(Fault::status(429, "TooManyRequests", &[("Retry-After", "7")]));
    let answers = two_requests(&proxy);
    assert!(
        answers.starts_with("HTTP/1.1 429 ") && answers.contains("Retry-After: 7\r\n"),
        "{answers}"
    );
    assert!(
        answers.contains("\"TooManyRequests\"") && answers.contains("hello"),
        "{answers}"
    );
    assert_eq!(*received.lock().unwrap(), ["body"]);
}

#[test]
fn a_cut_request_reaches_the_server_in_part() {
    let (proxy, received) = proxy(Fault::CutRequest(Place::Body(2)));
    assert_eq!(two_requests(&proxy), "");
    crate::wait::until("the server has read what came", || {
        (*received.lock().unwrap() == ["bo"]).then_some(())
    });
}

#[test]
fn a_cut_answer_reaches_the_client_in_part() {
    let (proxy, _) = proxy(Fault::CutAnswer(Place::Body(6)));
    let answers = two_requests(&proxy);
    assert!(answers.ends_with("\r\n\r\n5\r\nhel"), "{answers}");
}

#[rstest]
#[case::before_the_head(Place::Head(0), "")]
#[case::in_the_head(Place::Head(8), "HTTP/1.1")]
#[case::at_the_end_of_the_head(Place::LastOfHead, "chunked\r\n\r")]
#[case::behind_the_head(Place::Body(0), "chunked\r\n\r\n")]
#[case::in_the_middle(Place::Middle, "Content-Length: 5\r\n\r\nhe")]
#[case::before_the_last_byte(Place::LastOfBody, "Content-Length: 5\r\n\r\nhell")]
fn an_answer_is_cut_where_it_was_to_be(#[case] place: Place, #[case] end: &str) {
    let (proxy, _) = proxy(Fault::CutAnswer(place));
    let answers = two_requests(&proxy);
    assert!(
        answers.ends_with(end) && answers.is_empty() == end.is_empty(),
        "{answers}"
    );
    assert_eq!(proxy.happened(), 1);
}

#[test]
fn a_truncated_answer_says_that_it_is_whole() {
    let (proxy, _) = proxy(Fault::TruncateAnswer(Place::Middle));
    let answers = two_requests(&proxy);
    assert!(
        answers.contains("Content-Length: 2\r\n\r\nheHTTP/1.1 200"),
        "{answers}"
    );
    assert_eq!(proxy.happened(), 1);
}

#[test]
fn a_cut_behind_the_end_has_not_happened() {
    let (proxy, _) = proxy(Fault::CutRequest(Place::Body(4)));
    assert_eq!(two_requests(&proxy).matches("hello").count(), 2);
    assert_eq!(proxy.happened(), 0);
}

#[test]
fn a_lost_answer_is_a_request_that_was_done() {
    let (proxy, received) = proxy(Fault::LoseAnswer);
    assert_eq!(two_requests(&proxy), "");
    assert_eq!(*received.lock().unwrap(), ["body"]);
}

#[test]
fn what_a_server_says_after_an_upgrade_can_be_cut() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        length_of_body(&mut stream).unwrap();
        let upgraded = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: parrot\r\nConnection: Upgrade\r\n\r\n";
        stream.get_mut().write_all(upgraded).unwrap();
        let mut question = [0; 5];
        stream.read_exact(&mut question).unwrap();
        stream.get_mut().write_all(&question).unwrap();
        stream.read_to_end(&mut Vec::new())
    });
    let proxy = Proxy::start(Upstream::plain(address), |_| Fault::CutAnswer(Place::Body(3)));
    let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nUpgrade: parrot\r\n\r\nhello")
        .unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.ends_with("\r\n\r\nhel"), "{answer}");
    assert!(server.join().unwrap().is_ok());
}
