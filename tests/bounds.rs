//! However a host answers, each API's calls end: within the deadline, with a bounded part of the answer read, with an error
//! that has a reason, and without a panic. A change whose answer says nothing may have happened; a look just failed.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test")]

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use classiclink::{
    clock,
    cloud::{
        CloudError, Kind, Lane, LinkScope, Provider,
        alibaba::{self, Ecs},
        credentials::{Ambient, Credentials, Keyring, Problem, Role, Tokens, WebIdentity},
        http::Client,
        pace::Pace,
        tencent::{self, V2, V3},
    },
    link::{InstanceId, Region, TaskId, VpcId},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The deadline of a call here, so that each test is over soon.
const DEADLINE: Duration = Duration::from_millis(700);
/// What a deadline may be missed by, on a busy machine.
const LATE: Duration = Duration::from_secs(10);
/// The most that is read of an answer (2 MiB), and what the kernel holds of it besides.
const MOST_READ: usize = 16 << 20;

/// What a host does once it has read a request.
#[derive(Clone, Copy, Debug)]
enum Host {
    /// Announces 1 GiB, and sends it.
    Gigabyte,
    /// Announces nothing, and never ends.
    Endless,
    /// Sends pieces of a list for ever, in the form that announces each piece.
    EndlessChunks,
    /// Sends a byte now and then.
    Drip,
    /// Never ends its headers.
    EndlessHeaders,
    /// Sends this.
    Text(&'static [u8]),
}

impl Host {
    /// How the answer begins.
    const fn head(self) -> &'static [u8] {
        match self {
            Self::Gigabyte => b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
            Self::Endless => b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
            Self::EndlessChunks => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            Self::Drip => b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            Self::EndlessHeaders => b"HTTP/1.1 200 OK\r\n",
            Self::Text(text) => text,
        }
    }

    /// What comes again and again until the other side hangs up, and the pause in between.
    fn rest(self) -> Option<(Vec<u8>, Duration)> {
        match self {
            Self::Gigabyte | Self::Endless => Some((vec![b'['; 1 << 16], Duration::ZERO)),
            Self::EndlessChunks => Some((format!("10000\r\n{}\r\n", ",".repeat(1 << 16)).into_bytes(), Duration::ZERO)),
            Self::Drip => Some((vec![b' '], Duration::from_millis(20))),
            Self::EndlessHeaders => Some((b"X-More: and more\r\n".repeat(1000), Duration::ZERO)),
            Self::Text(_) => None,
        }
    }

    /// Answers; counts the bytes that went out.
    async fn answer(self, mut stream: TcpStream, sent: Arc<AtomicUsize>) {
        read_request(&mut stream).await;
        let mut going = stream.write_all(self.head()).await.is_ok();
        let Some((piece, pause)) = self.rest() else { return };
        while going {
            sent.fetch_add(piece.len(), Ordering::SeqCst);
            clock::sleep(pause).await;
            going = stream.write_all(&piece).await.is_ok();
        }
    }
}

/// Reads a request to its end: the headers, and as much of a body as they announce.
async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return;
            }
        }
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

/// A host of this kind; its address, and how much it sent.
async fn host(kind: Host) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(kind.answer(stream, Arc::clone(&counted)));
        }
    });
    (address, sent)
}

/// Every API's provider, at this address.
fn providers(address: &str) -> [(&'static str, Box<dyn Provider>); 3] {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let keyring = Arc::new(Keyring::default());
    keyring.put(Ok(Credentials::new("id".into(), "secret".to_owned().into(), None)));
    let http = Client::with_deadline(DEADLINE).unwrap();
    let (region, pace, at) = (Region::new("ap-guangzhou").unwrap(), Pace::new(1000), Some(address.to_owned()));
    let tencent = tencent::Endpoints { vpc: at.clone(), cvm: at.clone() };
    let alibaba = alibaba::Endpoints { ecs: at.clone(), vpc: at };
    let v3 = V3::new(&tencent, region.clone(), keyring.clone(), pace.clone(), http.clone()).unwrap();
    let v2 = V2::new(&tencent, region.clone(), keyring.clone(), pace.clone(), http.clone()).unwrap();
    let ecs = Ecs::new(&alibaba, region, keyring, pace, http).unwrap();
    [("3.0", Box::new(v3)), ("v2", Box::new(v2)), ("Alibaba", Box::new(ecs))]
}

fn vpc() -> VpcId {
    VpcId::new("vpc-2ari9m7h").unwrap()
}

/// Every call that a provider makes; which, whether it is a change, and what came of it.
async fn call_all(api: &str, provider: &dyn Provider) -> Vec<(String, bool, Option<CloudError>)> {
    let instance = InstanceId::new(if api == "Alibaba" { "i-df454d" } else { "ins-df454d" }).unwrap();
    let (one, lane) = ([instance.clone()], Lane::Sweep);
    let machines = BTreeSet::from([instance]);
    // A task of each API has another form.
    let task = TaskId(if api == "v2" { "135254" } else { "354f4ac3-8546-4516-8c8a-69e3ab73aa8a" }.to_owned());
    let mut calls = vec![
        ("attach", true, provider.attach(&vpc(), &one).await.err()),
        ("detach", true, provider.detach(&vpc(), &one).await.err()),
        ("links", false, provider.links(&LinkScope::Vpc(vpc()), lane).await.err()),
        ("machines", false, provider.machines(&machines, lane).await.err()),
        ("vpc", false, provider.vpc(&vpc(), lane).await.err()),
    ];
    if api == "3.0" {
        calls.push(("quota", false, provider.quota(lane).await.err()));
    }
    if api != "Alibaba" {
        calls.push(("task", false, provider.task(&task).await.err()));
    }
    calls.into_iter().map(|(name, is_change, error)| (format!("{api} {name}"), is_change, error)).collect()
}

/// Every cloud's token service and metadata, at this address. `identity` is the file with a service account's identity.
fn token_services(address: &str, identity: &Path) -> [(&'static str, Box<dyn Tokens>); 2] {
    let ambient = Ambient::of(|name| {
        let file = || identity.to_string_lossy().into_owned();
        Some(if name.ends_with("_FILE") { file() } else { "said".to_owned() })
    });
    let (at, http) = (Some(address), Client::with_deadline(DEADLINE).unwrap());
    let tencent = tencent::Sts::new(at, at, ambient.clone(), http.clone()).unwrap();
    let alibaba = alibaba::Sts::new(at, at, ambient, http).unwrap();
    [("Tencent's STS", Box::new(tencent)), ("Alibaba's STS", Box::new(alibaba))]
}

/// Every way of asking for keys, and whose they are; which, and what came of it.
async fn ask_all(tokens: &dyn Tokens) -> [(&'static str, Option<CloudError>); 4] {
    let keys = Credentials::new("id".into(), "secret".to_owned().into(), None);
    let role = Role { arn: "arn".into(), session: "session".into() };
    let exchanged = match tokens.exchange(&WebIdentity::default()).await {
        Ok(_) => None,
        Err(Problem::Cloud(error)) => Some(error),
        Err(other) => unreachable!("nothing was asked: {other}"),
    };
    [
        ("identity", tokens.identity(&keys).await.err()),
        ("assume", tokens.assume(&keys, &role).await.err()),
        ("exchange", exchanged),
        ("of_node", tokens.of_node(Some("role")).await.err()),
    ]
}

/// Asks every token service for everything, and judges each end.
async fn judge_tokens(kind: Host) {
    let (address, sent) = host(kind).await;
    let identity = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&identity, "proof").unwrap();
    for (service, tokens) in token_services(&address, identity.path()) {
        sent.store(0, Ordering::SeqCst);
        let begun = clock::instant();
        let asked = ask_all(&*tokens).await;
        // Two pages of the metadata, each with a deadline of its own.
        assert!(begun.elapsed() < DEADLINE * 5 + Duration::from_secs(4) + LATE, "{kind:?} {service}");
        assert!(sent.load(Ordering::SeqCst) < MOST_READ * (asked.len() + 2), "{kind:?} {service}: {sent:?}");
        for (call, error) in asked {
            let error = error.unwrap_or_else(|| unreachable!("{kind:?} {service} {call} was taken for a success"));
            assert!(matches!(error.kind, Kind::Transient | Kind::Unclear), "{kind:?} {service} {call}: {error}");
            assert!(!error.message.is_empty() && error.message.len() < 512, "{kind:?} {service} {call}: {error}");
        }
    }
}

/// Makes every call of every API and of every token service, and judges each end.
async fn judge(kind: Host) {
    judge_providers(kind).await;
    judge_tokens(kind).await;
}

/// Makes every call of every API, and judges each end.
async fn judge_providers(kind: Host) {
    let (address, sent) = host(kind).await;
    for (api, provider) in providers(&address) {
        sent.store(0, Ordering::SeqCst);
        let begun = clock::instant();
        let calls = call_all(api, &*provider).await;
        let count = u32::try_from(calls.len()).unwrap();
        assert!(begun.elapsed() < DEADLINE * (count + 2) + LATE, "{kind:?} {api}: {:?}", begun.elapsed());
        assert!(sent.load(Ordering::SeqCst) < MOST_READ * (calls.len() + 2), "{kind:?} {api}: {sent:?}");
        for (call, is_change, error) in calls {
            let error = error.unwrap_or_else(|| unreachable!("{kind:?} {call} was taken for a success"));
            let expected = if is_change { Kind::Unclear } else { Kind::Transient };
            assert_eq!(error.kind, expected, "{kind:?} {call}: {error}");
            assert!(!error.message.is_empty() && error.message.len() < 512, "{kind:?} {call}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_a_gigabyte_is_not_read() {
    judge(Host::Gigabyte).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_an_end_is_left() {
    judge(Host::Endless).await;
    judge(Host::EndlessChunks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_without_an_end_are_left() {
    judge(Host::EndlessHeaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_drop_by_drop_is_left_at_the_deadline() {
    judge(Host::Drip).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_cloud_ever_says_is_an_error_with_a_reason() {
    for text in [
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html></html>".as_slice(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: text/html\r\n\r\n<html></html>",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        // Compressed, which nobody asked for: twenty zero bytes.
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 23\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x63\x60\x20\x0d\x00\x00\xae\x5b\xa6\x73\x14\x00\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"Response\":{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        // Neither a success nor a code, in any API's form.
        b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{\"Response\":[],\"code\":[1,{}]   }",
        b"HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n{\"Response\":{\"Error\":{\"Code\":[]}}}",
        b"not HTTP at all\r\n\r\n",
        b"",
    ] {
        judge(Host::Text(text)).await;
    }
}
