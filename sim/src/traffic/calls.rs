//! Which calls came, when, and what they were answered: for tests that assert order and number.
//!
//! Holds key ids, never a secret, a token or a signature.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// How many calls are remembered one by one.
const KEEP: usize = 20_000;

/// Stands for whatever is asked for and is no action of the API.
pub const NO_ACTION: &str = "unknown";

/// The APIs that are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Api {
    /// Tencent's API v2.
    TencentV2,
    /// Tencent's API 3.0.
    TencentV3,
    /// Alibaba's ECS and VPC.
    Alibaba,
    /// Tencent's STS, an API 3.0.
    TencentSts,
    /// Alibaba's STS.
    AlibabaSts,
    /// What a machine is told about itself, in either cloud.
    Metadata,
}

/// A code as an API writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// A number.
    Number(i64),
    /// A name; empty where a success has none.
    Name(String),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// A call that arrives.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// The API that it came by.
    pub api: Api,
    /// The cloud's name for it, where it gives one.
    pub request_id: Option<String>,
    /// What it asks for, or [`NO_ACTION`].
    pub action: &'static str,
    /// The account behind its key.
    pub account: Option<String>,
    /// The public id of a key that exists.
    pub key_id: Option<String>,
    /// The parameters that say what it is about.
    pub params: BTreeMap<String, String>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// It was answered.
    Answered,
    /// It was answered with something that is no proper answer.
    Garbled,
    /// The connection was closed instead.
    Closed,
    /// The connection was reset instead.
    Reset,
    /// A gateway answered instead.
    BadGateway,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    number: u64,
    at: Millis,
    api: Api,
    request_id: Option<String>,
    action: &'static str,
    account: Option<String>,
    key_id: Option<String>,
    params: BTreeMap<String, String>,
    /// The code that the API decided on, also where the answer was lost.
    code: Option<Code>,
    end: Option<End>,
    ended_at: Option<Millis>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    total: u64,
    by_api: BTreeMap<Api, u64>,
    by_action: BTreeMap<&'static str, u64>,
    by_account: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

/// Counts of calls, and the last of them.
#[derive(Debug, Default)]
pub struct Calls {
    counts: Counts,
    last: VecDeque<Call>,
    made: u64,
}

impl Calls {
    /// Notes a call that arrives; the number is for `end`.
    pub fn begin(&mut self, new: NewCall, at: Millis) -> u64 {
        let NewCall { api, request_id, action, account, key_id, params } = new;
        self.counts.total += 1;
        *self.counts.by_api.entry(api).or_default() += 1;
        *self.counts.by_action.entry(action).or_default() += 1;
        if let Some(account) = &account {
            *self.counts.by_account.entry(account.clone()).or_default().entry(action).or_default() += 1;
        }
        self.made += 1;
        let number = self.made;
        self.last.push_back(Call {
            number,
            at,
            api,
            request_id,
            action,
            account,
            key_id,
            params,
            code: None,
            end: None,
            ended_at: None,
        });
        if self.last.len() > KEEP {
            self.last.pop_front();
        }
        number
    }

    /// Notes how a call ended.
    pub fn end(&mut self, number: u64, code: Option<Code>, end: End, at: Millis) {
        let first = self.last.front().map_or(number, |call| call.number);
        let index = number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(call) = index.and_then(|index| self.last.get_mut(index)) {
            (call.code, call.end, call.ended_at) = (code, Some(end), Some(at));
        }
    }

    /// The counts.
    pub fn counts(&self) -> impl Serialize + use<'_> {
        &self.counts
    }

    /// The last calls, oldest first, perhaps of one account.
    pub fn last(&self, limit: usize, account: Option<&str>) -> Vec<impl Serialize + use<'_>> {
        let is_wanted = |call: &&Call| account.is_none_or(|account| call.account.as_deref() == Some(account));
        let mut calls: Vec<&Call> = self.last.iter().rev().filter(is_wanted).take(limit).collect();
        calls.reverse();
        calls
    }

    /// Forgets all; numbers go on.
    pub fn reset(&mut self) {
        self.counts = Counts::default();
        self.last.clear();
    }
}
