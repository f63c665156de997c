//! Pages, as all lists of the API have them.

use serde_json::Value;

use super::envelope::Failure;
use super::params::Params;
use super::settings::{AboveMaximum, PageNumbers, Settings};

/// How the numbers of a page are documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Documented {
    /// As texts: the lists of VPC.
    Texts,
    /// As numbers: those of CVM.
    Numbers,
}

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    offset: usize,
    limit: usize,
}

/// All lists give so many where no limit was asked for, and so many at most.
const DEFAULT_LIMIT: usize = 20;
const MAXIMUM: usize = 100;

impl Page {
    pub(super) fn asked(params: &Params, documented: Documented, settings: &Settings) -> Result<Self, Failure> {
        let number = |name: &str| number(params, name, documented, settings);
        let (offset, limit) = (number("Offset")?.unwrap_or(0), number("Limit")?.unwrap_or(DEFAULT_LIMIT));
        if limit == 0 {
            return Err(Failure::out_of_range("Limit"));
        }
        if limit > MAXIMUM && settings.limit_above_maximum == AboveMaximum::Refused {
            return Err(Failure::too_much("Limit", MAXIMUM));
        }
        Ok(Self { offset, limit: limit.min(MAXIMUM) })
    }

    pub(super) fn of<T>(self, rows: &[T]) -> &[T] {
        let rest = rows.get(self.offset..).unwrap_or_default();
        rest.get(..self.limit).unwrap_or(rest)
    }
}

fn number(params: &Params, name: &str, documented: Documented, settings: &Settings) -> Result<Option<usize>, Failure> {
    let Some(value) = params.value(name) else { return Ok(None) };
    let is_documented = match documented {
        Documented::Texts => value.is_string(),
        Documented::Numbers => value.is_number() || params.is_form,
    };
    if !is_documented && settings.page_numbers == PageNumbers::DocumentedType {
        return Err(Failure::wrong_type(name));
    }
    let number = match value {
        Value::Number(number) => number.as_i64().ok_or_else(|| Failure::wrong_type(name))?,
        Value::String(text) => text.parse::<i64>().map_err(|_| Failure::wrong_value(name))?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(Failure::wrong_type(name)),
    };
    usize::try_from(number).map(Some).map_err(|_| Failure::out_of_range(name))
}
