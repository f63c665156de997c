//! The client against servers on loopback that refuse, hang up, dawdle and redirect.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

/// For those who are to be left at it; whoever expects an answer has the time that the operator has.
const SHORT: Duration = Duration::from_millis(500);

fn client(deadline: Duration) -> Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::with_deadline(deadline).unwrap()
}

/// A server that reads a request from each connection and then lets `answer` have it; and how many came.
async fn server<F>(answer: impl Fn(TcpStream, String) -> F + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = request(&mut stream).await;
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(answer(stream, request));
        }
    });
    (address, count)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"the body") && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
    String::from_utf8(request).unwrap()
}

async fn post(client: &Client, address: SocketAddr) -> Result<Answer, Transport> {
    let url = Url::parse(&format!("http://{address}/path?secret=canary")).unwrap();
    client.post(&url, HeaderMap::new(), b"the body".to_vec()).await
}

async fn send(mut stream: TcpStream, text: impl AsRef<[u8]>) {
    let _ = stream.write_all(text.as_ref()).await;
}

#[tokio::test]
async fn an_answer_of_any_status_is_handed_up_as_it_came() {
    let (address, _) = server(|stream, request| async move {
        assert!(request.starts_with("POST /path"), "{request}");
        let request = request.to_lowercase();
        assert!(request.contains(concat!("user-agent: classiclink-operator/", env!("CARGO_PKG_VERSION"))), "{request}");
        assert!(!request.contains("accept-encoding"), "{request}");
        send(
            stream,
            "HTTP/1.1 502 Bad Gateway\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 13\r\n\r\n<html></html>",
        )
        .await;
    })
    .await;
    let answer = post(&client(CALL_DEADLINE), address).await.unwrap();
    let date = Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned());
    assert_eq!(answer, Answer { status: 502, body: b"<html></html>".to_vec(), date, retry_after: None });
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (address, count) = server(|stream, _| {
        send(stream, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    assert_eq!(post(&client(CALL_DEADLINE), address).await.unwrap().status, 307);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_is_refused_means_that_nothing_was_sent() {
    // A port that was free a moment ago may be another test's by now; port 9 discards, and nobody is there.
    let address = "127.0.0.1:9".parse().unwrap();
    let error = post(&client(CALL_DEADLINE), address).await.unwrap_err();
    assert!(matches!(error, Transport::NotSent(_)), "{error}");
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_means_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { send(listener.accept().await.unwrap().0, "HTTP/1.1 400 Bad Request\r\n\r\n").await });
    let error = client(CALL_DEADLINE).post(&url, HeaderMap::new(), b"the body".to_vec()).await.unwrap_err();
    assert!(matches!(error, Transport::NotSent(_)), "{error}");
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_is_unclear_and_is_not_tried_again() {
    let (address, count) = server(|stream, _| async move { drop(stream) }).await;
    let error = post(&client(CALL_DEADLINE), address).await.unwrap_err();
    assert!(matches!(error, Transport::Unclear(_)), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_is_used_again_and_closes_without_an_answer_is_not_tried_again_either() {
    let (address, count) = server(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        assert!(request(&mut stream).await.ends_with("the body"), "the connection was not used again");
    })
    .await;
    let client = client(CALL_DEADLINE);
    assert_eq!(post(&client, address).await.unwrap().status, 200);
    let error = post(&client, address).await.unwrap_err();
    assert!(matches!(error, Transport::Unclear(_)), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_unclear() {
    let (address, _) =
        server(|stream, _| send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":0")).await;
    let error = post(&client(CALL_DEADLINE), address).await.unwrap_err();
    assert!(matches!(error, Transport::Unclear(_)), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_left_at_the_deadline() {
    let (address, count) = server(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let error = post(&client(SHORT), address).await.unwrap_err();
    assert_eq!(error, Transport::Unclear("no complete answer within 0.5 s".to_owned()));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_body_that_comes_drop_by_drop_is_left_at_the_deadline() {
    let (address, _) = server(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await;
        while stream.write_all(b" ").await.is_ok() {
            crate::clock::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let begun = crate::clock::instant();
    let error = post(&client(SHORT), address).await.unwrap_err();
    assert_eq!(error, Transport::Unclear("no complete answer within 0.5 s".to_owned()));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_endless_body_is_left_at_the_limit() {
    let (address, _) = server(|mut stream, _| async move {
        let drops = vec![b' '; 65536];
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
        while stream.write_all(&drops).await.is_ok() {}
    })
    .await;
    let error = post(&client(CALL_DEADLINE), address).await.unwrap_err();
    assert_eq!(error, Transport::Unclear("an answer of more than 2 MiB".to_owned()));
}

#[tokio::test]
async fn a_body_as_large_as_the_limit_is_read() {
    let (address, _) = server(|mut stream, _| async move {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY_LIMIT}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(&vec![b' '; BODY_LIMIT]).await;
    })
    .await;
    assert_eq!(post(&client(CALL_DEADLINE), address).await.unwrap().body.len(), BODY_LIMIT);
}
