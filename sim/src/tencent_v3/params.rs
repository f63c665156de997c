//! Parameters of a call: a JSON object, or a form in which arrays and objects are flattened to `Filters.0.Name`.

use serde_json::{Map, Value};

use super::envelope::Failure;
use crate::tencent::form::Form;

/// The parameters of a call.
#[derive(Debug)]
pub(super) struct Params {
    fields: Map<String, Value>,
    /// All values of a form are texts, whatever their documented type.
    pub(super) is_form: bool,
}

impl Params {
    pub(super) fn from_json(text: &[u8]) -> Result<Self, Failure> {
        let fields = serde_json::from_slice(text)
            .map_err(|_| Failure::new("InvalidParameter", "The request body is not a JSON object."))?;
        Ok(Self { fields, is_form: false })
    }

    /// Those parameters of a form that are the action's own.
    pub(super) fn from_form(form: &Form, is_own: impl Fn(&str) -> bool) -> Result<Self, Failure> {
        let mut root = Value::Object(Map::new());
        for (name, value) in form.pairs().filter(|(name, _)| is_own(name)) {
            *at_path(&mut root, name).ok_or_else(|| Failure::wrong_type(name))? = value.into();
        }
        match with_arrays(root) {
            Some(Value::Object(fields)) => Ok(Self { fields, is_form: true }),
            _ => Err(Failure::new("InvalidParameter", "An array is not numbered from 0.")),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// The value of this name; null is as good as nothing.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn required_text(&self, name: &str) -> Result<&str, Failure> {
        let value = self.value(name).ok_or_else(|| Failure::missing(name))?;
        value.as_str().ok_or_else(|| Failure::wrong_type(name))
    }

    /// The number of this name; a form writes it as a text.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        let in_form = |value: &Value| value.as_str().filter(|_| self.is_form)?.parse().ok();
        let read = |value: &Value| value.as_u64().or_else(|| in_form(value));
        self.value(name).map(|value| read(value).ok_or_else(|| Failure::wrong_type(name))).transpose()
    }

    /// The texts of an array.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, Failure> {
        self.value(name).map(|value| texts(value).ok_or_else(|| Failure::wrong_type(name))).transpose()
    }

    /// The texts of an array that must be there.
    pub(super) fn required_texts(&self, name: &str) -> Result<Vec<&str>, Failure> {
        self.texts(name)?.filter(|texts| !texts.is_empty()).ok_or_else(|| Failure::missing(name))
    }

    /// Each value with its path, as v2 writes them: `instanceIds.0`. The log has the same names for both.
    pub(super) fn flattened(&self) -> Vec<(String, String)> {
        let mut rows = Vec::new();
        flatten("", &self.fields, &mut rows);
        rows
    }

    /// Every text, wherever it stands.
    pub(super) fn leaves(&self) -> Vec<&str> {
        let mut leaves = Vec::new();
        self.fields.values().for_each(|value| collect_leaves(value, &mut leaves));
        leaves
    }
}

/// The texts of an array of texts.
pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

fn at_path<'a>(root: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(root, |node, step| {
        if node.is_null() {
            *node = Value::Object(Map::new());
        }
        Some(node.as_object_mut()?.entry(step).or_insert(Value::Null))
    })
}

/// Objects whose names are numbers are arrays; none if one of them has a gap.
fn with_arrays(value: Value) -> Option<Value> {
    let Value::Object(fields) = value else { return Some(value) };
    let mut rows: Vec<(String, Value)> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        rows.push((name, with_arrays(value)?));
    }
    if rows.is_empty() || !rows.iter().all(|(name, _)| name.parse::<usize>().is_ok()) {
        return Some(Value::Object(rows.into_iter().collect()));
    }
    rows.sort_by_key(|(name, _)| name.parse::<usize>().unwrap_or(usize::MAX));
    let is_whole = rows.iter().enumerate().all(|(index, (name, _))| *name == index.to_string());
    is_whole.then(|| rows.into_iter().map(|(_, value)| value).collect())
}

fn flatten(prefix: &str, fields: &Map<String, Value>, rows: &mut Vec<(String, String)>) {
    for (name, value) in fields {
        flatten_value(format!("{prefix}{}", in_lower_camel_case(name)), value, rows);
    }
}

fn flatten_value(path: String, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => flatten(&format!("{path}."), fields, rows),
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                flatten_value(format!("{path}.{index}"), member, rows);
            }
        }
        Value::String(text) => rows.push((path, text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) => rows.push((path, value.to_string())),
    }
}

fn in_lower_camel_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

fn collect_leaves<'a>(value: &'a Value, leaves: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => leaves.push(text),
        Value::Array(members) => members.iter().for_each(|member| collect_leaves(member, leaves)),
        Value::Object(fields) => fields.values().for_each(|field| collect_leaves(field, leaves)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Result<Params, Failure> {
        Params::from_form(&Form::parse(text.as_bytes()).unwrap(), |name| name != "Action")
    }

    #[test]
    fn a_form_becomes_the_object_that_json_would_have_carried() {
        let text =
            "Action=A&Filters.0.Name=vpc-id&Filters.0.Values.0=a&Filters.0.Values.1=b&Filters.1.Name=vm-ip&Limit=9";
        let expected = json!({"Filters": [{"Name": "vpc-id", "Values": ["a", "b"]}, {"Name": "vm-ip"}], "Limit": "9"});
        assert_eq!(Value::Object(form(text).unwrap().fields), expected);
    }

    #[test]
    fn more_than_ten_members_stay_in_order() {
        let text: Vec<String> = (0..12).map(|index| format!("Ids.{index}=i{index}")).collect();
        let params = form(&text.join("&")).unwrap();
        assert_eq!(params.required_texts("Ids").unwrap()[9..], ["i9", "i10", "i11"]);
    }

    #[test]
    fn a_gap_and_a_value_that_is_also_an_array_are_refused() {
        assert_eq!(form("Ids.1=a").unwrap_err().code, "InvalidParameter");
        assert_eq!(form("Ids=a&Ids.0=b").unwrap_err().code, "InvalidParameter");
    }

    #[test]
    fn the_log_has_the_names_of_v2() {
        let params =
            Params::from_json(br#"{"VpcId": "v", "InstanceIds": ["i"], "Filters": [{"Name": "n"}], "Limit": 5}"#);
        let rows = params.unwrap().flattened();
        let rows: Vec<String> = rows.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(rows, ["filters.0.name=n", "instanceIds.0=i", "limit=5", "vpcId=v"]);
    }
}
