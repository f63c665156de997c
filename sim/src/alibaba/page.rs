//! Pages by number, and times.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::envelope::Fields;
use super::failure::Failure;
use super::params::Params;
use crate::clock::Millis;

/// All lists give so many where nobody says.
pub(super) const DEFAULT_SIZE: usize = 10;

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// The page that is asked for; `refused` words what is wrong with a parameter.
    pub(super) fn asked(params: &Params, largest: usize, refused: impl Fn(&str) -> Failure) -> Result<Self, Failure> {
        let read = |name: &str, default: usize, largest: usize| {
            let number = params.number(name).map_err(|_| refused(name))?.unwrap_or(default);
            if (1..=largest).contains(&number) { Ok(number) } else { Err(refused(name)) }
        };
        Ok(Self { number: read("PageNumber", 1, usize::MAX)?, size: read("PageSize", DEFAULT_SIZE, largest)? })
    }

    pub(super) fn of<T>(self, rows: &[T]) -> &[T] {
        rows.chunks(self.size).nth(self.number - 1).unwrap_or_default()
    }

    /// What every list by number says about itself.
    pub(super) fn fields(self, total: usize) -> Fields {
        let rows: [(&str, Value); 3] =
            [("TotalCount", json!(total)), ("PageNumber", json!(self.number)), ("PageSize", json!(self.size))];
        rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// A time of ECS: to the minute.
pub(super) fn minute(at: Millis) -> String {
    written(at, "%Y-%m-%dT%H:%MZ")
}

/// A time of VPC: to the second.
pub(super) fn second(at: Millis) -> String {
    written(at, "%Y-%m-%dT%H:%M:%SZ")
}

fn written(at: Millis, form: &str) -> String {
    let timestamp = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    Offset::UTC.to_datetime(timestamp).strftime(form).to_string()
}
