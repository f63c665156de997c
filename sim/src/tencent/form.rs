//! Parameters of a request that are a form: decoded, in which arrays are flattened to `name.0`, `name.1`, … (215/1693).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// What is wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// The parameters of a request, each name once.
#[derive(Debug, Default)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Decodes a query or form body.
    pub fn parse(raw: &[u8]) -> Result<Self, Malformed> {
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(raw) {
            if params.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Malformed(format!("{name} is given twice")));
            }
        }
        Ok(Self(params))
    }

    /// All, in the order of their names.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of this name, which must be there and say something.
    pub fn required(&self, name: &str) -> Result<&str, Malformed> {
        self.text(name).filter(|value| !value.is_empty()).ok_or_else(|| Malformed(format!("{name} is missing")))
    }

    /// The number of this name.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Malformed> {
        let parse = |text: &str| text.parse().map_err(|_| Malformed(format!("{name} is not a number")));
        self.text(name).map(parse).transpose()
    }

    /// The number of this name, which must be there.
    pub fn required_number(&self, name: &str) -> Result<u64, Malformed> {
        self.required(name)?;
        self.number(name)?.ok_or_else(|| Malformed(format!("{name} is missing")))
    }

    /// The members of an array, numbered from zero without a gap.
    pub fn array(&self, name: &str) -> Result<Vec<&str>, Malformed> {
        let prefix = format!("{name}.");
        let given = self.0.keys().filter(|key| key.starts_with(&prefix)).count();
        let members: Vec<&str> = (0..given).map_while(|index| self.text(&format!("{prefix}{index}"))).collect();
        if members.len() == given { Ok(members) } else { Err(Malformed(format!("{name} is not numbered from 0"))) }
    }

    /// The addresses of an array.
    pub fn addresses(&self, name: &str) -> Result<Vec<Ipv4Addr>, Malformed> {
        self.array(name)?.into_iter().map(|text| address(name, text)).collect()
    }

    /// The address of this name.
    pub fn address(&self, name: &str) -> Result<Option<Ipv4Addr>, Malformed> {
        self.text(name).map(|text| address(name, text)).transpose()
    }
}

fn address(name: &str, text: &str) -> Result<Ipv4Addr, Malformed> {
    text.parse().map_err(|_| Malformed(format!("{name} is not an address")))
}
