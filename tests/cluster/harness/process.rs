//! Programs that are started for a test and die with the test process, however that dies.

use std::{
    env,
    fs::{File, OpenOptions},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU16, Ordering},
        mpsc,
    },
    thread,
};

/// Where the logs of the programs go; kept after the run, and begun anew by the next.
pub(crate) const LOGS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cluster");

/// The simulator's ports.
const PORTS: [&str; 7] = [
    "--listen",
    "--listen-v3",
    "--listen-alibaba",
    "--listen-tencent-sts",
    "--listen-alibaba-sts",
    "--listen-metadata",
    "--control",
];

type Job = (Command, mpsc::Sender<std::io::Result<Child>>);

/// The thread that starts programs. The kernel ends a guarded program when the *thread* that started it ends, and
/// a thread of a test ends with the test.
static STARTER: LazyLock<Mutex<mpsc::Sender<Job>>> = LazyLock::new(|| {
    let (jobs, todo) = mpsc::channel::<Job>();
    thread::spawn(move || {
        for (mut command, reply) in todo {
            reply.send(command.spawn()).unwrap();
        }
    });
    Mutex::new(jobs)
});

/// The program of this name that lies beside the test executable.
pub(crate) fn program(name: &str) -> PathBuf {
    let executable = env::current_exe().unwrap();
    let beside = executable.ancestors().skip(1).take(2).map(|dir| dir.join(name)).find(|path| path.is_file());
    beside.unwrap_or_else(|| panic!("the program {name} is not built: run `make build`"))
}

/// A command that runs `program` under the guard of the control plane's program: the kernel kills it when this process
/// ends. Its process id is the program's own.
pub(crate) fn guarded(path: &Path) -> Command {
    let mut command = Command::new(program("control-plane"));
    command.args(["guard", &process::id().to_string(), "--"]).arg(path).stdin(Stdio::null());
    clear_environment(&mut command);
    command
}

/// What the machine's user has set must not decide about a test.
fn clear_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CLASSICLINK_") || name.to_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
}

/// A guarded simulator at an address of its own; where it listens is the first line that it prints.
pub(crate) fn simulator() -> Command {
    let mut command = guarded(&program("classiclink-sim"));
    let at = format!("{}:0", own_host());
    for port in PORTS {
        command.args([port, &at]);
    }
    command.stdout(Stdio::piped());
    command
}

/// An address on loopback that no other simulator of this run has, nor will have. A port that one had and gave back may
/// soon be another's, and an operator may still ask at the old one's while its account goes.
fn own_host() -> Ipv4Addr {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let [.., run] = process::id().to_be_bytes();
    // 127.0/16 is everybody's.
    Ipv4Addr::new(127, run.max(1), high, low)
}

/// Starts a guarded command; what it writes to its standard error goes to `log`.
pub(crate) fn start(mut command: Command, log: &Path) -> Child {
    command.stderr(append(log));
    let (reply, started) = mpsc::channel();
    STARTER.lock().unwrap().send((command, reply)).unwrap();
    started.recv().unwrap().unwrap()
}

/// Ends a program without asking it.
pub(crate) fn kill(child: &mut Child) {
    // An error says that it has ended already.
    drop(child.kill());
    child.wait().unwrap();
}

/// Stops or continues a program, by the word that `kill` has for the signal.
pub(crate) fn signal(child: &Child, word: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{word} {}", child.id())]).stdin(Stdio::null()).status();
    assert!(sent.unwrap().success(), "the program has ended");
}

/// An empty file for the log of `name`.
pub(crate) fn new_log(name: &str) -> PathBuf {
    std::fs::create_dir_all(LOGS).unwrap();
    let path = Path::new(LOGS).join(format!("{name}.log"));
    File::create(&path).unwrap();
    path
}

fn append(path: &Path) -> File {
    OpenOptions::new().append(true).open(path).unwrap()
}

/// The last lines of a log.
pub(crate) fn tail(path: &Path) -> String {
    const LINES: usize = 60;
    let text = std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
