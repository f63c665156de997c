//! Log files of the programs: opened for them, and read back when one fails.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::fault::Fault;

const TAIL_BYTES: u64 = 16 * 1024;
const TAIL_LINES: usize = 20;

pub(crate) fn sink(path: &Path) -> Result<File, Fault> {
    File::create(path).map_err(Fault::io(format!("create {}", path.display())))
}

/// The last lines of a log, or why they cannot be read.
pub(crate) fn tail(path: &Path) -> String {
    last_lines(path).unwrap_or_else(|error| format!("(no log: {error})"))
}

fn last_lines(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_long_log_is_its_last_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let lines: Vec<_> = (0..9000).map(|n| format!("line {n}")).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();

        let tail = tail(&path);

        assert!(tail.starts_with("line 8980\n"), "{tail}");
        assert!(tail.ends_with("\nline 8999"), "{tail}");
    }

    #[test]
    fn a_missing_log_is_said_to_be_missing() {
        assert!(tail(Path::new("/nowhere/log")).starts_with("(no log: "));
    }
}
