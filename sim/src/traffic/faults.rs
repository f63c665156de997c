//! Faults that are put in the way of calls, counted down as they strike.

use serde::{Deserialize, Serialize};

use super::{Api, Code, EVERY_ACTION};
use crate::clock::Millis;

/// A fault to be put in the way of calls. What is left out matches every call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFault {
    /// Calls of this API.
    #[serde(default)]
    pub api: Option<Api>,
    /// The action, or `*`.
    #[serde(default = "every_action")]
    pub action: String,
    /// Calls of this account.
    #[serde(default)]
    pub account: Option<String>,
    /// Calls that name this machine.
    #[serde(default)]
    pub instance_id: Option<String>,
    /// Calls that name this VPC.
    #[serde(default)]
    pub vpc_id: Option<String>,
    /// How often it strikes; left out: once; `null`: until it is cleared.
    #[serde(default = "once")]
    pub count: Option<u64>,
    /// What it does.
    pub effect: Effect,
}

/// What a fault does to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// The call is answered like this, and not carried out unless that is said. Strikes only calls of an API that has
    /// codes of this kind.
    Answer(Arranged),
    /// The call is not carried out; the connection is reset.
    ResetBefore,
    /// The call is not carried out; a gateway answers HTTP 502 with HTML.
    BadGatewayBefore,
    /// The call is carried out; the connection is closed without an answer.
    LoseAnswer,
    /// The call is carried out; a gateway answers HTTP 502 with HTML.
    BadGatewayAfter,
    /// The call takes longer.
    Delay {
        /// How much longer.
        ms: Millis,
        /// Whether it waits before or after it is carried out.
        when: Moment,
    },
    /// The call is carried out; half of the answer's text comes.
    TruncatedJson,
    /// The call is carried out; the answer has fields that no document mentions.
    ExtraFields,
    /// The call is carried out; these fields of the answer, wherever they stand, have another type.
    WrongTypes {
        /// The names of the fields.
        fields: Vec<String>,
    },
    /// The call is carried out; the answer is compressed although nobody asked for it.
    Gzip,
    /// The call is carried out; something comes instead of the answer that is very long.
    Flood {
        /// How long; `null`: without an end.
        bytes: Option<u64>,
    },
    /// The call is carried out; the answer comes a byte at a time.
    Drip {
        /// The pause after each byte.
        ms: Millis,
    },
    /// A write is accepted; its task fails when it is due.
    FailTask {
        /// The text of the failure.
        message: String,
    },
}

/// An answer that was arranged. What the answers of an API do not have is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Arranged {
    /// The code: a number in v2, a name elsewhere.
    pub code: Code,
    /// The name beside a number.
    #[serde(default)]
    pub code_desc: Option<String>,
    /// The text.
    #[serde(default)]
    pub message: String,
    /// The HTTP status; left out: 400 of Alibaba, 200 of the metadata. Tencent's is always 200.
    #[serde(default)]
    pub http_status: Option<u16>,
    /// After how long the caller is asked to try again (Alibaba).
    #[serde(default)]
    pub retry_after_ms: Option<Millis>,
    /// Whether the call is carried out all the same.
    #[serde(default)]
    pub carried_out: bool,
}

impl Effect {
    /// Whether calls of this API can meet it.
    pub fn suits(&self, api: Api) -> bool {
        let Self::Answer(Arranged { code, .. }) = self else { return true };
        match code {
            Code::Number(_) => api == Api::TencentV2,
            Code::Name(_) => api != Api::TencentV2,
        }
    }

    /// How long a call waits at a moment.
    pub fn delay(&self, moment: Moment) -> Millis {
        if let Self::Delay { ms, when } = self
            && *when == moment
        {
            return *ms;
        }
        0
    }

    /// The text with which the task of a write fails.
    pub fn task_failure(&self) -> Option<&str> {
        if let Self::FailTask { message } = self { Some(message) } else { None }
    }
}

/// When a delayed call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Moment {
    /// Before it is carried out.
    Before,
    /// After it was carried out.
    After,
}

/// A fault with its number.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// For removing it.
    pub id: u64,
    /// How often it struck.
    pub struck: u64,
    /// What it is; `count` is what is left.
    #[serde(flatten)]
    pub what: NewFault,
}

/// What a call is about, for finding the fault that strikes it.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Its API.
    pub api: Api,
    /// Its action.
    pub action: &'a str,
    /// Its account.
    pub account: &'a str,
    /// Everything it names: machines and VPCs.
    pub names: Vec<&'a str>,
}

/// The faults in the way, oldest first.
#[derive(Debug, Default)]
pub struct Faults {
    rows: Vec<Fault>,
    made: u64,
}

impl Faults {
    /// Puts a fault in the way.
    pub fn add(&mut self, fault: NewFault) -> u64 {
        self.made += 1;
        self.rows.push(Fault { id: self.made, struck: 0, what: fault });
        self.made
    }

    /// Those in the way.
    pub fn all(&self) -> &[Fault] {
        &self.rows
    }

    /// Takes one away.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.rows.len();
        self.rows.retain(|row| row.id != id);
        self.rows.len() < before
    }

    /// Takes all away.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// The oldest fault that fits the call; it is counted down, and goes after its last strike.
    pub fn strike(&mut self, subject: &Subject<'_>) -> Option<Effect> {
        let index = self.rows.iter().position(|row| row.what.fits(subject))?;
        let row = self.rows.get_mut(index)?;
        row.struck += 1;
        let effect = row.what.effect.clone();
        if let Some(left) = &mut row.what.count {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.rows.remove(index);
            }
        }
        Some(effect)
    }
}

impl NewFault {
    fn fits(&self, subject: &Subject<'_>) -> bool {
        let names = |wanted: &Option<String>| wanted.as_ref().is_none_or(|it| subject.names.contains(&it.as_str()));
        (self.action == EVERY_ACTION || self.action == subject.action)
            && self.api.is_none_or(|api| api == subject.api)
            && self.effect.suits(subject.api)
            && self.account.as_ref().is_none_or(|account| account == subject.account)
            && names(&self.instance_id)
            && names(&self.vpc_id)
    }
}

fn every_action() -> String {
    EVERY_ACTION.into()
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the default in the field's own type")]
fn once() -> Option<u64> {
    Some(1)
}
