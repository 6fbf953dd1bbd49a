//! `sop embed` that is killed, shared among processes, or run twice at once.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::fixture::Sandbox;
use crate::fixture::images::png;

/// Kills before the run that is left alone.
const KILLS: usize = 20;
const IMAGES: usize = 400;
/// Height and width of an image in pixels: large enough that a run takes a while.
const SIDE: u32 = 96;
const EMBED: &str = "embed --encoder pixels:64 --data folder:data --part-rows 16 --batch 4";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for index in 0..IMAGES {
        sandbox.write(&format!("data/{}/{index:04}.png", index % 5), png(SIDE, index as u32));
    }
    sandbox
}

fn start(sandbox: &Sandbox, line: &str) -> Child {
    let mut command: Command = sandbox.command(env!("CARGO_BIN_EXE_sop"));
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A cheap sequence of numbers that differ from run to run: the moments must not always be the same.
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        Self(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64)
    }

    fn next(&mut self, below: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % below)
    }
}

/// Runs `line` to its end, killing it on the way as often as [`KILLS`] says; a run that ends before its kill ends it all.
fn run_with_kills(sandbox: &Sandbox, line: &str, moments: &mut Moments) -> usize {
    for killed in 0..KILLS {
        let mut child = start(sandbox, line);
        std::thread::sleep(moments.next(60));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            return killed;
        }
    }
    sandbox.sop(line).succeeds();
    KILLS
}

#[test]
fn killed_and_resumed_gives_the_bytes_of_an_uninterrupted_run() {
    let sandbox = sandbox();
    sandbox.sop(&format!("{EMBED} --out whole.parquet")).succeeds();
    let expected = sandbox.read("whole.parquet");
    let mut moments = Moments::new();
    let killed = run_with_kills(&sandbox, &format!("{EMBED} --out killed.parquet"), &mut moments);
    assert!(killed > 0, "no run was killed");
    assert_eq!(sandbox.read("killed.parquet"), expected, "after {killed} kills");

    for shard in 0..3 {
        run_with_kills(&sandbox, &format!("{EMBED} --out shared.parquet --shard {shard}/3"), &mut moments);
    }
    assert_eq!(sandbox.read("shared.parquet"), expected);

    // All shards at the same time: whoever comes last puts the parts together, and nothing else is left.
    let all_at_once = |out: &str| {
        let shards = 0..3;
        let start = |shard| start(&sandbox, &format!("{EMBED} --out {out} --shard {shard}/3"));
        for child in shards.map(start).collect::<Vec<Child>>() {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    };
    for round in 0..5 {
        all_at_once(&format!("{round}.parquet"));
        assert_eq!(sandbox.read(&format!("{round}.parquet")), expected);
        let parts: Vec<String> = sandbox.files().into_iter().filter(|name| name.contains(".parts")).collect();
        assert_eq!(parts, [""; 0]);
    }
    sandbox.sop(&format!("{EMBED} --out whole")).succeeds();
    all_at_once("shared");
    let parts = |folder: &str| {
        let names = sandbox.files().into_iter().filter(|name| name.starts_with(&format!("{folder}/")));
        names.filter(|name| name.ends_with(".parquet")).map(|name| sandbox.read(&name)).collect::<Vec<_>>()
    };
    assert_eq!(parts("shared").len(), IMAGES / 16);
    assert_eq!(parts("shared"), parts("whole"));
    let left: Vec<String> = sandbox.files().into_iter().filter(|name| name.contains("partial")).collect();
    assert_eq!(left, [""; 0], "temporary files of killed runs must be taken over");
}

#[test]
fn a_second_process_is_refused_and_leaves_the_first_alone() {
    let sandbox = sandbox();
    sandbox.sop(&format!("{EMBED} --out whole.parquet")).succeeds();
    let line = format!("{EMBED} --out set.parquet");
    let mut both = [start(&sandbox, &line), start(&sandbox, &line)];
    let codes = both.each_mut().map(|child| child.wait().unwrap().code());
    // The second one may also come when the first is done: then it does all the work again.
    assert!(codes.contains(&Some(0)) && codes.iter().all(|code| [Some(0), Some(2)].contains(code)), "{codes:?}");
    assert_eq!(sandbox.read("set.parquet"), sandbox.read("whole.parquet"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_temporary_file_and_the_code_of_one() {
    let sandbox = sandbox();
    let mut child = start(&sandbox, &format!("{EMBED} --out set.parquet"));
    // Interrupted when there is something to go on from.
    while !sandbox.files().iter().any(|name| name.ends_with("/part-00000-of-00025.parquet")) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it could be interrupted");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let code = child.wait().unwrap().code();
    if code == Some(0) {
        // It was faster than the signal.
        return;
    }
    assert_eq!(code, Some(130));
    let temporary: Vec<String> = sandbox.files().into_iter().filter(|name| name.ends_with(".sop-partial")).collect();
    assert_eq!(temporary, [""; 0]);
    sandbox.sop(&format!("{EMBED} --out set.parquet")).succeeds().says(&["were done already"]);
}

#[test]
fn several_features_need_names_of_their_own() {
    let sandbox = sandbox();
    sandbox.refuses(
        "embed --encoder pixels:4 --data folder:data --feature cls,patch_mean --out set.parquet",
        &["{feature}", "--out"],
    );
    sandbox.refuses("embed --encoder pixels:4 --data folder:data --shard 3/3 --out set.parquet", &["3/3", "0/3"]);
}

#[test]
fn evaluations_use_the_cache_and_say_so() {
    let sandbox = sandbox();
    let eval = "eval knn --encoder pixels:4 --test folder:data --leave-one-out --k 1 --json --cache cache";
    let first = sandbox.sop(eval);
    first.succeeds();
    assert!(!first.stderr.contains("from the cache"), "{first}");
    let second = sandbox.sop(eval);
    second.succeeds().says(&["embeddings of folder:data come from the cache"]);
    let value = |outcome: &crate::fixture::Outcome| outcome.json_lines()[0]["value"].clone();
    assert_eq!(value(&first), value(&second));

    let list = sandbox.sop("cache ls --json --cache cache").succeeds().json_lines();
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["images"], &list[0]["complete"]), (&IMAGES.into(), &true.into()));
    assert_eq!(list[0]["identity"]["encoder"], "pixels:4");

    // One image is replaced by another of the same size: its part is made anew, and the number may move.
    let other = sandbox.read("data/1/0001.png");
    sandbox.write("data/0/0000.png", other);
    let third = sandbox.sop(eval);
    third.succeeds();
    assert!(!third.stderr.contains("from the cache"), "{third}");
    let direct = sandbox.sop(&eval.replace("--cache cache", "--cache off"));
    assert_eq!(value(&third), value(&direct));

    sandbox.sop("cache prune --older-than 1 --cache cache").succeeds().prints(&["removed 0 sets"]);
    sandbox.sop("cache prune --max-size 1K --dry-run --cache cache").succeeds().prints(&["would remove 1 sets"]);
    sandbox.sop("cache prune --all --cache cache").succeeds().prints(&["removed 1 sets"]);
    assert!(sandbox.sop("cache ls --json --cache cache").succeeds().json_lines().is_empty());
    sandbox.refuses("cache ls --cache off", &["no cache", "--cache"]);
}
