//! Pages and times, as all lists of the API write them.

use serde_json::Value;

use super::envelope::Failure;
use super::settings::{AboveMaximum, Settings};
use crate::clock::Millis;
use crate::tencent::form::Form;
use crate::tencent::time;

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    offset: usize,
    limit: usize,
}

/// All lists give so many where no limit was asked for.
const DEFAULT_LIMIT: usize = 20;

impl Page {
    pub(super) fn asked(params: &Form, maximum: usize, settings: &Settings) -> Result<Self, Failure> {
        let limit = params.number("limit")?.unwrap_or(DEFAULT_LIMIT);
        if limit > maximum && settings.limit_above_maximum == AboveMaximum::Refused {
            return Err(Failure::parameter(format!("limit is more than {maximum}")));
        }
        Ok(Self { offset: params.number("offset")?.unwrap_or(0), limit: limit.min(maximum) })
    }

    pub(super) fn of<T>(self, rows: &[T]) -> &[T] {
        let rest = rows.get(self.offset..).unwrap_or_default();
        rest.get(..self.limit).unwrap_or(rest)
    }
}

/// Whether `orderDirection` asks for the largest first.
pub(super) fn is_descending(params: &Form, default: &str) -> Result<bool, Failure> {
    match params.text("orderDirection").unwrap_or(default) {
        "asc" => Ok(false),
        "desc" => Ok(true),
        other => Err(Failure::parameter(format!("orderDirection is {other}, neither asc nor desc"))),
    }
}

/// A time as the API writes it, without a zone.
pub(super) fn time(at: Millis, settings: &Settings) -> Value {
    time::written(at, settings.create_time_zone).into()
}
