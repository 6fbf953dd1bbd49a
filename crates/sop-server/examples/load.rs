//! Load on a running server: how many requests it answers, and how long they take when they come at random times.
//!
//! ```sh
//! cargo run --release -p sop-server --example load -- --address 127.0.0.1:6333 --collection c --dim 384 --connections 8
//! cargo run --release -p sop-server --example load -- --address 127.0.0.1:6333 --collection c --dim 384 --rate 500
//! ```
//!
//! Without `--rate` each connection sends its next request when the last one is answered: the capacity. With it requests come at random
//! times (Poisson arrivals) whether or not earlier ones are answered, as they do from many people, and a latency counts from the
//! *planned* time of the request: a server that stalls cannot hide that behind requests that were sent late.
//!
//! With `--in-process DIR` in place of an address the same searches are made of the index folder itself, one after another: what the
//! difference to `--connections 1` is, HTTP and the server add.
//!
//! With `--check true` every query is asked once before, and each later answer is held against that one.
//!
//! Prints one JSON object; latencies are milliseconds of the requests that were answered with 200.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of its own")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sop_collection::{Query, SearchRequest, Store, StoreOptions};
use sop_numeric::random::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Different queries that are sent in turn.
const QUERIES: usize = 512;
/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections at random arrivals at most, as a pool of clients has them; where all are busy, a request waits, and its latency grows.
const MOST_CONNECTIONS: usize = 512;
/// What stands for a status where there was no answer.
const NO_ANSWER: u16 = 0;

type Failure = Box<dyn Error + Send + Sync>;

/// What was typed.
struct Plan {
    address: String,
    in_process: Option<PathBuf>,
    collection: String,
    searches: Vec<SearchRequest>,
    requests: Vec<Vec<u8>>,
    connections: usize,
    rate: Option<f64>,
    seconds: f64,
    seed: u64,
    /// The right answer to each request, where answers are checked.
    expected: Vec<Value>,
}

/// What came of a request.
struct Outcome {
    status: u16,
    /// Whether it is another answer than before.
    wrong: bool,
    seconds: f64,
}

#[derive(Clone, Default)]
struct Outcomes(Arc<Mutex<Vec<Outcome>>>);

impl Outcomes {
    fn add(&self, plan: &Plan, request: usize, answer: &Answer, seconds: f64) {
        let wrong =
            answer.status == 200 && plan.expected.get(request).is_some_and(|expected| *expected != answer.result());
        let outcome = Outcome { status: answer.status, wrong, seconds };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
    }
}

/// One answer of the server.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// What was found, without the time that it took.
    fn result(&self) -> Value {
        serde_json::from_slice::<Value>(&self.body).map_or(Value::Null, |body| body["result"].clone())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<Value, Failure> {
    let (mut plan, check) = plan(std::env::args().skip(1))?;
    if let Some(folder) = &plan.in_process {
        return in_process(&plan, folder);
    }
    if check {
        let mut connection = None;
        for request in &plan.requests {
            let answer = ask(&plan.address, &mut connection, request).await;
            if answer.status != 200 {
                return Err(format!("status {}: {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
            }
            plan.expected.push(answer.result());
        }
    }
    let plan = Arc::new(plan);
    let outcomes = Outcomes::default();
    let start = Instant::now();
    match plan.rate {
        None => closed(&plan, &outcomes, start).await,
        Some(rate) => open(&plan, &outcomes, start, rate).await,
    }
    let outcomes = std::mem::take(&mut *outcomes.0.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(report(&plan, &outcomes, start.elapsed().as_secs_f64()))
}

/// The plan, and whether answers are checked.
fn plan(arguments: impl Iterator<Item = String>) -> Result<(Plan, bool), Failure> {
    let arguments: Vec<String> = arguments.collect();
    let mut given: BTreeMap<&str, &str> = BTreeMap::new();
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} needs a value", pair.join(" ")).into()) };
        given.insert(name, value);
    }
    let text = |name: &str| given.get(name).copied();
    let number = |name: &str, usual: f64| text(name).map_or(Ok(usual), str::parse);
    let known = [
        "--address",
        "--in-process",
        "--collection",
        "--dim",
        "--limit",
        "--connections",
        "--rate",
        "--seconds",
        "--seed",
        "--exact",
        "--beam",
        "--key",
        "--check",
    ];
    if let Some(unknown) = given.keys().find(|name| !known.contains(name)) {
        return Err(format!("{unknown} is unknown; there are: {}", known.join(" ")).into());
    }
    let in_process = text("--in-process").map(PathBuf::from);
    let address = match (text("--address"), &in_process) {
        (Some(address), None) => address.to_owned(),
        (None, Some(_)) => String::new(),
        _ => return Err("--address HOST:PORT or --in-process DIR is needed".into()),
    };
    let collection = text("--collection").ok_or("--collection NAME is needed")?;
    let dim: usize = text("--dim").ok_or("--dim N is needed")?.parse()?;
    let seed = number("--seed", 0.0)? as u64;
    let exact: bool = text("--exact").map_or(Ok(false), str::parse)?;
    let beam: Option<usize> = text("--beam").map(str::parse).transpose()?;
    let limit: usize = text("--limit").map_or(Ok(10), str::parse)?;
    let mut stream = Stream::from_seed(seed, 0);
    let queries: Vec<Vec<f32>> = (0..QUERIES).map(|_| (0..dim).map(|_| stream.normal() as f32).collect()).collect();
    let search =
        |query: &Vec<f32>| SearchRequest { beam, exact, ..SearchRequest::new(Query::Vector(query.clone()), limit) };
    let searches = queries.iter().map(search).collect();
    let params = json!({ "exact": exact, "hnsw_ef": beam });
    let requests = queries.iter().map(|query| {
        let body = json!({ "query": query, "limit": limit, "params": params }).to_string();
        let key = text("--key").map_or_else(String::new, |key| format!("api-key: {key}\r\n"));
        format!(
            "POST /collections/{collection}/points/query HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n{key}\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    });
    let check = text("--check").map_or(Ok(false), str::parse)?;
    let plan = Plan {
        requests: requests.collect(),
        connections: number("--connections", 4.0)? as usize,
        rate: text("--rate").map(str::parse).transpose()?,
        seconds: number("--seconds", 10.0)?,
        expected: Vec::new(),
        collection: collection.to_owned(),
        searches,
        in_process,
        address,
        seed,
    };
    Ok((plan, check))
}

/// Searches the collection itself, one search after another.
fn in_process(plan: &Plan, folder: &Path) -> Result<Value, Failure> {
    let store = Store::open(folder, StoreOptions { read_only: true, ..StoreOptions::default() })?;
    let collection = store.collection(&plan.collection)?;
    let (start, mut outcomes) = (Instant::now(), Vec::new());
    for search in plan.searches.iter().cycle() {
        let asked = Instant::now();
        if asked.duration_since(start).as_secs_f64() >= plan.seconds {
            break;
        }
        collection.search(search)?;
        outcomes.push(Outcome { status: 200, wrong: false, seconds: asked.elapsed().as_secs_f64() });
    }
    Ok(report(plan, &outcomes, start.elapsed().as_secs_f64()))
}

/// Every connection asks again as soon as it is answered.
async fn closed(plan: &Arc<Plan>, outcomes: &Outcomes, start: Instant) {
    let clients = (0..plan.connections).map(|client| {
        let (plan, outcomes) = (plan.clone(), outcomes.clone());
        tokio::spawn(async move {
            let mut connection = None;
            for turn in 0.. {
                let asked = Instant::now();
                if asked.duration_since(start).as_secs_f64() >= plan.seconds {
                    break;
                }
                let request = (client + turn * plan.connections) % plan.requests.len();
                let answer = ask(&plan.address, &mut connection, &plan.requests[request]).await;
                outcomes.add(&plan, request, &answer, asked.elapsed().as_secs_f64());
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        let _ = client.await;
    }
}

/// Requests come when they come; an idle connection is used again, and a new one is made where none is.
async fn open(plan: &Arc<Plan>, outcomes: &Outcomes, start: Instant, rate: f64) {
    let idle: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let mut stream = Stream::from_seed(plan.seed, 1);
    let (mut planned, mut tasks) = (0.0, Vec::new());
    let pool = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    for turn in 0.. {
        // The time to the next arrival has an exponential distribution.
        planned -= (1.0 - stream.unit()).ln() / rate;
        if planned >= plan.seconds {
            break;
        }
        let planned = start + Duration::from_secs_f64(planned);
        tokio::time::sleep_until(planned.into()).await;
        let (plan, outcomes, idle, pool) = (plan.clone(), outcomes.clone(), idle.clone(), pool.clone());
        tasks.push(tokio::spawn(async move {
            let _turn = pool.acquire().await;
            let mut connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let request = turn % plan.requests.len();
            let answer = ask(&plan.address, &mut connection, &plan.requests[request]).await;
            outcomes.add(&plan, request, &answer, planned.elapsed().as_secs_f64());
            idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
        }));
    }
    for task in tasks {
        let _ = task.await;
    }
}

/// Sends a request and reads the answer. The connection is kept where it can be used again; where the server had closed a kept one
/// meanwhile, as it does with idle ones, the request is sent on a new one, as every HTTP client does.
async fn ask(address: &str, connection: &mut Option<TcpStream>, request: &[u8]) -> Answer {
    if connection.is_some() {
        let answer = ask_once(address, connection, request).await;
        if answer.status != NO_ANSWER {
            return answer;
        }
    }
    ask_once(address, connection, request).await
}

async fn ask_once(address: &str, connection: &mut Option<TcpStream>, request: &[u8]) -> Answer {
    let exchange = async {
        let mut stream = match connection.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        let answer = read_answer(&mut stream).await?;
        Ok::<_, Failure>((answer, stream))
    };
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Ok(((answer, keep), stream))) => {
            *connection = keep.then_some(stream);
            answer
        }
        _ => Answer { status: NO_ANSWER, body: Vec::new() },
    }
}

/// Reads one answer whole, and says whether the connection stays.
async fn read_answer(stream: &mut TcpStream) -> Result<(Answer, bool), Failure> {
    let mut bytes = Vec::with_capacity(4096);
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the connection was closed".into());
        }
    };
    let head = std::str::from_utf8(&bytes[..head_end])?.to_ascii_lowercase();
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.ok_or("an answer without a length")?.trim().parse()?;
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the connection was closed".into());
        }
    }
    Ok((Answer { status, body: bytes.split_off(head_end) }, !head.contains("connection: close")))
}

fn report(plan: &Plan, outcomes: &[Outcome], seconds: f64) -> Value {
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for outcome in outcomes {
        let name = if outcome.status == NO_ANSWER { "none".to_owned() } else { outcome.status.to_string() };
        *statuses.entry(name).or_default() += 1;
    }
    let mut latencies: Vec<f64> =
        outcomes.iter().filter(|outcome| outcome.status == 200).map(|outcome| outcome.seconds * 1e3).collect();
    latencies.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        let place = (share * latencies.len() as f64).ceil() as usize;
        latencies.get(place.saturating_sub(1)).map(|value| (value * 1e3).round() / 1e3)
    };
    json!({
        "rate": plan.rate,
        "connections": plan.rate.is_none().then_some(plan.connections),
        "requests": outcomes.len(),
        "wrong": (!plan.expected.is_empty()).then(|| outcomes.iter().filter(|outcome| outcome.wrong).count()),
        "answered_per_second": (latencies.len() as f64 / seconds * 10.0).round() / 10.0,
        "statuses": statuses,
        "ms": { "p50": quantile(0.5), "p90": quantile(0.9), "p99": quantile(0.99), "p999": quantile(0.999), "max": latencies.last() },
    })
}
