//! The judgement of the real kstatus, the Go library by which Flux and others wait for objects.

use std::fmt;
use std::io::{self, Write};
use std::process::{Child, Command, Output, Stdio};
use std::str::FromStr;
use std::thread;

use serde_json::Value;

use crate::handle::Error;
use crate::locate;

/// The words of kstatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kstatus {
    /// As wanted.
    Current,
    /// Not yet as wanted.
    InProgress,
    /// Not as wanted, and waiting does not help.
    Failed,
    /// Being deleted.
    Terminating,
    /// Not there; kstatus says it of a read that found nothing, never of an object.
    NotFound,
    /// The object could not be judged.
    Unknown,
}

/// What kstatus says of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The word.
    pub word: Kstatus,
    /// Why.
    pub message: String,
}

/// Asks the real kstatus about each of `objects`, as they would stand in the API.
///
/// The first call on a machine builds the program, which takes seconds. No control plane is needed.
///
/// # Errors
///
/// When the program `control-plane` is missing, or could not build or run the judge, or one of
/// `objects` is no Kubernetes object.
pub fn judge(objects: &[Value]) -> Result<Vec<Judgement>, Error> {
    let program = locate::program().ok_or(Error::NotBuilt)?;
    let mut command = Command::new(&program);
    command.arg("kstatus").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = |source| Error::Run { program, source };
    let answer = command.spawn().and_then(|judge| converse(judge, objects)).map_err(run)?;
    if !answer.status.success() {
        let told = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
        return Err(Error::Judge { status: answer.status, told });
    }
    let text = String::from_utf8_lossy(&answer.stdout);
    let all = text.lines().map(Judgement::from_str).collect::<Result<Vec<_>, _>>()?;
    if all.len() == objects.len() { Ok(all) } else { Err(Error::Line(text.into_owned())) }
}

/// Another thread writes, so that neither side waits for the other with a full pipe.
fn converse(mut judge: Child, objects: &[Value]) -> io::Result<Output> {
    let text = objects.iter().fold(String::new(), |text, object| text + &object.to_string() + "\n");
    let input = judge.stdin.take();
    let writer = thread::spawn(move || {
        // A judge that ended early says why itself.
        drop(input.map(|mut input| input.write_all(text.as_bytes())));
    });
    let output = judge.wait_with_output();
    // It ended with the pipe, and returns nothing.
    drop(writer.join());
    output
}

impl FromStr for Judgement {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self, Error> {
        let known = || {
            let (word, message) = line.split_once('\t')?;
            Some(Self { word: Kstatus::named(word)?, message: message.to_owned() })
        };
        known().ok_or_else(|| Error::Line(line.to_owned()))
    }
}

impl Kstatus {
    const ALL: [Self; 6] =
        [Self::Current, Self::InProgress, Self::Failed, Self::Terminating, Self::NotFound, Self::Unknown];

    fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.to_string() == word)
    }
}

impl fmt::Display for Kstatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The names of the variants are the library's words.
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_word_a_tab_and_a_message() {
        let judgement: Judgement = "Failed\tthe VPC is full".parse().unwrap();

        assert_eq!(judgement, Judgement { word: Kstatus::Failed, message: "the VPC is full".to_owned() });
    }

    #[test]
    fn another_word_is_an_error() {
        for line in ["", "Current", "Progressing\tx"] {
            assert!(matches!(line.parse::<Judgement>(), Err(Error::Line(told)) if told == line));
        }
    }
}
