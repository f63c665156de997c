//! Reads what the cloud writes now one way, now another.
//!
//! Each of these says by its result, never by a default, that a value is not what it should be.

use std::net::IpAddr;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::{Value, error::Category};

use crate::{api::Provider, link::InstanceId};

/// Text, or a number as text; anything else is as if it were not there.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// A whole number, or text that is one.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    text(deserializer)?.and_then(|text| text.parse().ok()).ok_or_else(|| D::Error::custom("expected a whole number"))
}

pub(super) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = number(deserializer)?;
    u64::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| D::Error::custom("expected a positive number"))
}

pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    usize::try_from(number(deserializer)?).map_err(|_| D::Error::custom("expected a count"))
}

/// A list; null is an empty one.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// An object, or a list with one object in it.
pub(super) fn one<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let mut value = Value::deserialize(deserializer)?;
    if let Value::Array(items) = &mut value
        && items.len() == 1
    {
        value = items.remove(0);
    }
    if value.is_object() {
        T::deserialize(value).map_err(D::Error::custom)
    } else {
        Err(D::Error::custom("expected an object"))
    }
}

/// The id of a machine of this cloud, if it is one.
pub(super) fn instance(id: Option<&str>) -> Option<InstanceId> {
    InstanceId::of(Provider::TencentCloud, id?).ok()
}

/// `0.0.0.0` stands where there is no address (yet).
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().filter(|address: &IpAddr| !address.is_unspecified())
}

/// Why a body could not be read, in words for people.
pub(super) fn unreadable(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => "an answer that is cut off".to_owned(),
        Category::Syntax | Category::Io => "an answer that is not JSON".to_owned(),
        Category::Data => format!("an answer of another form than documented: {error}"),
    }
}
