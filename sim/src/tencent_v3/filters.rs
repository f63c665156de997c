//! Filters: several of them must all hold, of several values one.

use serde_json::Value;

use super::envelope::Failure;
use super::params::{Params, texts};

/// CVM takes so many filters, of so many values each (213/15728).
const MOST_FILTERS: usize = 10;
const MOST_VALUES: usize = 5;

/// Whose filters they are: the services have codes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Vpc,
    Cvm,
}

/// The filters of a list.
#[derive(Debug, Default)]
pub(super) struct Filters<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl<'a> Filters<'a> {
    /// Reads the filters of a call; none if it has none.
    pub(super) fn asked(params: &'a Params, of: Of, is_known: fn(&str) -> bool) -> Result<Option<Self>, Failure> {
        let Some(value) = params.value("Filters") else { return Ok(None) };
        let rows = value.as_array().ok_or_else(|| Failure::wrong_type("Filters"))?;
        if of == Of::Cvm && rows.len() > MOST_FILTERS {
            return Err(Failure::too_much("Filters", MOST_FILTERS));
        }
        let filters: Result<Vec<_>, Failure> = rows.iter().map(|row| filter(row, of, is_known)).collect();
        filters.map(|filters| Some(Self(filters)))
    }

    /// Whether all hold, when a filter and a value are asked for one by one.
    pub(super) fn hold(&self, has: impl Fn(&str, &str) -> bool) -> bool {
        self.0.iter().all(|(name, values)| values.iter().any(|value| has(name, value)))
    }

    /// The values of the filters of this name; none if there is no such filter.
    pub(super) fn values(&self, name: &str) -> Option<Vec<&'a str>> {
        let mut found = self.0.iter().filter(|(other, _)| *other == name).peekable();
        found.peek()?;
        Some(found.flat_map(|(_, values)| values.iter().copied()).collect())
    }
}

fn filter(row: &Value, of: Of, is_known: fn(&str) -> bool) -> Result<(&str, Vec<&str>), Failure> {
    let name = row.as_object().and_then(|row| row.get("Name")).and_then(Value::as_str);
    let name = name.ok_or_else(|| failure(of, "InvalidParameter.FilterNotDict", "A filter has no name."))?;
    if !is_known(name) {
        return Err(failure(of, "InvalidParameter.FilterInvalidKey", "There is no such filter."));
    }
    let values = row.get("Values").and_then(texts).filter(|values| !values.is_empty());
    let values = values
        .ok_or_else(|| failure(of, "InvalidParameter.FilterValuesNotList", "The values are no list of texts."))?;
    if of == Of::Cvm && values.len() > MOST_VALUES {
        return Err(Failure::new("InvalidFilterValue.LimitExceeded", "The filter has too many values."));
    }
    Ok((name, values))
}

fn failure(of: Of, code: &'static str, message: &str) -> Failure {
    match of {
        Of::Vpc => Failure::new(code, message),
        Of::Cvm => Failure::new("InvalidFilter", message),
    }
}
