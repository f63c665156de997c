//! Parameters of a request: those of the query and those of a form together.

use std::collections::BTreeMap;

use super::failure::Failure;

/// The parameters of a request; of a name that is given twice the last one counts.
#[derive(Debug, Default)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    pub(super) fn of(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.collect())
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What says something: an empty text is as good as none.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| Failure::missing(name))
    }

    /// `true` in any spelling: an SDK sends `True`.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Failure> {
        let parse = |text: &str| text.parse().map_err(|_| Failure::parameter(name));
        self.text(name).map(parse).transpose()
    }

    /// A list in commas; spaces around them do no harm.
    pub(super) fn comma_list(&self, name: &str) -> Vec<&str> {
        let members = self.text(name).into_iter().flat_map(|text| text.split(','));
        members.map(str::trim).filter(|member| !member.is_empty()).collect()
    }

    /// A list that is JSON in a text, of a hundred members at most.
    pub(super) fn json_list(&self, name: &str) -> Result<Option<Vec<String>>, Failure> {
        let parse = |text: &str| serde_json::from_str::<Vec<String>>(text).map_err(|_| Failure::parameter(name));
        let list = self.text(name).map(parse).transpose()?;
        if list.as_ref().is_some_and(|list| list.len() > 100) {
            return Err(Failure::parameter(name));
        }
        Ok(list)
    }
}
